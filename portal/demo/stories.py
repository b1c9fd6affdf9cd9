"""What became of each visit so far, as rows that the product's commands would have written at the time.

They are written in bulk, and nobody is told: the outbox stays empty.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from portal.appointments.models import (
    Appointment,
    AppointmentChange,
    Channel,
    Occupancy,
    SessionType,
    Status,
    Waiting,
)
from portal.appointments.rules import party_of
from portal.core import clock
from portal.core.permissions import Actor
from portal.demo import texts
from portal.demo.bulk import insert_all, insert_numbered
from portal.demo.diary import Fate, Visit
from portal.demo.practice import Practice
from portal.scheduling.intervals import Interval
from portal.scheduling.queries import shape_of
from portal.scheduling.rosters import BookingRules

BY_PORTAL = 0.7
IN_PERSON = 0.7
CANCELLED_BY_CLINICIAN = 0.25
LONGEST_LEAD_DAYS = 21
OFFICE_HOURS = (8, 18)
MINUTE = timedelta(minutes=1)


class Story:
    """One appointment, from its booking to the instant that counts as now: its row and the lines of its history."""

    def __init__(self, visit: Visit, desk: Actor, random: Random, at: datetime) -> None:
        self.visit, self.desk, self.random, self.at = visit, desk, random, at
        self.lines: list[dict[str, Any]] = []
        self.row: dict[str, Any] = {}
        self._describe()
        self._book()
        match visit.fate:
            case Fate.IS_CANCELLED:
                self._cancel()
            case Fate.IS_MISSED:
                self._miss()
            case Fate.TAKES_PLACE:
                self._come()

    def occupancy(self, appointment_id: int) -> list[dict[str, Any]]:
        """What the appointment takes of the clinician's and the patient's time as long as it is live."""
        if self.row["status"] not in {Status.PENDING, Status.CONFIRMED}:
            return []
        time_of_visit = Interval(self.row["starts_at"], self.row["ends_at"])
        clinician, patient = self.visit.working.clinician, self.visit.patient
        taken = {
            clinician.resource_id: shape_of(self.visit.service).occupied(time_of_visit),
            patient.resource_id: time_of_visit,
        }
        return [
            {
                "resource_id": resource_id,
                "appointment_id": appointment_id,
                "during": Range(interval.start, interval.end, bounds="[)"),
                "held_until": self.row["hold_expires_at"],
            }
            for resource_id, interval in taken.items()
        ]

    def _describe(self) -> None:
        slot, service, clinician = self.visit.slot, self.visit.service, self.visit.working.clinician
        is_in_person = service.is_in_person and (not service.is_online or self._happens(IN_PERSON))
        self.row = {
            "uid": uuid.UUID(int=self.random.getrandbits(128), version=4),
            "patient_id": self.visit.patient.id,
            "clinician_id": slot.clinician_id,
            "centre_id": slot.centre_id,
            "service_id": slot.service_id,
            "session_type": SessionType.IN_PERSON if is_in_person else SessionType.ONLINE,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "buffer_before_minutes": service.buffer_before_minutes,
            "buffer_after_minutes": service.buffer_after_minutes,
            "time_zone": clinician.time_zone,
            "status": Status.PENDING,
            "waiting_for": Waiting.HOLD,
            "hold_expires_at": None,
            "fee_minor": service.price_minor,
            "currency": clinician.currency,
            "patient_notes": self.random.choice(texts.PATIENT_NOTES) if self._happens(0.2) else "",
            "clinician_notes": "",
            "arrived_at": None,
            "started_at": None,
            "ended_at": None,
            "cancelled_at": None,
            "cancelled_by": None,
            "cancel_reason": "",
            "version": 0,
        }

    def _book(self) -> None:
        """By the patient on the portal, or by whoever answered the telephone."""
        patient = self.visit.patient.actor
        is_unanswered = self.visit.fate is Fate.IS_UNANSWERED
        by_patient = patient if patient and (is_unanswered or self._happens(BY_PORTAL)) else None
        by = by_patient or self.desk
        booked_at = self._booked_at(as_patient=by_patient is not None)
        self.row |= {
            "channel": Channel.PORTAL if by_patient else Channel.DESK,
            "booked_at": booked_at,
            "booked_by_id": by.account_id,
            "created_at": booked_at,
        }
        if by_patient:
            self.row["created_at"] = booked_at - self.random.randint(1, 6) * MINUTE
            self._note("held", by, self.row["created_at"], was=None)
        if not (by_patient and self.visit.working.clinician.requires_acceptance):
            self._note("confirmed", by, booked_at, status=Status.CONFIRMED, waiting_for=None)
            return
        self._note("requested", by, booked_at, waiting_for=Waiting.ACCEPTANCE)
        if is_unanswered:
            self.row["hold_expires_at"] = self.row["starts_at"]
        else:
            accepted_at = (
                booked_at + (min(self.at, self.row["starts_at"]) - booked_at) * self.random.random() / 2
            )
            clinician = self.visit.working.actor
            self._note("accepted", clinician, accepted_at, status=Status.CONFIRMED, waiting_for=None)

    def _booked_at(self, *, as_patient: bool) -> datetime:
        """In the daytime, not after now, and for patients within the clinician's notice and horizon."""
        rules: BookingRules = self.visit.working.rules
        starts_at: datetime = self.visit.slot.starts_at
        notice = timedelta(hours=max(1, rules.notice_hours) if as_patient else 1)
        latest = min(self.at - MINUTE, starts_at - notice)
        lead = timedelta(days=min(LONGEST_LEAD_DAYS, int(self.random.expovariate(1 / 6))))
        earliest = starts_at - timedelta(days=rules.advance_days) + timedelta(minutes=10)
        day = clock.local_day(max(earliest, latest - lead), self.visit.working.clinician.zone)
        wall = time(self.random.randrange(*OFFICE_HOURS), self.random.randrange(60))
        booked_at = clock.at(day, wall, self.visit.working.clinician.zone)
        if booked_at > latest:
            booked_at -= timedelta(days=1)
        return max(earliest, booked_at)

    def _cancel(self) -> None:
        patient, clinician = self.visit.patient.actor, self.visit.working.actor
        by, reasons = (patient, texts.PATIENT_REASONS) if patient else (self.desk, texts.DESK_REASONS)
        if self._happens(CANCELLED_BY_CLINICIAN):
            by, reasons = clinician, texts.CLINICIAN_REASONS
        reason = self.random.choice(reasons)
        since = self.lines[-1]["changed_at"]
        cancelled_at = since + (min(self.at, self.row["starts_at"]) - since) * self.random.random()
        self.row |= {"cancelled_at": cancelled_at, "cancelled_by": party_of(by), "cancel_reason": reason}
        self._note("cancelled", by, cancelled_at, status=Status.CANCELLED, waiting_for=None, reason=reason)

    def _miss(self) -> None:
        after = min(self.row["starts_at"] + self.random.randint(12, 20) * MINUTE, self.row["ends_at"])
        self._note("no_show", self.visit.working.actor, after, status=Status.NO_SHOW)

    def _come(self) -> None:
        """Arrive, be seen, and go again, as far as time has come."""
        starts_at, ends_at = self.row["starts_at"], self.row["ends_at"]
        clinician = self.visit.working.actor
        arrived_at = starts_at - self.random.randint(1, 14) * MINUTE
        if self.row["session_type"] is SessionType.IN_PERSON and arrived_at <= self.at:
            self.row["arrived_at"] = arrived_at
            self._note("arrived", self.desk, arrived_at)
        if starts_at <= self.at:
            started_at = min(self.at, starts_at + self.random.randint(0, 3) * MINUTE)
            self.row["arrived_at"] = self.row["arrived_at"] or started_at
            self.row["started_at"] = started_at
            self._note("started", clinician, started_at)
        if ends_at <= self.at:
            self.row["ended_at"] = ends_at - self.random.randint(0, 3) * MINUTE
            self.row["clinician_notes"] = (
                self.random.choice(texts.CLINICIAN_NOTES) if self._happens(0.35) else ""
            )
            self._note("completed", clinician, self.row["ended_at"], status=Status.COMPLETED)

    def _note(
        self, kind: str, by: Actor, when: datetime, *, reason: str = "", was: str | None = "", **changes: Any
    ) -> None:
        """A line of history; what is made, and not changed, `was` None before."""
        before = self.row["status"] if was is not None else None
        self.row |= changes | {"version": self.row["version"] + (before is not None), "updated_at": when}
        self.lines.append(
            {
                "kind": kind,
                "from_status": before,
                "to_status": self.row["status"],
                "starts_at": self.row["starts_at"],
                "version": self.row["version"],
                "reason": reason,
                "by_account_id": by.account_id,
                "by_name": by.full_name,
                "changed_at": when,
            }
        )

    def _happens(self, share: float) -> bool:
        return self.random.random() < share


def write(
    session: Session, practice: Practice, visits: Sequence[Visit], random: Random, at: datetime
) -> list[tuple[int, Story]]:
    """Tell the story of each visit and write all of them, in the order in which they were booked.

    Returns each with the appointment's id.
    """
    stories = [Story(visit, _desk(practice, visit), random, at) for visit in visits]
    stories.sort(key=lambda story: story.row["created_at"])
    ids = insert_numbered(session, Appointment, [story.row for story in stories])
    told = list(zip(ids, stories, strict=True))
    lines = [line | {"appointment_id": number} for number, story in told for line in story.lines]
    insert_all(session, AppointmentChange, sorted(lines, key=lambda line: line["changed_at"]))
    insert_all(session, Occupancy, [row for number, story in told for row in story.occupancy(number)])
    return told


def _desk(practice: Practice, visit: Visit) -> Actor:
    """Who works at no centre answers their own telephone."""
    return practice.desks.get(visit.slot.centre_id or 0, visit.working.actor)
