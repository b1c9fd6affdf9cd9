"""People, places and appointments for tests, made by the product's own commands.

A bare call makes something valid; a test says only what matters to it. Everything is flushed and nothing committed.

    centre = a_centre(session)                                    # in London's zone, in pounds
    clinician = a_clinician(session, centre)                      # Monday to Friday 9 to 17, one hour a visit
    other = a_clinician(session, centre, hours="Mon 9-12, Wed/Fri 13:30-17", minutes=30, pause_after=10)
    online = a_clinician(session, None, time_zone="Asia/Kolkata")
    patient = a_patient(session)                                  # with_account=False: known to the desk only
    desk = an_actor(session, Role.FRONT_DESK, centre=centre)      # an Actor whose account exists
    ana = an_actor(session, Role.PATIENT, patient=patient)
    jane = an_actor(session, Role.CLINICIAN, clinician=clinician)
    account = an_account(session, Role.ADMIN)                     # to sign in with; the password is PASSWORD
    visit = an_appointment(session, clinician=clinician)          # CONFIRMED, at the first free time
    seen = an_appointment(session, starts_at=NOW - timedelta(days=7), status=Status.COMPLETED)
    asked = an_appointment(session, clinician=a_clinician(session, centre, requires_acceptance=True))
    held = a_hold(session, clinician, patient=patient)
    skill = a_skill(session, clinician, "Sleep medicine")         # in a category of its own unless one is given
    lost = a_delivery(session, visit)                             # a reminder to its patient that failed
    slots = slots_of(session, clinician)                          # what a patient is offered
    start = wall("2026-03-09 10:00", "Europe/London")             # wall time as an instant
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.commands import create_staff
from portal.accounts.models import Account
from portal.appointments import commands
from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.overriding import OF_THE_TIME
from portal.appointments.models import Appointment, Channel, Status
from portal.appointments.slots import Slot, SlotKey
from portal.centres.commands import create_centre
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import SYSTEM, VISITOR, Actor, Permission, Role
from portal.notifications.models import Delivery
from portal.people.acting import actor_for
from portal.people.categories import add_category
from portal.people.commands import create_clinician, create_patient, patient_for_account
from portal.people.models import Clinician, Patient
from portal.people.skill_models import Category, Skill
from portal.people.skills import add_skill
from portal.scheduling import commands as scheduling
from portal.scheduling.models import Service
from portal.scheduling.queries import services_of
from portal.settings import LateCancellation
from tests.conftest import NOW

PASSWORD = "Correct-horse-7"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_AGO = NOW - timedelta(days=400)
_numbers = count(1)


def a_centre(session: Session, **changes: Any) -> Centre:
    """An open centre in Leeds; `changes` are the arguments of `create_centre`."""
    facts: dict[str, Any] = {
        "name": f"Riverside {next(_numbers)}",
        "city": "Leeds",
        "time_zone": "Europe/London",
        "currency": "GBP",
    }
    return create_centre(session, by=SYSTEM, at=LONG_AGO, **{**facts, **changes})


def a_clinician(
    session: Session,
    *centres: Centre | None,
    hours: str | Iterable[scheduling.WeeklyHours] = "Mon-Fri 9-17",
    minutes: int = 60,
    pause_before: int = 0,
    pause_after: int = 0,
    price_minor: int = 6000,
    is_online: bool | None = None,
    slot_minutes: int | None = None,
    notice_hours: int = 24,
    advance_days: int = 90,
    deadline_hours: int = 24,
    **changes: Any,
) -> Clinician:
    """A bookable clinician of these centres (none named: a new one; None: online only), with one service.

    `hours` hold at the first centre. Further `changes` are the arguments of `create_clinician`.
    """
    places = centres or (a_centre(session),)
    at_centres = [centre for centre in places if centre is not None]
    number = next(_numbers)
    facts: dict[str, Any] = {
        "full_name": "Jane Smith",
        "title": "Dr",
        "phone": None,
        "email": f"clinician{number}@example.org",
        "username": f"clinician{number}",
        "password": PASSWORD,
        "centre_ids": [centre.id for centre in at_centres],
        "primary_centre_id": at_centres[0].id if at_centres else None,
        "consultation_fee_minor": price_minor,
        "default_duration_minutes": minutes,
        "currency": None if at_centres else "GBP",
        "time_zone": None if at_centres else "Europe/London",
    }
    clinician = create_clinician(session, by=SYSTEM, at=LONG_AGO, **{**facts, **changes})
    session.flush()
    scheduling.edit_service(
        session,
        service_of(session, clinician),
        buffer_before_minutes=pause_before,
        buffer_after_minutes=pause_after,
        is_online=not at_centres if is_online is None else is_online,
    )
    scheduling.change_booking_rules(
        session,
        clinician,
        notice_hours=notice_hours,
        advance_days=advance_days,
        deadline_hours=deadline_hours,
        at=LONG_AGO,
    )
    weekly = (
        week(hours, at_centres[0] if at_centres else None, slot_minutes)
        if isinstance(hours, str)
        else list(hours)
    )
    scheduling.replace_hours(session, clinician, weekly, at=LONG_AGO)
    session.flush()
    return clinician


def week(
    text: str, centre: Centre | None = None, slot_minutes: int | None = None
) -> list[scheduling.WeeklyHours]:
    """Hours in words: days (one, "Mon-Fri", "Mon/Thu") and times ("9-17", "13:30-17"), parted by commas."""
    windows = []
    for part in filter(None, map(str.strip, text.split(","))):
        days, times = part.split()
        start, end = (_time(one) for one in times.split("-"))
        windows += [
            scheduling.WeeklyHours(
                weekday, start, end, centre.id if centre else None, slot_minutes=slot_minutes
            )
            for weekday in _weekdays(days)
        ]
    return windows


def a_category(session: Session, name: str = "") -> Category:
    return add_category(session, by=SYSTEM, name=name or f"Category {next(_numbers)}", at=LONG_AGO)


def a_skill(
    session: Session,
    clinician: Clinician,
    name: str = "Taping",
    *,
    category: Category | None = None,
    level: str = "EXPERT",
) -> Skill:
    """Something the clinician can do."""
    kept = category or a_category(session)
    return add_skill(
        session,
        clinician,
        by=SYSTEM,
        category_id=kept.id,
        skill_name=name,
        proficiency_level=level,
        at=LONG_AGO,
    )


def service_of(session: Session, clinician: Clinician) -> Service:
    """The clinician's first service, by title."""
    return services_of(session, clinician.id)[0]


