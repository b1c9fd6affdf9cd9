"""What may be written into a patient's record. Each function checks its part and raises Invalid."""

from datetime import date, datetime
from typing import Required, TypedDict

from sqlalchemy.orm import Session

from portal.accounts.commands import sign_out_everywhere
from portal.accounts.models import Account
from portal.accounts.names import clean_name
from portal.core.contact import optional_email, optional_phone
from portal.core.errors import Invalid, _
from portal.people.models import Patient

EARLIEST_BIRTH = date(1900, 1, 1)
GENDERS = ("FEMALE", "MALE", "OTHER", "UNDISCLOSED")
BLOOD_GROUPS = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")
CONTACT_DATA = (
    "full_name",
    "phone",
    "email",
    "date_of_birth",
    "gender",
    "blood_group",
    "emergency_contact_name",
    "emergency_contact_phone",
)
FACTS = (*CONTACT_DATA, "lead_source")
OWN_FACTS = tuple(name for name in CONTACT_DATA if name != "phone")
"""What people change about themselves; the phone is what they sign in with."""


class NewFacts(TypedDict, total=False):
    """What is known of somebody new. The phone is in E.164; it or an email address is there."""

    full_name: Required[str]
    phone: Required[str | None]
    email: Required[str | None]
    date_of_birth: date | None
    gender: str | None
    blood_group: str | None
    emergency_contact_name: str
    emergency_contact_phone: str | None
    lead_source: str


def describe(
    patient: Patient, full_name: str, email: str | None, date_of_birth: date | None, at: datetime
) -> None:
    if date_of_birth is not None and not EARLIEST_BIRTH <= date_of_birth <= at.date():
        raise Invalid(details={"date_of_birth": _("Enter a date of birth in the past.")})
    patient.full_name = clean_name(full_name)
    patient.email = optional_email(email)
    patient.date_of_birth = date_of_birth


def describe_further(
    patient: Patient,
    gender: str | None,
    blood_group: str | None,
    contact_name: str,
    contact_phone: str | None,
) -> None:
    if gender and gender not in GENDERS:
        raise Invalid(details={"gender": _("Choose one of the options.")})
    if blood_group and blood_group not in BLOOD_GROUPS:
        raise Invalid(details={"blood_group": _("Choose one of the options.")})
    patient.gender = gender or None
    patient.blood_group = blood_group or None
    patient.emergency_contact_name = (
        clean_name(contact_name, field="emergency_contact_name") if contact_name.strip() else ""
    )
    patient.emergency_contact_phone = optional_phone(contact_phone, field="emergency_contact_phone")


def check_reachable(patient: Patient) -> None:
    if not (patient.phone or patient.email or patient.is_dependant):
        raise Invalid(details={"phone": _("Give a phone number or an email address.")})


def keep_account_alike(session: Session, patient: Patient, at: datetime) -> None:
    account = session.get(Account, patient.account_id) if patient.account_id else None
    if (
        account is None or account.role_name.is_staff
    ):  # a colleague's own record as a patient is another matter
        return
    if not patient.phone and account.email is None:
        raise Invalid(
            details={"phone": _("This patient signs in with the phone number, so it cannot be empty.")}
        )
    account.full_name = patient.full_name
    if account.phone != patient.phone:
        account.phone = patient.phone
        account.phone_verified_at = None
        sign_out_everywhere(session, account, at)
