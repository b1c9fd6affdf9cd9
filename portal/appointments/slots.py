"""A slot: a time that can be booked, as a value. Its id is made from what it is, so that a listed slot, a typed time
and an API call all find the same one."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from portal.appointments.models import Appointment
from portal.core.errors import Invalid, _
from portal.scheduling.models import Service

# Ten digits of seconds reach the year 2286: far from the ends of the calendar, where looking a day further fails.
ID = re.compile(r"(\d{1,15})-(\d{1,15})-(\d{1,15})-(\d{1,10})", re.ASCII)


class Slot(NamedTuple):
    """`centre_id` is None for a clinician who works online and at no centre. Instants are UTC."""

    clinician_id: int
    centre_id: int | None
    service_id: int
    starts_at: datetime
    ends_at: datetime

    @property
    def id(self) -> str:
        return (
            f"{self.clinician_id}-{self.centre_id or 0}-{self.service_id}-{int(self.starts_at.timestamp())}"
        )


@dataclass(frozen=True, slots=True)
class SlotKey:
    """What a slot's id says; whether it is offered is another question."""

    clinician_id: int
    centre_id: int | None
    service_id: int
    starts_at: datetime

    @classmethod
    def parse(cls, text: str) -> "SlotKey":
        """Read a slot's id; raises Invalid for anything else."""
        parts = ID.fullmatch(text)
        if parts is None:
            raise Invalid(details={"slot_id": _("Please choose one of the times.")})
        clinician_id, centre_id, service_id, seconds = map(int, parts.groups())
        starts_at = datetime.fromtimestamp(seconds, UTC)
        return cls(clinician_id, centre_id or None, service_id, starts_at)

    @classmethod
    def of(cls, taken: "Slot | Appointment") -> "SlotKey":
        """The key of a slot, or of the time that an appointment has."""
        return cls(taken.clinician_id, taken.centre_id, taken.service_id, taken.starts_at)

    def with_length_of(self, service: Service) -> Slot:
        ends_at = self.starts_at + timedelta(minutes=service.duration_minutes)
        return Slot(self.clinician_id, self.centre_id, self.service_id, self.starts_at, ends_at)