def a_service(session: Session, clinician: Clinician, **changes: Any) -> Service:
    """A further service; `changes` are its columns."""
    facts = {"title": "Follow-up", "duration_minutes": 30, "price_minor": 3000}
    service = scheduling.add_service(session, clinician, **{**facts, **changes})
    session.flush()
    return service


def a_patient(session: Session, *, with_account: bool = True, **changes: Any) -> Patient:
    """A patient who signs in by phone, or, without an account, one whom only the desk knows."""
    facts: dict[str, Any] = {"full_name": "Ana Silva", "phone": _phone(), "email": None}
    patient = create_patient(session, by=SYSTEM, at=LONG_AGO, **{**facts, **changes})
    if with_account:
        account_of(session, patient)
    return patient


def account_of(session: Session, person: Patient | Clinician) -> Account:
    """The account with which a patient or a clinician signs in; a patient without one gets it."""
    if person.account_id is not None:
        return session.get_one(Account, person.account_id)
    assert isinstance(person, Patient)
    account = Account(
        role=Role.PATIENT, full_name=person.full_name, phone=person.phone, is_active=True, created_at=LONG_AGO
    )
    session.add(account)
    session.flush()
    patient_for_account(session, account, LONG_AGO)
    return account


def an_account(
    session: Session, role: Role = Role.ADMIN, *, centre: Centre | None = None, **changes: Any
) -> Account:
    """Somebody who can sign in: a colleague with PASSWORD, or for PATIENT and CLINICIAN a new person's account."""
    if role is Role.PATIENT:
        return account_of(session, a_patient(session, **changes))
    if role is Role.CLINICIAN:
        return account_of(session, a_clinician(session, *[centre] if centre else [], **changes))
    number = next(_numbers)
    if role.is_bound_to_centre and centre is None:
        centre = a_centre(session)
    facts: dict[str, Any] = {
        "full_name": "Fay Marsh",
        "phone": None,
        "email": f"colleague{number}@example.org",
        "username": f"colleague{number}",
        "password": PASSWORD,
        "centre_id": centre.id if centre else None,
    }
    return create_staff(session, by=SYSTEM, role=role, at=LONG_AGO, **{**facts, **changes})


def an_actor(
    session: Session,
    role: Role,
    *,
    centre: Centre | None = None,
    patient: Patient | None = None,
    clinician: Clinician | None = None,
    extra: frozenset[Permission] = frozenset(),
) -> Actor:
    """Somebody who acts: this patient, this clinician, or a new account of the role."""
    person = patient or clinician
    account = account_of(session, person) if person else an_account(session, role, centre=centre)
    return actor_for(session, account, extra=extra)


def slots_of(
    session: Session,
    clinician: Clinician,
    *,
    service: Service | None = None,
    at: datetime = NOW,
    days: int = 14,
    patient: Patient | None = None,
    is_staff: bool = False,
) -> list[Slot]:
    """The free times that are offered from `at` on, for the first service unless another is named."""
    asking = Asking(at, is_staff, patient.resource_id if patient else None)
    first = at.date() - timedelta(days=1)
    found = Availability(session, [clinician], first, first + timedelta(days=days), asking)
    return list(found.free(service or service_of(session, clinician)))


