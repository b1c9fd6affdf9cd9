"""The three documented ways to say which time is meant; all find the same slot.

A slot's id; a date and a wall time at the centre; a start (and an end) as instants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.people.models import Clinician
from portal.people.queries import get_listed
from portal.scheduling.models import Service
from portal.scheduling.queries import services_of


@dataclass(frozen=True)
class When:
    """What a client said of a time, each part by the name it has inside."""

    slot_id: str | None = None
    clinician_id: int | None = None
    centre_id: int | None = None
    service_id: int | None = None
    day: date | None = None
    wall_time: time | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    duration: int | None = None

    @property
    def is_said(self) -> bool:
        return bool(self.slot_id or self.day or self.wall_time is not None or self.start_at)


def slot_key(session: Session, when: When) -> SlotKey:
    """The slot that is meant; whether it is offered is for the booking to say.

    Raises Invalid by field for less or more than one way, for parts that contradict each other or leave the service
    open, NotFound for a clinician whom the public does not see.
    """
    _check_one_way(when)
    if when.slot_id is not None:
        return _agreeing(SlotKey.parse(when.slot_id), when)
    if when.clinician_id is None:
        raise Invalid(details={"clinician_id": _("Say which clinician is meant.")})
    clinician = get_listed(session, when.clinician_id)
    centre_id = _centre(clinician, when)
    starts_at = _start(clinician, centre_id, when)
    service = _service(services_of(session, clinician.id), _minutes(when, starts_at), when)
    return SlotKey(clinician.id, centre_id, service.id, starts_at)


def _check_one_way(when: When) -> None:
    has_wall = when.day is not None or when.wall_time is not None
    if [when.slot_id is not None, has_wall, when.start_at is not None].count(True) != 1:
        raise Invalid(
            details={"slot_id": _("Give a slot's id, or a date and a time, or a start: one of the three.")}
        )
    if has_wall and (when.day is None or when.wall_time is None):
        field = "appointment_date" if when.day is None else "appointment_time"
        raise Invalid(details={field: _("A date and a time belong together.")})


def _agreeing(key: SlotKey, when: When) -> SlotKey:
    """A slot's id says everything; what is said beside it must say the same."""
    said: list[tuple[str, Any, Any]] = [
        ("clinician_id", when.clinician_id, key.clinician_id),
        ("centre_id", when.centre_id, key.centre_id),
        ("service_id", when.service_id, key.service_id),
    ]
    wrong = {name: _("The slot is another one's.") for name, given, is_ in said if given not in (None, is_)}
    if wrong:
        raise Invalid(details=wrong)
    return key


def _centre(clinician: Clinician, when: When) -> int | None:
    """The one that is said, or the one where they mainly work."""
    if when.centre_id is None:
        return clinician.primary_centre_id
    if when.centre_id not in {centre.id for centre in clinician.centres}:
        raise Invalid(details={"centre_id": _("This clinician does not work at that centre.")})
    return when.centre_id


def _start(clinician: Clinician, centre_id: int | None, when: When) -> datetime:
    if when.start_at is not None:
        return clock.in_utc(when.start_at)
    if when.day is None or when.wall_time is None:
        raise AssertionError("a way was said")
    zone = next((centre.zone for centre in clinician.centres if centre.id == centre_id), clinician.zone)
    return clock.at(when.day, when.wall_time.replace(tzinfo=None), zone)


def _minutes(when: When, starts_at: datetime) -> float | None:
    """How long it is to be, if that was said."""
    if when.end_at is None:
        return when.duration
    minutes = (clock.in_utc(when.end_at) - starts_at).total_seconds() / 60
    if minutes <= 0:
        raise Invalid(details={"end_at": _("The end must be after the start.")})
    if when.duration not in (None, minutes):
        raise Invalid(details={"duration": _("That is not the time from the start to the end.")})
    return minutes


def _service(services: Sequence[Service], minutes: float | None, when: When) -> Service:
    """The one that is said; else the only one, or the only one of that length."""
    if when.service_id is not None:
        services = [service for service in services if service.id == when.service_id]
    if not services:
        raise Invalid(details={"service_id": _("This clinician does not offer that service.")})
    fitting = [service for service in services if minutes in (None, service.duration_minutes)]
    if not fitting:
        field = "end_at" if when.end_at else "duration"
        raise Invalid(details={field: _("No service of this clinician takes that long.")})
    if len(fitting) > 1:
        raise Invalid(details={"service_id": _("Say which service: this clinician offers several.")})
    return fitting[0]
