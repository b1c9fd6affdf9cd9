"""Patients: found, registered, read, corrected; and people about themselves."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, g
from flask_babel import gettext

from portal.accounts.models import Audience
from portal.api.v1.duplicates import details_of
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done, Listed, Paged, paged
from portal.api.v1.representations.patients import (
    NewPatient,
    PatientChanges,
    PatientDetail,
    PatientQuery,
    PatientShape,
    patient_detail,
    patient_shape,
)
from portal.api.v1.who import ME
from portal.appointments.commands import remove_patient
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Forbidden, Invalid, NotFound, _
from portal.core.permissions import Permission
from portal.delivery import settings, signing_in
from portal.delivery.access import check_may
from portal.notifications.preferences import CHOICES, choose
from portal.people import commands
from portal.people.models import Patient
from portal.people.patient_facts import CONTACT_DATA, OWN_FACTS
from portal.people.queries import get_visible_patient, search_patients

bp = Blueprint("api_patients", __name__, url_prefix="/patients")
READ = (Permission.PATIENT_VIEW, Permission.PATIENT_PROFILE_OWN)
OF_NEW = {"why_new": "reason", "despite_duplicates": "despite_duplicates"}


@bp.get("")
@endpoint("PAT-01", Listed[PatientShape], Permission.PATIENT_VIEW)
def index(query: PatientQuery) -> Paged[PatientShape]:
    """Find patients by part of a name or phone: all for centre staff, for clinicians those they treat."""
    found = search_patients(
        db.session, g.actor, search=query.search, phone=query.phone, page=query.page, limit=query.limit
    )
    return paged(found, patient_shape)


@bp.post("")
@endpoint("PAT-02", Answer[PatientDetail], Permission.PATIENT_CREATE, status=201, is_write=True)
def create(json: NewPatient) -> PatientDetail:
    """Register a patient, with a phone or an email address. Somebody who may be known already is refused."""
    facts = json.model_dump(by_alias=False, exclude={"despite_duplicates", "reason"})
    facts["phone"] = _phone(json.phone)
    try:
        made = commands.create_patient(
            db.session, by=g.actor, at=clock.now(), why_new=json.why_new(), **facts
        )
    except (Invalid, Duplicate) as refusal:
        refusal.details = details_of(refusal, OF_NEW)
        raise
    return patient_detail(made, g.actor)


@bp.get("/<string:patient_id>")
@endpoint("PAT-03", Answer[PatientDetail], *READ)
def show(patient_id: str) -> PatientDetail:
    """Read a record. Each read by staff is audited, and the patient can see who it was."""
    patient = _patient(patient_id)
    if patient.id not in g.actor.patient_ids:
        check_may((Permission.PATIENT_VIEW,))
    if g.actor.is_staff:
        in_transaction(db.session, lambda: _audit(patient))
    return patient_detail(patient, g.actor)


@bp.patch("/<string:patient_id>")
@endpoint(
    "PAT-04", Answer[PatientDetail], Permission.PATIENT_EDIT, Permission.PATIENT_PROFILE_OWN, also=(409, 413)
)
def update(patient_id: str, json: PatientChanges) -> Answer[PatientDetail]:
    """Correct a record in part; people their own, whose new phone needs a code and a new sign-in."""
    patient, given, message = _patient(patient_id), json.given(), None
    code = given.pop("phone_otp", None)
    if patient.id == g.actor.patient_id:
        message = _change_own(patient, given, code)
    elif patient.id in g.actor.patient_ids and not g.actor.may(Permission.PATIENT_EDIT):
        in_transaction(db.session, lambda: _change_dependant(patient, given))
    else:
        check_may((Permission.PATIENT_EDIT,))
        in_transaction(db.session, lambda: _change(patient, given))
    return Answer[PatientDetail](data=patient_detail(patient, g.actor), message=message)


@bp.delete("/<string:patient_id>")
@endpoint("PAT-05", Done, Permission.PATIENT_REMOVE, is_write=True)
def delete(patient_id: str) -> Done:
    """Remove a patient; what happened stays in the history. Refused while appointments are to come."""
    patient = _patient(patient_id)
    remove_patient(db.session, patient, by=g.actor, at=clock.now())
    return Done(message=gettext("The patient is removed."))


def _patient(text: str) -> Patient:
    """By id, or oneself as `me`; raises NotFound."""
    if text == ME:
        if g.actor.patient_id is None:
            raise NotFound
        return get_visible_patient(db.session, g.actor, g.actor.patient_id)
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise NotFound
    return get_visible_patient(db.session, g.actor, int(text))


def _change(patient: Patient, given: dict[str, Any]) -> None:
    chosen = _taken(given, CHOICES)
    if "phone" in given:
        given["phone"] = _phone(given["phone"])
    facts = {name: given.get(name, getattr(patient, name)) for name in CONTACT_DATA}
    history = given.get("medical_history")
    if given or not chosen:
        commands.edit_patient(
            db.session, patient, by=g.actor, at=clock.now(), medical_history=history, **facts
        )
    _choose(patient, chosen)


def _change_dependant(patient: Patient, given: dict[str, Any]) -> None:
    """By who looks after them: what is known of them, but no way to reach them; who signs in keeps their own."""
    if patient.account_id is not None or not set(given) <= set(OWN_FACTS) - {"email"}:
        raise Forbidden
    facts = {name: given.get(name, getattr(patient, name)) for name in OWN_FACTS}
    commands.edit_own_profile(db.session, patient, by=g.actor, at=clock.now(), **facts)


def _choose(patient: Patient, chosen: dict[str, Any]) -> None:
    """How they want to be told, of which what is not given stays."""
    if chosen:
        wanted = {name: getattr(patient, name) for name in CHOICES} | chosen
        choose(db.session, patient, by=g.actor, at=clock.now(), **wanted)


def _taken(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: given.pop(name) for name in names if name in given}


def _change_own(patient: Patient, given: dict[str, Any], code: str | None) -> str | None:
    """A new phone is proved first, and ends all sign-ins with the old one; what to say of that, if it is so."""
    if "medical_history" in given:
        raise Forbidden
    new_phone = _new_phone(patient, given.pop("phone", patient.phone))
    if new_phone:
        _prove(new_phone, code)
    chosen = _taken(given, CHOICES)
    facts = {name: given.get(name, getattr(patient, name)) for name in OWN_FACTS}

    def save() -> None:
        if given:
            commands.edit_own_profile(db.session, patient, by=g.actor, at=clock.now(), **facts)
        if new_phone:
            commands.change_own_phone(db.session, patient, phone=new_phone, by=g.actor, at=clock.now())
        _choose(patient, chosen)

    in_transaction(db.session, save)
    return gettext("Your phone number is changed. Please sign in with it.") if new_phone else None


def _new_phone(patient: Patient, text: str | None) -> str | None:
    """The number in E.164, or None where it stays; raises Invalid for one that is taken away."""
    if patient.phone and not text:
        raise Invalid(details={"phone": _("You sign in with your phone number, so it cannot be empty.")})
    phone = _phone(text)
    return phone if phone != patient.phone else None


def _prove(phone: str, code: str | None) -> None:
    """Raises Invalid, InvalidCode, CodeExpired, TooManyAttempts unless the code shows that the phone is theirs."""
    if not code:
        raise Invalid(details={"phone_otp": _("Ask for a code to the new phone, and give it here.")})
    signing_in.counted(phone, lambda: signing_in.try_phone(phone, Audience.PATIENT, code))


def _phone(text: str | None) -> str | None:
    return parse_phone(text, region=settings().default_region) if text else None


def _audit(patient: Patient) -> None:
    record_view(db.session, "patient", patient.id, by=g.actor, patient_id=patient.id, at=clock.now())
