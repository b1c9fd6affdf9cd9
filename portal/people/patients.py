"""Patients: made by staff or by signing up, edited by staff or by themselves."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts.commands import sign_out_everywhere
from portal.accounts.events import PatientSignedUp
from portal.accounts.models import Account
from portal.accounts.names import clean_name, parse_name
from portal.core.contact import optional_email, optional_phone
from portal.core.errors import Forbidden, Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor, Permission, Role
from portal.people.errors import PossibleDuplicate
from portal.people.events import PatientChanged
from portal.people.models import Patient, Resource
from portal.people.queries import find_duplicates, patient_visible_to

EARLIEST_BIRTH = date(1900, 1, 1)
GENDERS = ("FEMALE", "MALE", "OTHER", "UNDISCLOSED")
BLOOD_GROUPS = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")
OWN_FACTS = (
    "full_name",
    "email",
    "date_of_birth",
    "gender",
    "blood_group",
    "emergency_contact_name",
    "emergency_contact_phone",
)
"""What people change about themselves; the phone is what they sign in with."""
FACTS = (
    "full_name",
    "phone",
    "email",
    "date_of_birth",
    "gender",
    "blood_group",
    "emergency_contact_name",
    "emergency_contact_phone",
    "lead_source",
)


def create_patient(
    session: Session,
    *,
    by: Actor,
    full_name: str,
    phone: str | None,
    email: str | None,
    date_of_birth: date | None = None,
    gender: str | None = None,
    blood_group: str | None = None,
    emergency_contact_name: str = "",
    emergency_contact_phone: str | None = None,
    lead_source: str = "",
    despite_duplicates: bool = False,
    at: datetime,
) -> Patient:
    """Register a person who need never sign in. A phone (E.164) or an email address is required.

    Raises PossibleDuplicate with the records of the same phone, name or email; `despite_duplicates` goes on unless
    the phone is the same. Raises Invalid for fields that cannot be used.
    """
    patient = Patient(created_by_id=by.account_id, created_at=at)
    _describe(patient, full_name, email, date_of_birth, at)
    patient.phone = optional_phone(phone)
    _describe_further(patient, gender, blood_group, emergency_contact_name, emergency_contact_phone)
    patient.lead_source = lead_source.strip()
    _check_reachable(patient)
    _check_is_new(session, patient, by, despite_duplicates=despite_duplicates)
    patient.resource = Resource(kind="PATIENT")
    session.add(patient)
    session.flush()
    publish(session, PatientChanged(patient.id, "patient.create", by, at))
    return patient


def create_patient_for_account(session: Session, event: PatientSignedUp) -> None:
    """Subscriber: give a new account its record, or the one that the desk made for the same phone.

    The desk's record keeps its name, which the account takes over: a stranger's name typed with a phone that is
    known changes nothing.
    """
    account = session.get_one(Account, event.account_id)
    patient_for_account(session, account, event.at)


def open_own_record(session: Session, account: Account, *, at: datetime) -> Patient:
    """The record of a colleague who is a patient too, made at the first asking.

    With the phone and address of the account where no other patient has that phone. Nobody has registered it, so that
    it is none of the patients whom the colleague treats. Raises Invalid for an account that cannot be reached.
    """
    # Of two clicks at once, the second finds the record of the first.
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    own = session.scalar(
        select(Patient).where(Patient.account_id == account.id, Patient.deleted_at.is_(None))
    )
    if own is not None:
        return own
    phone = account.phone
    if phone is not None and session.scalar(
        select(Patient.id).where(Patient.phone == phone, Patient.deleted_at.is_(None))
    ):
        phone = None
    if not (phone or account.email):
        raise Invalid(details={"phone": _("Give your account a phone number or an email address first.")})
    patient = Patient(
        account_id=account.id,
        full_name=account.full_name,
        phone=phone,
        email=account.email,
        lead_source="Colleague",
        created_at=at,
        resource=Resource(kind="PATIENT"),
    )
    session.add(patient)
    session.flush()
    return patient


def patient_for_account(session: Session, account: Account, at: datetime) -> Patient:
    """The account's record, adopted from the desk or made now.

    A colleague's own record gives the phone to whoever has proved to hold it, and itself where that is all it has.
    """
    patient = session.scalar(
        select(Patient)
        .outerjoin(Account, Account.id == Patient.account_id)
        .where(
            Patient.phone == account.phone,
            Patient.phone.is_not(None),  # nobody without a phone is somebody else without a phone
            Patient.deleted_at.is_(None),
            or_(Patient.account_id.is_(None), Account.role != Role.PATIENT),
        )
        .with_for_update(of=Patient)
    )
    if patient is not None and patient.account_id is not None and patient.email is not None:
        patient.phone = None
        session.flush()
        patient = None
    if patient is not None:
        patient.account_id = account.id
        account.full_name = patient.full_name
    else:
        patient = Patient(
            account_id=account.id,
            full_name=account.full_name,
            phone=account.phone,
            email=account.email if account.phone is None else None,
            lead_source="Website",
            created_by_id=account.id,
            created_at=at,
            resource=Resource(kind="PATIENT"),
        )
        session.add(patient)
    session.flush()
    return patient


def edit_patient(
    session: Session,
    patient: Patient,
    *,
    by: Actor,
    full_name: str,
    phone: str | None,
    email: str | None,
    date_of_birth: date | None,
    gender: str | None,
    blood_group: str | None,
    emergency_contact_name: str,
    emergency_contact_phone: str | None,
    medical_history: str | None = None,
    at: datetime,
) -> Patient:
    """Replace what is known of a patient; None leaves the medical history as it is.

    A new phone is also the one to sign in with, and ends the sign-ins with the old one. Raises Forbidden for a
    medical history from somebody who may not read it, Invalid and, from `in_transaction`, Duplicate.
    """
    before = {name: getattr(patient, name) for name in FACTS}
    _describe(patient, full_name, email, date_of_birth, at)
    _describe_further(patient, gender, blood_group, emergency_contact_name, emergency_contact_phone)
    patient.phone = optional_phone(phone)
    _check_reachable(patient)
    changed = [name for name in FACTS if getattr(patient, name) != before[name]]
    if medical_history is not None:
        if not by.may(Permission.PATIENT_MEDICAL_HISTORY):
            raise Forbidden
        patient.medical_history = medical_history.strip()
        changed.append("medical_history")
    _keep_account_alike(session, patient, at)
    session.flush()
    publish(session, PatientChanged(patient.id, "patient.edit", by, at, tuple(changed)))
    return patient


def edit_own_profile(
    session: Session,
    patient: Patient,
    *,
    by: Actor,
    full_name: str,
    email: str | None,
    date_of_birth: date | None,
    gender: str | None,
    blood_group: str | None,
    emergency_contact_name: str,
    emergency_contact_phone: str | None,
    at: datetime,
) -> Patient:
    """Patients about themselves; the phone, with which they sign in, stays. Raises Invalid."""
    before = {name: getattr(patient, name) for name in FACTS}
    _describe(patient, full_name, email, date_of_birth, at)
    _describe_further(patient, gender, blood_group, emergency_contact_name, emergency_contact_phone)
    _check_reachable(patient)
    _keep_account_alike(session, patient, at)
    changed = tuple(name for name in FACTS if getattr(patient, name) != before[name])
    publish(session, PatientChanged(patient.id, "patient.edit-own", by, at, changed))
    return patient


def rename_own(session: Session, account: Account, *, full_name: str, by: Actor, at: datetime) -> None:
    """Change the name of one's account, and of the patient's record that goes with it. Raises Invalid."""
    name = parse_name(clean_name(full_name))
    account.full_name, account.title = name.full_name, name.title or account.title
    own = session.scalar(
        select(Patient).where(Patient.account_id == account.id, Patient.deleted_at.is_(None))
    )
    if own is not None:
        own.full_name = name.full_name
        publish(session, PatientChanged(own.id, "patient.edit-own", by, at, ("full_name",)))


def change_own_phone(session: Session, patient: Patient, *, phone: str, by: Actor, at: datetime) -> Patient:
    """The phone (E.164) that the patient has proved to hold; it is the one to sign in with from now on.

    Other devices are signed out. Raises, from `in_transaction`, Duplicate when somebody else has the phone.
    """
    patient.phone = optional_phone(phone)
    _keep_account_alike(session, patient, at)
    account = session.get(Account, patient.account_id) if patient.account_id else None
    if account is not None:
        account.phone_verified_at = at
    session.flush()
    publish(session, PatientChanged(patient.id, "patient.edit-own", by, at, ("phone",)))
    return patient


def delete_patient(session: Session, patient: Patient, *, by: Actor, at: datetime) -> None:
    """Remove a patient for good; the row stays for the history, and nobody signs in with it any longer.

    Looks at no appointments: that there are none to come has been made sure of before.
    """
    account = session.get(Account, patient.account_id) if patient.account_id else None
    if account is not None and account.role_name.is_staff:
        patient.account_id = None  # a colleague works on, and may open another record
    elif account is not None:
        sign_out_everywhere(session, account, at)
        account.is_active, account.deleted_at = False, at
        account.phone = account.email = account.username = account.password_hash = None
    patient.deleted_at = at
    publish(session, PatientChanged(patient.id, "patient.delete", by, at))


def unlink_patient(session: Session, patient: Patient, *, by: Actor, at: datetime) -> None:
    """A clinician lets a person go whom they registered; the record stays with the practice.

    Raises Forbidden where it was somebody else who did.
    """
    if patient.created_by_id != by.account_id:
        raise Forbidden
    patient.created_by_id = None
    publish(session, PatientChanged(patient.id, "patient.unlink", by, at))


def _describe(
    patient: Patient, full_name: str, email: str | None, date_of_birth: date | None, at: datetime
) -> None:
    if date_of_birth is not None and not EARLIEST_BIRTH <= date_of_birth <= at.date():
        raise Invalid(details={"date_of_birth": _("Enter a date of birth in the past.")})
    patient.full_name = clean_name(full_name)
    patient.email = optional_email(email)
    patient.date_of_birth = date_of_birth


def _describe_further(
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


def _check_reachable(patient: Patient) -> None:
    if not (patient.phone or patient.email):
        raise Invalid(details={"phone": _("Give a phone number or an email address.")})


def _check_is_new(session: Session, patient: Patient, by: Actor, *, despite_duplicates: bool) -> None:
    found = find_duplicates(session, phone=patient.phone, full_name=patient.full_name, email=patient.email)
    is_certain = any(other.phone == patient.phone for other in found if patient.phone)
    seen = set(
        session.scalars(
            select(Patient.id).where(Patient.id.in_([other.id for other in found]), patient_visible_to(by))
        )
    )
    shown = [other for other in found if other.id in seen]
    # A clinician is not told of the patients of others, other than that a phone is taken.
    if is_certain or (shown and not despite_duplicates):
        raise PossibleDuplicate(shown, is_certain=is_certain)


def _keep_account_alike(session: Session, patient: Patient, at: datetime) -> None:
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
