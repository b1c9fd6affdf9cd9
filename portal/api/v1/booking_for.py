"""For whom a booking is: oneself, a patient who is known, or one who is registered on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import defer

from portal.api.v1.representations.appointment_bodies import Booking
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import optional_email, parse_phone
from portal.core.errors import Duplicate, Invalid, _
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings
from portal.people.commands import create_patient
from portal.people.models import Patient
from portal.people.queries import get_visible_patient, patient_visible_to


@dataclass(frozen=True)
class Party:
    """Who books for whom; `message` says what the booker should know of the patient."""

    by: Actor
    patient: Patient
    message: str | None = None


@dataclass(frozen=True)
class Typed:
    """What was typed of somebody; `fields` are the names under which it came in."""

    full_name: str
    phone: str | None
    email: str | None
    fields: Mapping[str, str]


OF_PATIENT = {"full_name": "patient.full_name", "phone": "patient.phone", "email": "patient.email"}
OF_CLIENT = {"full_name": "client_name", "phone": "client_email", "email": "client_email"}


def party_of(booking: Booking, key: SlotKey) -> Party:
    """Raises Invalid for nobody, or for more than one, NotFound for a patient who is not the actor's to see."""
    actor = _in_hat(booking, key)
    if not actor.may(Permission.APPOINTMENT_BOOK_FOR_OTHERS):
        return Party(actor, _oneself(actor, booking))
    named = [booking.patient_id, booking.patient, booking.client_email or booking.client_name]
    if sum(one is not None for one in named) != 1:
        raise Invalid(details={"patient_id": _("Say once for whom it is.")})
    if booking.patient_id is not None:
        return Party(actor, get_visible_patient(db.session, actor, booking.patient_id))
    return _found_or_registered(actor, _typed(booking))


def _in_hat(booking: Booking, key: SlotKey) -> Actor:
    """Clinicians who book a colleague, and no patient of theirs, are patients."""
    actor: Actor = g.actor
    names_another = booking.patient_id is not None and booking.patient_id not in actor.patient_ids
    is_for_oneself = not (names_another or booking.patient or booking.client_email or booking.client_name)
    is_with_a_colleague = actor.role is Role.CLINICIAN and key.clinician_id != actor.clinician_id
    if is_for_oneself and is_with_a_colleague and actor.patient_id is not None:
        return actor.as_patient()
    return actor


def _oneself(actor: Actor, booking: Booking) -> Patient:
    if booking.patient or booking.client_email or booking.client_name:
        raise Invalid(
            details={
                "patient": _(
                    "You can book for yourself and the people you look after only: give a patientId."
                )
            }
        )
    if actor.patient_id is None:
        raise Invalid(details={"patient_id": _("Say once for whom it is.")})
    return get_visible_patient(db.session, actor, booking.patient_id or actor.patient_id)


def _typed(booking: Booking) -> Typed:
    caller = booking.patient
    if caller is not None:
        return Typed(caller.full_name, caller.phone, caller.email, OF_PATIENT)
    return Typed(booking.client_name or "", None, booking.client_email, OF_CLIENT)


def _found_or_registered(actor: Actor, typed: Typed) -> Party:
    """By phone, else by email. What is known is never overwritten by what was typed."""
    region, field = settings().default_region, typed.fields["phone"]
    phone = parse_phone(typed.phone, region=region, field=field) if typed.phone else None
    email = optional_email(typed.email, field=typed.fields["email"])
    known = _known(actor, phone, email, typed)
    if known is None:
        return Party(actor, _registered(actor, phone, email, typed))
    is_same = not typed.full_name or folded(known.full_name) == folded(typed.full_name)
    message = None if is_same else gettext("We know this patient as %(name)s.", name=known.full_name)
    return Party(actor, known, message)


def _known(actor: Actor, phone: str | None, email: str | None, typed: Typed) -> Patient | None:
    if not (phone or email):
        raise Invalid(details={typed.fields["phone"]: _("Give a phone number or an email address.")})
    has_it = Patient.phone == phone if phone else Patient.email == email
    statement = select(Patient).where(has_it, patient_visible_to(actor)).limit(2)
    found = db.session.scalars(statement.options(defer(Patient.medical_history, raiseload=True))).all()
    if len(found) > 1:
        several = _("Several patients have this address. Give a patientId.")
        raise Invalid(details={typed.fields["email"]: several})
    return found[0] if found else None


def _registered(actor: Actor, phone: str | None, email: str | None, typed: Typed) -> Patient:
    """Somebody of the same name may be somebody else; somebody of the same phone may not."""
    try:
        return create_patient(
            db.session,
            by=actor,
            full_name=typed.full_name,
            phone=phone,
            email=email,
            despite_duplicates=True,
            at=clock.now(),
        )
    except (Invalid, Duplicate) as refusal:
        refusal.details = {typed.fields.get(name, name): text for name, text in refusal.details.items()}
        raise


def folded(name: str) -> str:
    return " ".join(name.split()).casefold()
