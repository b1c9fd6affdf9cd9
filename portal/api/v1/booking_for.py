"""For whom a booking is: oneself, a patient who is known, or one who is registered on the way."""

from dataclasses import dataclass

from flask import g
from flask_babel import gettext
from sqlalchemy import select

from portal.api.v1.representations.appointments import Booking, Caller
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import optional_email, parse_phone
from portal.core.errors import Invalid, _
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


def party_of(booking: Booking, key: SlotKey) -> Party:
    """Raises Invalid for nobody, or for more than one, NotFound for a patient who is not the actor's to see."""
    actor: Actor = g.actor
    named = [booking.patient_id, booking.patient, booking.client_email]
    if sum(one is not None for one in named) > 1:
        raise Invalid(details={"patient_id": _("Say once for whom it is.")})
    if actor.role is Role.CLINICIAN and not any(named) and key.clinician_id != actor.clinician_id:
        actor = actor.as_patient()
    if not actor.may(Permission.APPOINTMENT_BOOK_FOR_OTHERS):
        return Party(actor, _oneself(actor, booking))
    return _other(actor, booking)


def _oneself(actor: Actor, booking: Booking) -> Patient:
    if booking.patient is not None or booking.client_email is not None:
        raise Invalid(details={"patient": _("You can book for yourself only.")})
    if actor.patient_id is None:
        raise Invalid(details={"patient_id": _("Say for whom it is.")})
    return get_visible_patient(db.session, actor, booking.patient_id or actor.patient_id)


def _other(actor: Actor, booking: Booking) -> Party:
    if booking.patient_id is not None:
        return Party(actor, get_visible_patient(db.session, actor, booking.patient_id))
    if booking.patient is not None:
        return _found_or_registered(actor, booking.patient, "patient")
    if booking.client_email is not None:
        name = booking.client_name or booking.client_email.partition("@")[0]
        caller = Caller.model_construct(phone=None, full_name=name, email=booking.client_email)
        return _found_or_registered(actor, caller, "client")
    raise Invalid(details={"patient_id": _("Say for whom it is.")})


def _found_or_registered(actor: Actor, caller: Caller, field: str) -> Party:
    """By phone, else by email. What is known is never overwritten by what was typed."""
    phone = _phone(caller, field)
    email = optional_email(caller.email, field=f"{field}_email" if field == "client" else f"{field}.email")
    if not (phone or email):
        raise Invalid(details={f"{field}.phone": _("Give a phone number or an email address.")})
    known = _known(actor, phone, email)
    if known is not None:
        same = known.full_name.casefold() == " ".join(caller.full_name.split()).casefold()
        message = None if same else gettext("We know this patient as %(name)s.", name=known.full_name)
        return Party(actor, known, message)
    made = create_patient(
        db.session,
        by=actor,
        full_name=caller.full_name,
        phone=phone,
        email=email,
        lead_source="Front desk",
        despite_duplicates=True,
        at=clock.now(),
    )
    return Party(actor, made)


def _phone(caller: Caller, field: str) -> str | None:
    if not caller.phone:
        return None
    return parse_phone(caller.phone, region=settings().default_region, field=f"{field}.phone")


def _known(actor: Actor, phone: str | None, email: str | None) -> Patient | None:
    has_it = Patient.phone == phone if phone else Patient.email == email
    found = db.session.scalars(select(Patient).where(has_it, patient_visible_to(actor)).limit(2)).all()
    if len(found) > 1:
        raise Invalid(details={"client_email": _("Several patients have this address. Give a patientId.")})
    return found[0] if found else None
