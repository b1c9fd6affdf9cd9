"""Somebody who is booked by the way: found by phone, else by email, else registered."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from portal.core.contact import optional_email, parse_phone
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor
from portal.people.models import Patient
from portal.people.patients import create_patient
from portal.people.queries import patient_visible_to


def find_or_register(
    session: Session,
    *,
    full_name: str,
    phone: str | None,
    email: str | None,
    region: str,
    why_new: str | None = None,
    by: Actor,
    at: datetime,
) -> Patient:
    """The patient with that phone, else with that email, whom the actor may see; else a new one.

    What is known is never overwritten. Raises Invalid and Duplicate with what is wrong by field ("full_name", "phone",
    "email"): neither of both, an address of several patients, the phone of somebody else's patient. Who is new and
    like a patient known is asked about as in `create_patient`: PossibleDuplicate, and DuplicateUnexplained.
    """
    number = parse_phone(phone, region=region, field="phone") if phone else None
    address = optional_email(email, field="email")
    known = _known(session, by, number, address)
    if known is not None:
        return known
    return create_patient(
        session, by=by, full_name=full_name, phone=number, email=address, why_new=why_new, at=at
    )


def _known(session: Session, by: Actor, phone: str | None, email: str | None) -> Patient | None:
    if not (phone or email):
        raise Invalid(details={"phone": _("Give a phone number or an email address.")})
    has_it = Patient.phone == phone if phone else Patient.email == email
    statement = select(Patient).where(has_it, patient_visible_to(by)).limit(2)
    found = session.scalars(statement.options(defer(Patient.medical_history, raiseload=True))).all()
    if len(found) > 1:
        raise Invalid(details={"email": _("Several patients have this address. Give a patientId.")})
    return found[0] if found else None
