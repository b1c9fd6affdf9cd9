"""What is said of a clinician, on the way in: by managers, or by themself."""

from typing import Any

from flask import g

from portal.api.v1.representations.base import minor_units
from portal.api.v1.representations.clinicians import ClinicianChanges, NewClinician
from portal.appointments.commands import check_none_coming
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.errors import Forbidden, Invalid, _
from portal.core.permissions import Role
from portal.delivery import settings
from portal.people import commands
from portal.people.clinicians import PRESENTATION
from portal.people.models import Clinician
from portal.people.profiles import ACCOUNT_FACTS
from portal.people.queries import check_wholly_in_reach

OWN = ("headline", "bio", "specialization", "qualification", "languages", "years_of_experience")
OFFER = ("consultation_fee_minor", "default_duration_minutes", "requires_acceptance", "primary_centre_id")
PRACTICE_ONLY = {"phone", "email", "username", "title", "primary_centre_id", "centre_ids", "is_active"}


def new_facts(json: NewClinician) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `create_clinician` takes, and what `edit_presentation` takes."""
    given = json.model_dump(by_alias=False)
    centre_ids = given["centre_ids"] or [one for one in [json.primary_centre_id] if one]
    currency = json.currency.upper() if json.currency else None
    facts = {
        "full_name": json.full_name,
        "title": json.title,
        "phone": _phone(json.phone),
        "email": json.email,
        "username": json.username,
        "password": json.password,
        "centre_ids": centre_ids,
        "primary_centre_id": json.primary_centre_id,
        "consultation_fee_minor": _minor(json.consultation_fee, currency or settings().default_currency),
        "default_duration_minutes": json.default_consultation_duration_minutes,
        "requires_acceptance": json.requires_acceptance,
        "currency": None if centre_ids else currency or settings().default_currency,
        "time_zone": None if centre_ids else json.timezone or settings().default_time_zone,
        **{name: given[name] for name in OWN},
    }
    return facts, {name: given[name] for name in PRESENTATION}


def change(clinician: Clinician, json: ClinicianChanges) -> None:
    """Make the changes that were given, each by its own command, all or none."""
    given = json.given()
    given.pop("force", None)
    is_own = g.actor.role is Role.CLINICIAN
    if is_own and PRACTICE_ONLY & set(given):
        raise Forbidden
    _switch(clinician, given, force=json.force)
    further = {name: given.pop(name) for name in PRESENTATION if name in given}
    if given:
        (_change_own if is_own else _change)(clinician, given)
    if further:
        commands.edit_presentation(db.session, clinician, by=g.actor, at=clock.now(), **further)


def _switch(clinician: Clinician, given: dict[str, Any], *, force: bool) -> None:
    """Whether they work here at all, and whether they take new bookings."""
    at, is_active, is_accepting = clock.now(), given.pop("is_active", None), given.pop("is_available", None)
    if (is_active is False or is_accepting is False) and not force:
        check_none_coming(db.session, at=at, clinician_id=clinician.id)
    if is_active is not None:
        check_wholly_in_reach(g.actor, clinician)
        commands.set_clinician_active(db.session, clinician, by=g.actor, is_active=is_active, at=at)
    if is_accepting is not None:
        check_wholly_in_reach(g.actor, clinician)
        commands.set_accepting(db.session, clinician, by=g.actor, is_accepting=is_accepting, at=at)


def _change(clinician: Clinician, given: dict[str, Any]) -> None:
    known = {name: getattr(clinician.account, name) for name in ACCOUNT_FACTS}
    known |= {name: getattr(clinician, name) for name in (*OWN, *OFFER)}
    known["centre_ids"] = [centre.id for centre in clinician.centres]
    if given.get("phone"):
        given["phone"] = _phone(given["phone"])
    commands.edit_clinician(
        db.session, clinician, by=g.actor, at=clock.now(), **{**known, **_renamed(clinician, given)}
    )


def _change_own(clinician: Clinician, given: dict[str, Any]) -> None:
    given = _renamed(clinician, given)
    full_name = given.pop("full_name", None)
    if full_name is not None:
        commands.edit_presentation(db.session, clinician, by=g.actor, at=clock.now(), full_name=full_name)
    if {"default_duration_minutes", "requires_acceptance"} & set(given):
        raise Forbidden
    known = {name: getattr(clinician, name) for name in OWN}
    commands.edit_own_clinician_profile(
        db.session, clinician, by=g.actor, at=clock.now(), **{**known, **given}
    )


def _renamed(clinician: Clinician, given: dict[str, Any]) -> dict[str, Any]:
    """As the commands name it."""
    named = dict(given)
    if "consultation_fee" in named:
        named["consultation_fee_minor"] = _minor(named.pop("consultation_fee"), clinician.currency)
    if "default_consultation_duration_minutes" in named:
        named["default_duration_minutes"] = named.pop("default_consultation_duration_minutes")
    return named


def _minor(fee: float, currency: str) -> int:
    try:
        return minor_units(fee, currency)
    except ValueError:
        raise Invalid(details={"consultation_fee": _("This is finer than the currency allows.")}) from None


def _phone(text: str | None) -> str | None:
    return parse_phone(text, region=settings().default_region) if text else None
