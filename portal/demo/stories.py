"""What became of each visit so far, in the rows that the product's commands would have written at the time.

They are written in bulk, and nobody is told: the outbox stays empty.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from portal.appointments.models import (
    Appointment,
    AppointmentChange,
    Channel,
    Occupancy,
    Party,
    SessionType,
    Status,
    Waiting,
)
from portal.appointments.rules import party_of
from portal.core import clock
from portal.core.permissions import Actor
from portal.demo import texts
from portal.demo.diary import Fate, Visit
from portal.demo.practice import insert_all

BY_PORTAL = 0.7
LONGEST_LEAD_DAYS = 21
SOON = timedelta(minutes=15)


class Story:
    """One appointment: its row, and the lines of its history."""

    def __init__(self, visit: Visit, desk: Actor, random: Random, at: datetime) -> None:
        self.visit, self.desk, self.random, self.at = visit, desk, random, at
        self.lines: list[dict[str, Any]] = []
        self.row = self._booking()

    def tell(self) -> "Story":
        """From the booking to what is known at the instant that counts as now."""
        fate, slot = self.visit.fate, self.visit.slot
        self._book()
        if fate is Fate.IS_CANCELLED:
            self._cancel()
        elif fate is Fate.IS_MISSED:
            self._change("no_show", self.desk, self._between(slot.starts_at, slot.ends_at), status=Status.NO_SHOW)
        elif fate is Fate.TAKES_PLACE:
            self._visit()
        return self
