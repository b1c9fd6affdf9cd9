"""The demo practice without its appointments: centres, staff, clinicians, patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.commands import create_staff
from portal.accounts.models import Account
from portal.centres.commands import add_holiday, create_centre
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import SYSTEM, Actor, Role
from portal.demo import skills
from portal.demo.bulk import insert_numbered
from portal.demo.clinicians import Working, add_clinician
from portal.demo.people import (
    BENGALURU,
    LEEDS,
    LONDON,
    PASSWORD,
    STAFF,
    STAFF_PHONE,
    Colleague,
    Person,
    address,
    clinicians,
    patients,
)
from portal.people.acting import actor_for
from portal.people.models import Patient, Resource

FOUNDED = timedelta(days=500)
KNOWN_FOR_DAYS = (60, 450)  # all patients came before the first appointment of the demo was made

CENTRES: dict[str, dict[str, Any]] = {
    LONDON: {
        "name": "Riverside Centre",
        "city": "London",
        "address": "14 Ropewalk Wharf, London SE1 0XX",
        "phone": "+442079460100",
        "email": "riverside@example.com",
        "time_zone": "Europe/London",
        "currency": "GBP",
    },
    LEEDS: {
        "name": "Northgate Centre",
        "city": "Leeds",
        "address": "3 Spinner's Yard, Leeds LS1 0XX",
        "phone": "+441134960100",
        "email": "northgate@example.com",
        "time_zone": "Europe/London",
        "currency": "GBP",
    },
    BENGALURU: {
        "name": "Lakeview Centre",
        "city": "Bengaluru",
        "address": "27 Rain Tree Road, 2nd Stage, Bengaluru 560000",
        "phone": "+915550000100",
        "email": "lakeview@example.com",
        "time_zone": "Asia/Kolkata",
        "currency": "INR",
    },
}
HOLIDAYS = (
    (LONDON, 16, "Staff training day"),
    (LEEDS, 23, "Building works"),
    (BENGALURU, 9, "Founders' day"),
    (BENGALURU, -13, "Local festival"),
)


@dataclass(frozen=True)
class Seen:
    """A patient with a record, and the centre nearby. `actor` is None for people who never sign in."""

    id: int
    resource_id: int
    centre: Centre
    person: Person
    actor: Actor | None


@dataclass(frozen=True)
class Practice:
    """`desks` says who answers the phone at each centre."""

    admin: Actor
    working: list[Working]
    patients: list[Seen]
    desks: dict[int, Actor]


def build(session: Session, random: Random, at: datetime) -> Practice:
    """Write everything but the appointments. `at` is the instant that counts as now, in UTC."""
    founded = at - FOUNDED
    admin = _colleague(session, STAFF[0], by=SYSTEM, phone=STAFF_PHONE.format(0), centre_id=None, at=founded)
    centres = {
        place: create_centre(session, by=admin, at=founded, **facts) for place, facts in CENTRES.items()
    }
    _close(session, centres, admin, at)
    centre_ids = {place: centre.id for place, centre in centres.items()}
    desks = _employ(session, admin, centre_ids, founded)
    working = [
        add_clinician(
            session, about, STAFF_PHONE.format(20 + number), centre_ids, by=admin, founded=founded, at=at
        )
        for number, about in enumerate(clinicians())
    ]
    skills.write(session, working, by=admin, at=founded)
    return Practice(admin, working, _register(session, random, centres, desks, at), desks)


def _colleague(
    session: Session, colleague: Colleague, *, by: Actor, phone: str, centre_id: int | None, at: datetime
) -> Actor:
    account = create_staff(
        session,
        by=by,
        role=colleague.role,
        full_name=colleague.full_name,
        phone=phone,
        email=address(colleague.full_name),
        username=colleague.username,
        password=PASSWORD if colleague.username else None,
        centre_id=centre_id,
        is_super_admin=by.is_system,
        at=at,
    )
    return actor_for(session, account)


def _close(session: Session, centres: Mapping[str, Centre], admin: Actor, at: datetime) -> None:
    for place, days, name in HOLIDAYS:
        day = clock.local_day(at, centres[place].zone) + timedelta(days=days)
        while day.isoweekday() > 5:  # a holiday that nobody would notice is none
            day += timedelta(days=1)
        add_holiday(session, centres[place], by=admin, holiday_on=day, name=name, at=at - FOUNDED)


def _employ(session: Session, admin: Actor, centre_ids: Mapping[str, int], at: datetime) -> dict[int, Actor]:
    """Everybody of staff but the first and the clinicians; returns the front desks."""
    desks = {}
    for number, colleague in enumerate(STAFF[1:], start=1):
        centre_id = centre_ids[colleague.centre] if colleague.centre else None
        actor = _colleague(
            session, colleague, by=admin, phone=STAFF_PHONE.format(number), centre_id=centre_id, at=at
        )
        if centre_id is not None and colleague.role is Role.FRONT_DESK:
            desks[centre_id] = actor
    return desks


def _register(
    session: Session, random: Random, centres: Mapping[str, Centre], desks: Mapping[int, Actor], at: datetime
) -> list[Seen]:
    """All patients, in three statements. Who signs in came by the website, the others by the desk."""
    people = patients(random, at.date())
    since = [at - timedelta(days=random.uniform(*KNOWN_FOR_DAYS)) for _ in people]
    signed_up = insert_numbered(
        session, Account, [_account(*one) for one in zip(people, since, strict=True) if one[0].signs_in]
    )
    accounts = iter(signed_up)
    account_ids = [next(accounts) if person.signs_in else None for person in people]
    resource_ids = insert_numbered(session, Resource, [{"kind": "PATIENT"} for _ in people])
    rows = [
        {
            "account_id": account_id,
            "resource_id": resource_id,
            "full_name": person.full_name,
            "phone": person.phone,
            "created_by_id": account_id or desks[centres[person.centre].id].account_id,
            "created_at": created_at,
            **person.details,
        }
        for person, account_id, resource_id, created_at in zip(
            people, account_ids, resource_ids, since, strict=True
        )
    ]
    ids = insert_numbered(session, Patient, rows)
    return [
        Seen(patient_id, resource_id, centres[person.centre], person, _actor(person, account_id, patient_id))
        for person, account_id, resource_id, patient_id in zip(
            people, account_ids, resource_ids, ids, strict=True
        )
    ]


def _account(person: Person, since: datetime) -> dict[str, Any]:
    return {
        "role": Role.PATIENT,
        "phone": person.phone,
        "full_name": person.full_name,
        "phone_verified_at": since,
        "created_at": since,
    }


def _actor(person: Person, account_id: int | None, patient_id: int) -> Actor | None:
    if account_id is None:
        return None
    return Actor(account_id, Role.PATIENT, person.full_name, patient_id=patient_id)
