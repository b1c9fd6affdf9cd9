"""Patients as staff keep them: registered, corrected, removed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Unpack

from sqlalchemy.orm import Session

from portal.accounts.commands import sign_out_everywhere
from portal.accounts.models import Account
from portal.core.contact import optional_phone
from portal.core.errors import Forbidden
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.people import caring
from portal.people.alike import check_is_new
from portal.people.events import DuplicateOverridden, PatientChanged
from portal.people.models import Patient, Resource
from portal.people.patient_facts import (
    FACTS,
    NewFacts,
    check_reachable,
    describe,
    describe_further,
    keep_account_alike,
)


def create_patient(
    session: Session, *, by: Actor, at: datetime, why_new: str | None = None, **facts: Unpack[NewFacts]
) -> Patient:
    """Register a person who need never sign in.

    Raises PossibleDuplicate and DuplicateUnexplained for somebody alike, as `check_is_new`, to which `why_new` goes;
    Invalid for facts that cannot be used.
    """
    patient = _described(by, at, **facts)
    reason = check_is_new(session, patient, by=by, why_new=why_new)
    _register(session, [patient], by, at)
    if reason:
        publish(session, DuplicateOverridden(patient.id, by, at, reason))
    return patient


def create_patients(
    session: Session, *, by: Actor, people: Iterable[Mapping[str, Any]], at: datetime
) -> list[Patient]:
    """Register many people at once, in the order given, with the facts that `create_patient` takes.

    That none of them is registered already has been made sure of before, for all together. Raises Invalid and, from
    `in_transaction`, Duplicate for a phone that is taken.
    """
    patients = [_described(by, at, **facts) for facts in people]
    _register(session, patients, by, at)
    return patients


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
    describe(patient, full_name, email, date_of_birth, at)
    describe_further(patient, gender, blood_group, emergency_contact_name, emergency_contact_phone)
    patient.phone = optional_phone(phone)
    check_reachable(patient)
    changed = [name for name in FACTS if getattr(patient, name) != before[name]]
    if medical_history is not None:
        if not by.may(Permission.PATIENT_MEDICAL_HISTORY):
            raise Forbidden
        patient.medical_history = medical_history.strip()
        changed.append("medical_history")
    keep_account_alike(session, patient, at)
    session.flush()
    publish(session, PatientChanged(patient.id, "patient.edit", by, at, tuple(changed)))
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
    caring.forget(session, patient)
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


def _described(by: Actor, at: datetime, **facts: Unpack[NewFacts]) -> Patient:
    patient = Patient(created_by_id=by.account_id, created_at=at)
    describe(patient, facts["full_name"], facts["email"], facts.get("date_of_birth"), at)
    patient.phone = optional_phone(facts["phone"])
    describe_further(
        patient,
        facts.get("gender"),
        facts.get("blood_group"),
        facts.get("emergency_contact_name", ""),
        facts.get("emergency_contact_phone"),
    )
    patient.lead_source = facts.get("lead_source", "").strip()
    check_reachable(patient)
    return patient


def _register(session: Session, patients: Sequence[Patient], by: Actor, at: datetime) -> None:
    for patient in patients:
        patient.resource = Resource(kind="PATIENT")
    session.add_all(patients)
    session.flush()
    for patient in patients:
        publish(session, PatientChanged(patient.id, "patient.create", by, at))