def key_for(session: Session, clinician: Clinician, starts_at: datetime) -> SlotKey:
    """The key of a time with the clinician's first service at the primary centre."""
    return SlotKey(clinician.id, clinician.primary_centre_id, service_of(session, clinician).id, starts_at)


def a_hold(
    session: Session,
    clinician: Clinician,
    *,
    starts_at: datetime | None = None,
    patient: Patient | None = None,
    holder_hash: str | None = None,
    at: datetime = NOW,
    minutes: int = 10,
) -> Appointment:
    """A time held for a patient, or for a browser where there is none; the first free one unless named."""
    key = _key_at(session, clinician, starts_at, at)
    by = an_actor(session, Role.PATIENT, patient=patient) if patient else VISITOR
    holder = holder_hash if patient or holder_hash else f"browser-{next(_numbers)}"
    return commands.hold(session, key, by=by, at=at, minutes=minutes, patient=patient, holder_hash=holder)


def an_override(reason: str = "Urgent") -> commands.Override:
    """Whatever is in the way of the clinician's time, it is booked all the same, for that reason."""
    return commands.Override(OF_THE_TIME, reason)


def an_appointment(
    session: Session,
    *,
    clinician: Clinician | None = None,
    patient: Patient | None = None,
    starts_at: datetime | None = None,
    status: Status | None = None,
    by: Actor | None = None,
    at: datetime | None = None,
    **changes: Any,
) -> Appointment:
    """Book a time, by default the first free one, by the patient, at `at`, or two days before a time of the past.

    Without `status` it stays as booking leaves it: CONFIRMED, or PENDING with a clinician who accepts each request.
    `changes` are arguments of `book`.
    """
    at = at or min(NOW, (starts_at or NOW + timedelta(days=2)) - timedelta(days=2))
    clinician = clinician or a_clinician(session)
    patient = patient or a_patient(session)
    by = by or an_actor(session, Role.PATIENT, patient=patient)
    facts: dict[str, Any] = {"channel": Channel.DESK if by.is_staff else Channel.PORTAL, **changes}
    key = _key_at(session, clinician, starts_at, at)
    appointment = commands.book(session, key, patient=patient, by=by, at=at, **facts)
    _bring_to(session, appointment, status)
    session.flush()
    return appointment


def a_delivery(session: Session, appointment: Appointment | None = None, **changes: Any) -> Delivery:
    """A message that WhatsApp refused, a reminder of the appointment; `changes` are its columns."""
    facts: dict[str, Any] = {
        "kind": "appointment-reminder",
        "channel": "WHATSAPP",
        "recipient": "+447700900123",
        "text": "",
        "status": "FAILED",
        "reason": "REFUSED",
        "due_at": NOW,
        "created_at": NOW,
        "offset_minutes": next(_numbers),
    }
    if appointment is not None and appointment.patient is not None:
        facts["recipient"] = appointment.patient.phone or "+447700900123"
        facts |= {"appointment_id": appointment.id, "patient_id": appointment.patient_id}
        facts["starts_at"] = appointment.starts_at
    delivery = Delivery(**{**facts, **changes})
    session.add(delivery)
    session.flush()
    return delivery


def wall(text: str, zone: str = "Europe/London") -> datetime:
    """Wall time ("2026-03-09 10:00") in a zone as an instant."""
    local = datetime.fromisoformat(text)
    return clock.at(local.date(), local.time(), clock.zone(zone))


def _bring_to(session: Session, appointment: Appointment, status: Status | None) -> None:
    if status in (None, appointment.status):
        return
    if appointment.status == Status.PENDING and status is not Status.CANCELLED:
        commands.accept(session, appointment, by=SYSTEM, at=appointment.created_at)
    over = appointment.ends_at
    if status is Status.COMPLETED:
        commands.complete(session, appointment, by=SYSTEM, at=over)
    elif status is Status.NO_SHOW:
        commands.mark_no_show(session, appointment, by=SYSTEM, at=over)
    elif status is Status.CANCELLED:
        at = appointment.created_at
        commands.cancel(session, appointment, by=SYSTEM, at=at, late=LateCancellation.NO_REFUND)


def _key_at(session: Session, clinician: Clinician, starts_at: datetime | None, at: datetime) -> SlotKey:
    if starts_at is not None:
        return key_for(session, clinician, starts_at)
    return SlotKey.of(slots_of(session, clinician, at=at)[0])


def _weekdays(text: str) -> Iterator[int]:
    for part in text.split("/"):
        first, _, last = part.partition("-")
        yield from range(DAYS.index(first) + 1, DAYS.index(last or first) + 2)


def _time(text: str) -> time:
    hour, minute = re.fullmatch(r"(\d+)(?::(\d+))?", text).groups()  # type: ignore[union-attr]
    return time(int(hour), int(minute or 0))


def _phone() -> str:
    """A number from the range that is kept free for stories, away from those that tests write out."""
    return f"+447700900{next(_numbers) % 800 + 200}"
