"""The page of a booking at the desk, put together: who, what and when, read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, g, request, url_for
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.availability import Asking
from portal.appointments.models import Appointment
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.centres.queries import get_visible
from portal.core import clock
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.families import get_visible_family
from portal.people.models import Patient
from portal.scheduling.rules import Refusal
from portal.web.desk.forms import (
    NewPatientForm,
    OverbookingForm,
    ReadBackForm,
    TimesForm,
    overbooking_form,
    times_form,
)
from portal.web.desk.held import can_be_confirmed, own_hold
from portal.web.desk.offerings import Catalogue, catalogue, default_centre, last_title
from portal.web.desk.suggestions import DAYS_AHEAD, Search, Suggestions, suggest
from portal.web.desk.walking_in import here_and_now
from portal.web.desk.wanted import Wanted
from portal.web.rendering import page

PAGE = "desk/bookings/new.html"


@dataclass
class Parts:
    """What a step hands over to be shown again: forms with errors, what was found, why a time is gone.

    `rules` are those that a time breaks and may break on purpose; `refused` is the slot that is gone.
    """

    search: str = ""
    matches: Page[Patient] | None = None
    new_patient: NewPatientForm | None = None
    duplicate: PossibleDuplicate | DuplicateUnexplained | None = None
    read_back: ReadBackForm | None = None
    overbooking: OverbookingForm | None = None
    rules: Sequence[Refusal] = ()
    gone: Any = None
    refused: str | None = None


def booking_page(
    wanted: Wanted, parts: Parts | None = None, *, fragment: str | None = None, status: int = 200
) -> Response:
    """The page at the step that `wanted` has come to."""
    parts = parts or Parts()
    context: dict[str, Any] = {"wanted": wanted, "parts": parts, "step": 1, "book_for": choose_action(wanted)}
    if wanted.patient_id is None:
        context["new_patient"] = parts.new_patient or NewPatientForm(formdata=None)
        context["slot"] = _described(wanted)
        return page(PAGE, fragment=fragment, status=status, **context)
    family = get_visible_family(db.session, g.actor, wanted.patient_id)
    patient = family.patient
    held = own_hold(wanted.hold) if wanted.hold else None
    if held is not None and held.patient_id == patient.id and can_be_confirmed(held):
        context |= {"step": 3, "patient": patient, **_read_back(held, wanted, parts)}
    else:
        context |= {"step": 2, "family": family, "patient": patient, **_when(patient, wanted, parts)}
        if status == HTTPStatus.OK and context["form"].errors:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return page(PAGE, fragment=fragment, status=status, **context)


def choose_action(wanted: Wanted) -> tuple[str, str]:
    """Where choosing a patient leads: with a time from the board already chosen, straight to holding it."""
    if wanted.slot and not wanted.overbook:
        return "post", url_for("desk.hold")
    return "get", url_for("desk.new_booking")


def read_back_form(held: Appointment, wanted: Wanted) -> ReadBackForm:
    """The form with what is known of the held time; its fee is in the currency of the booking."""
    form = ReadBackForm(
        fee=held.fee_minor if wanted.fee is None else wanted.fee,
        patient_notes=held.patient_notes,
        session_type=held.session_type,
    )
    form.fee.currency = held.currency
    if not has_choice_of_way(held):
        del form.session_type
    if not g.actor.may(Permission.APPOINTMENT_SET_FEE):
        del form.fee
    if not commands.held_around(db.session, held):
        del form.reason
    return form


def has_choice_of_way(held: Appointment) -> bool:
    return held.service.is_online and held.service.is_in_person and held.centre_id is not None


def _read_back(held: Appointment, wanted: Wanted, parts: Parts) -> dict[str, Any]:
    now = clock.now()
    terms = commands.terms_for(db.session, held, by=g.actor, at=now, late=settings().late_cancellation)
    return {
        "held": held,
        "is_held": held.is_hold and not held.is_expired(now),
        "free_until": terms.free_until if terms.free_until > now else None,
        "form": parts.read_back or read_back_form(held, wanted),
        "rules": commands.held_around(db.session, held),
    }


def _when(patient: Patient, wanted: Wanted, parts: Parts) -> dict[str, Any]:
    found = catalogue(db.session, g.actor)
    if wanted.centre_id is not None and wanted.centre_id not in found.centres:
        get_visible(db.session, g.actor, wanted.centre_id)
    asked, wanted = wanted, _with_defaults(wanted, found, patient)
    if wanted.walk_in:
        wanted = here_and_now(wanted, found)
    context: dict[str, Any] = {"wanted": wanted, "suggestions": None}
    if wanted.overbook and g.actor.may(Permission.APPOINTMENT_OVERBOOK):
        form = parts.overbooking or overbooking_form(wanted.but(slot=asked.slot), found)
        return context | {"form": form, "is_overbooking": True}
    context["form"] = times_form(wanted, found)
    _read_date(context["form"])
    if wanted.service_id is not None:
        context["suggestions"] = _suggest(found, patient, wanted)
    return context


def _read_date(form: TimesForm) -> None:
    """The date as it was typed, with what is wrong with it."""
    if request.args.get("from_on"):
        form.from_on.process(request.args)
        form.from_on.validate(form)


def _with_defaults(wanted: Wanted, found: Catalogue, patient: Patient) -> Wanted:
    """A time from the board says all; else the own centre, and what the patient had last or most clinicians offer."""
    if wanted.slot:
        key = SlotKey.parse(wanted.slot)
        zone = found.centres[key.centre_id].zone if key.centre_id in found.centres else clock.zone("UTC")
        on = clock.local_day(key.starts_at, zone)
        return wanted.but(
            slot=None,
            service_id=key.service_id,
            clinician_id=None,
            centre_id=key.centre_id,
            from_on=on,
            on=on,
        )
    centre_id = wanted.centre_id or default_centre(g.actor)
    service_id = wanted.service_id
    if service_id is None:
        before = last_title(db.session, g.actor, patient.id)
        service_id = found.usual(wanted.clinician_id, centre_id, before)
    clinician_id = wanted.clinician_id or g.actor.clinician_id
    return wanted.but(centre_id=centre_id, service_id=service_id, clinician_id=clinician_id)


def _suggest(found: Catalogue, patient: Patient, wanted: Wanted) -> Suggestions:
    assert wanted.service_id is not None  # noqa: S101  the caller has a service
    offerings = found.matching(
        wanted.service_id,
        clinician_id=wanted.clinician_id,
        centre_id=wanted.centre_id,
        session_type=wanted.session_type,
    )
    now = clock.now()
    replaced = own_hold(wanted.instead_of) if wanted.instead_of else None
    ignoring = replaced.id if replaced else None
    asking = Asking(now, is_staff=True, patient_resource_id=patient.resource_id, ignoring=ignoring)
    # West of here it may still be yesterday; what is past is left out anyway.
    first = max(wanted.from_on or date.min, now.date() - timedelta(days=1))
    days = 1 if wanted.walk_in else DAYS_AHEAD
    search = Search(first, wanted.centre_id, wanted.on, wanted.session_type, days)
    of_any = found.fitting(wanted.clinician_id, wanted.centre_id, wanted.session_type)
    otherwise = of_any if wanted.walk_in else ()
    return suggest(db.session, found, offerings, search, asking, otherwise=otherwise)


def _described(wanted: Wanted) -> dict[str, Any] | None:
    """The time chosen on the board, before it is known for whom."""
    if not wanted.slot:
        return None
    key = SlotKey.parse(wanted.slot)
    found = catalogue(db.session, g.actor)
    one = found.of_service(key.service_id)
    centre = found.centres.get(key.centre_id) if key.centre_id else None
    return {
        "starts_at": key.starts_at,
        "zone": centre.zone if centre else one.clinician.zone,
        "clinician": one.clinician.full_name,
        "service": one.title,
        "place": centre.name if centre else gettext("Online"),
    }
