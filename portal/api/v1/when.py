"""The three documented ways to say which time is meant; all find the same slot.

A slot's id; a date and a wall time at the centre; a start (and an end) as instants.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.people.models import Clinician
from portal.people.queries import listed
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
        return bool(self.slot_id or self.day or self.wall_time or self.start_at)


def slot_key(session: Session, when: When) -> SlotKey:
    """The slot that is meant; whether it is offered is for the booking to say.

    Raises Invalid by field for less or more than one way, for parts that contradict each other or leave the service
    open, NotFound for a clinician whom the public does not see.
    """
    _check_one_way(when)
    if when.slot_id:
        return _agreeing(SlotKey.parse(when.slot_id), when)
    if when.clinician_id is None:
        raise Invalid(details={"clinician_id": _("Say which clinician is meant.")})
    clinician = _clinician(session, when.clinician_id)
    centre_id = _centre(clinician, when)
    starts_at = _start(clinician, centre_id, when)
    service = _service(session, clinician, _minutes(when, starts_at), when)
    return SlotKey(clinician.id, centre_id, service.id, starts_at)


def _check_one_way(when: When) -> None:
    ways = [bool(when.slot_id), bool(when.day or when.wall_time), bool(when.start_at)]
    if sum(ways) != 1:
        raise Invalid(
            details={"slot_id": _("Give a slot's id, or a date and a time, or a start: one of the three.")}
        )
    if bool(when.day) != bool(when.wall_time):
        field = "appointment_time" if when.day else "appointment_date"
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


def _clinician(session: Session, clinician_id: int) -> Clinician:
    found = session.scalar(
        select(Clinician)
        .where(Clinician.id == clinician_id, listed())
        .options(selectinload(Clinician.centres))
    )
    if found is None:
        raise NotFound
    return found


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
    zones = [centre.zone for centre in clinician.centres if centre.id == centre_id]
    zone = zones[0] if zones else clinician.zone
    if when.day is None or when.wall_time is None:
        raise AssertionError("a way was said")
    return clock.at(when.day, when.wall_time.replace(tzinfo=None), zone)


def _minutes(when: When, starts_at: datetime) -> int | None:
    """How long it is to be, if that was said."""
    if when.end_at is None:
        return when.duration
    minutes = (clock.in_utc(when.end_at) - starts_at).total_seconds() / 60
    if minutes <= 0:
        raise Invalid(details={"end_at": _("The end must be after the start.")})
    return round(minutes)


def _service(session: Session, clinician: Clinician, minutes: int | None, when: When) -> Service:
    """The one that is said; or the usual one of that length."""
    services = sorted(services_of(session, clinician.id), key=lambda service: service.id)
    if when.service_id is not None:
        services = [service for service in services if service.id == when.service_id]
        if not services:
            raise Invalid(details={"service_id": _("This clinician does not offer that service.")})
    fitting = [service for service in services if minutes in (None, service.duration_minutes)]
    if not fitting:
        field = "end_at" if when.end_at else "duration"
        raise Invalid(details={field: _("No service of this clinician takes that long.")})
    return fitting[0]
