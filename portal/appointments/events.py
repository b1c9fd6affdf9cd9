"""What happens to appointments, in the past tense. Subscribers are wired in bootstrap.py."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class AppointmentEvent:
    """`by` did it at the instant `at`."""

    appointment_id: int
    by: Actor
    at: datetime


class AppointmentRequested(AppointmentEvent):
    """A patient asked for a time and the clinician has to accept it."""


class AppointmentConfirmed(AppointmentEvent):
    """The time is the patient's."""


@dataclass(frozen=True)
class AppointmentRescheduled(AppointmentEvent):
    """It moved from `previous_starts_at` to another time."""

    previous_starts_at: datetime


@dataclass(frozen=True)
class AppointmentCancelled(AppointmentEvent):
    """It will not take place. `was_hold` when it never was more than a time held in the browser.

    `was_request` when the clinician had yet to accept it. `is_told_together` when SeriesCancelled tells of it.
    """

    was_hold: bool
    was_request: bool = False
    is_told_together: bool = False


class MoveAsked(AppointmentEvent):
    """Nobody is there to keep it: its patient is to choose another time."""


@dataclass(frozen=True)
class SeriesEvent:
    """`by` did something to these visits at once, in order of time, at the instant `at`."""

    appointment_ids: tuple[int, ...]
    by: Actor
    at: datetime


class SeriesBooked(SeriesEvent):
    """They are booked: a series."""


class SeriesCancelled(SeriesEvent):
    """They will not take place: the rest of a series."""


class AppointmentCompleted(AppointmentEvent):
    """The visit took place."""


class AppointmentMissed(AppointmentEvent):
    """The patient did not come."""


@dataclass(frozen=True)
class RulesOverridden(AppointmentEvent):
    """Staff booked around these rules, and said why."""

    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class ClinicianDelayed:
    """By so many minutes a clinician runs late at a centre; none when they are on time again."""

    clinician_id: int
    centre_id: int | None
    minutes: int
    by: Actor
    at: datetime
