"""The patient's record of somebody who signs in: made or adopted at sign-up, and kept by themselves."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts.events import PatientSignedUp
from portal.accounts.models import Account
from portal.accounts.names import clean_name, parse_name
from portal.core.contact import optional_phone
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor, Role
from portal.people import caring
from portal.people.events import PatientChanged
from portal.people.models import Patient, Resource
from portal.people.patient_facts import FACTS, check_reachable, describe, describe_further, keep_account_alike


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
        caring.pause(session, patient, at)
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
    describe(patient, full_name, email, date_of_birth, at)
    describe_further(patient, gender, blood_group, emergency_contact_name, emergency_contact_phone)
    check_reachable(patient)
    keep_account_alike(session, patient, at)
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
    keep_account_alike(session, patient, at)
    account = session.get(Account, patient.account_id) if patient.account_id else None
    if account is not None:
        account.phone_verified_at = at
    session.flush()
    publish(session, PatientChanged(patient.id, "patient.edit-own", by, at, ("phone",)))
    return patient
