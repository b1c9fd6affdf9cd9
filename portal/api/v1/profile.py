"""What is said of a clinician, on the way in: by managers, or by themself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g

from portal.api.v1.representations.base import minor_units
from portal.api.v1.representations.clinicians import ClinicianChanges, NewClinician
from portal.appointments.commands import check_none_coming, guarded, switch_clinician
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.errors import Forbidden, Invalid, _
from portal.core.permissions import Permission, Role
from portal.delivery import settings
from portal.delivery.access import check_may
from portal.people import commands
from portal.people.models import Clinician, Plan
from portal.people.presentation import PRESENTATION
from portal.people.profiles import ACCOUNT_FACTS
from portal.people.queries import check_wholly_in_reach

OWN = ("headline", "bio", "specialization", "qualification", "languages", "years_of_experience")
OFFER = ("consultation_fee_minor", "credit_fee", "default_duration_minutes", "requires_acceptance")
PRACTICE_ONLY = {
    "phone",
    "email",
    "username",
    "title",
    "primary_centre_id",
    "centre_ids",
    "credit_fee",
    "default_consultation_duration_minutes",
    "requires_acceptance",
    "is_active",
}
NAMES = {
    "consultation_fee": "consultation_fee_minor",
    "default_consultation_duration_minutes": "default_duration_minutes",
    "timezone": "time_zone",
}
"""What clients call differently from the commands."""


def make(json: NewClinician) -> Clinician:
    """A new clinician with an account."""
    given = json.model_dump(by_alias=False)
    centre_ids = json.centre_ids or [one for one in [json.primary_centre_id] if one]
    currency = _currency_at(json.primary_centre_id, centre_ids)
    elsewhere = (json.currency or settings().default_currency).upper()
    facts = {
        **{name: given[name] for name in ("full_name", "title", "email", "username", "password", *OWN)},
        "phone": _phone(json.phone),
        "centre_ids": centre_ids,
        "primary_centre_id": json.primary_centre_id,
        "consultation_fee_minor": _minor(json.consultation_fee, currency or elsewhere),
        "default_duration_minutes": json.default_consultation_duration_minutes,
        "requires_acceptance": json.requires_acceptance,
        "credit_fee": json.credit_fee,
        "currency": None if centre_ids else elsewhere,
        "time_zone": None if centre_ids else json.timezone or settings().default_time_zone,
    }
    further = {name: given[name] for name in PRESENTATION}
    with as_clients_name_it():
        made = commands.create_clinician(db.session, by=g.actor, at=clock.now(), **facts)
        return commands.edit_presentation(db.session, made, by=g.actor, at=clock.now(), **further)


def change(clinician: Clinician, json: ClinicianChanges) -> None:
    """Make the changes that were given, each by its own command, all or none."""
    given = json.given()
    force = given.pop("force", False)
    is_own = g.actor.role is Role.CLINICIAN
    if is_own and PRACTICE_ONLY & set(given):
        raise Forbidden
    _change_plan(clinician, given)
    _switch(clinician, given, force=force)
    further = {name: given.pop(name) for name in PRESENTATION if name in given}
    at = clock.now()
    with as_clients_name_it():
        guarded(
            db.session, [clinician], lambda: _save(clinician, given, is_own=is_own), accepted=force, at=at
        )
        commands.edit_presentation(db.session, clinician, by=g.actor, at=at, **further)


@contextmanager
def as_clients_name_it() -> Iterator[None]:
    """Name the fields of a refusal as clients do."""
    try:
        yield
    except Invalid as refusal:
        named = {inner: outer for outer, inner in NAMES.items()}
        refusal.details = {named.get(name, name): text for name, text in refusal.details.items()}
        raise


def _switch(clinician: Clinician, given: dict[str, Any], *, force: bool) -> None:
    """Whether they work here at all, and whether they take new bookings."""
    at, is_active, is_accepting = clock.now(), given.pop("is_active", None), given.pop("is_available", None)
    if is_active is None and is_accepting is None:
        return
    check_wholly_in_reach(g.actor, clinician)
    if is_active is not None:
        switch_clinician(db.session, clinician, by=g.actor, is_active=is_active, at=at)
    if is_accepting is not None:
        commands.set_accepting(db.session, clinician, by=g.actor, is_accepting=is_accepting, at=at)
    if False in (is_active, is_accepting) and not force:
        check_none_coming(db.session, at=at, clinician_id=clinician.id)


def _change_plan(clinician: Clinician, given: dict[str, Any]) -> None:
    """What is not given stays, but a new plan begins without an end."""
    named = {name: given.pop(name) for name in ("plan", "plan_expires_at") if name in given}
    if not named:
        return
    check_may((Permission.PLAN_EDIT,))
    plan = named.get("plan", Plan(clinician.plan))
    known = clinician.plan_expires_at if plan == clinician.plan else None
    ends_at = named.get("plan_expires_at", known)
    commands.set_plan(db.session, clinician, plan=plan, expires_at=ends_at, by=g.actor, at=clock.now())


def _save(clinician: Clinician, given: dict[str, Any], *, is_own: bool) -> None:
    """By the commands of the practice, or by those that clinicians have for themselves."""
    zone = given.pop("timezone", None)
    if given:
        (_save_own if is_own else _save_all)(clinician, _named(clinician, given))
    if zone is not None:
        commands.set_time_zone(db.session, clinician, by=g.actor, time_zone=zone, at=clock.now())


def _save_all(clinician: Clinician, given: dict[str, Any]) -> None:
    known = {name: getattr(clinician.account, name) for name in ACCOUNT_FACTS}
    known |= {name: getattr(clinician, name) for name in (*OWN, *OFFER)}
    if "full_name" in given:
        known["title"] = ""  # it stands before the name
    if given.get("phone"):
        given["phone"] = _phone(given["phone"])
    places = given.setdefault("centre_ids", [one.id for one in clinician.centres if one.deleted_at is None])
    primary = clinician.primary_centre_id
    known["primary_centre_id"] = primary if primary in places else None
    commands.edit_clinician(db.session, clinician, by=g.actor, at=clock.now(), **{**known, **given})


def _save_own(clinician: Clinician, given: dict[str, Any]) -> None:
    full_name = given.pop("full_name", None)
    known = {name: getattr(clinician, name) for name in OWN}
    commands.edit_presentation(db.session, clinician, by=g.actor, at=clock.now(), full_name=full_name)
    commands.edit_own_clinician_profile(
        db.session, clinician, by=g.actor, at=clock.now(), **{**known, **given}
    )


def _named(clinician: Clinician, given: dict[str, Any]) -> dict[str, Any]:
    """As the commands name it."""
    named = {NAMES.get(name, name): value for name, value in given.items()}
    if "consultation_fee" in given:
        moved_to = _currency_at(given.get("primary_centre_id"), given.get("centre_ids", []))
        named["consultation_fee_minor"] = _minor(given["consultation_fee"], moved_to or clinician.currency)
    return named


def _currency_at(primary_centre_id: int | None, centre_ids: list[int]) -> str | None:
    """That of the centres, who share one; None where there is none."""
    centre_id = primary_centre_id or next(iter(centre_ids), None)
    centre = db.session.get(Centre, centre_id) if centre_id else None
    return centre.currency if centre else None


def _minor(fee: float, currency: str) -> int:
    try:
        return minor_units(fee, currency)
    except ValueError:
        raise Invalid(details={"consultation_fee": _("This is finer than the currency allows.")}) from None


def _phone(text: str | None) -> str | None:
    return parse_phone(text, region=settings().default_region) if text else None
