"""For whom a booking is: oneself, a patient who is known, or one who is registered on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g
from flask_babel import gettext

from portal.api.v1.duplicates import details_of
from portal.api.v1.representations.appointment_bodies import Booking
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Duplicate, Invalid, _
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings
from portal.people.clients import find_or_register
from portal.people.models import Patient
from portal.people.queries import get_visible_patient


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
    why_new: str | None = None


OF_PATIENT = {
    "full_name": "patient.full_name",
    "phone": "patient.phone",
    "email": "patient.email",
    "why_new": "patient.reason",
    "despite_duplicates": "patient.despite_duplicates",
}
OF_CLIENT = OF_PATIENT | {"full_name": "client_name", "phone": "client_email", "email": "client_email"}
"""Only `patient` can say that it is somebody else."""


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
        return Typed(caller.full_name, caller.phone, caller.email, OF_PATIENT, caller.why_new())
    return Typed(booking.client_name or "", None, booking.client_email, OF_CLIENT)


def _found_or_registered(actor: Actor, typed: Typed) -> Party:
    """What is wrong is said under the names under which it came in."""
    try:
        found = find_or_register(
            db.session,
            full_name=typed.full_name,
            phone=typed.phone,
            email=typed.email,
            region=settings().default_region,
            why_new=typed.why_new,
            by=actor,
            at=clock.now(),
        )
    except (Invalid, Duplicate) as refusal:
        refusal.details = details_of(refusal, typed.fields)
        raise
    is_same = not typed.full_name or folded(found.full_name) == folded(typed.full_name)
    message = None if is_same else gettext("We know this patient as %(name)s.", name=found.full_name)
    return Party(actor, found, message)


def folded(name: str) -> str:
    return " ".join(name.split()).casefold()
