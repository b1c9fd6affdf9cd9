"""An account as somebody who acts: its own records, and what it still waits for."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.accounts.models import Account
from portal.core.permissions import Actor, Gate, Permission, Role
from portal.people.care_models import Care
from portal.people.models import Clinician, ClinicianCentre, Patient


def own_records_of(account_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[list[Any]]:
    """What `actor_for` asks of an account's own records, as part of another query that has its id."""
    as_clinician = (Clinician.account_id == account_id) & Clinician.deleted_at.is_(None)
    as_patient = (Patient.account_id == account_id) & Patient.deleted_at.is_(None)
    worked_at = select(func.array_agg(ClinicianCentre.centre_id)).join(
        Clinician, Clinician.id == ClinicianCentre.clinician_id
    )
    looked_after = select(func.array_agg(Care.patient_id)).join(Patient, Patient.id == Care.carer_id)
    parts = (
        select(Clinician.id).where(as_clinician),
        select(Patient.id).where(as_patient),
        select(Patient.resource_id).where(as_patient),
        select(Clinician.approved_at.is_not(None)).where(as_clinician),
        worked_at.where(Clinician.account_id == account_id),
        looked_after.where(as_patient, Care.paused_at.is_(None)),
    )
    own = (part.correlate_except(Clinician, Patient, ClinicianCentre, Care) for part in parts)
    return func.jsonb_build_array(*(part.scalar_subquery() for part in own), type_=JSONB)


# Built once: it is asked on every request of a program.
OWN_RECORDS = select(own_records_of(bindparam("account_id", type_=BigInteger)))


def actor_for(session: Session, account: Account, *, extra: frozenset[Permission] = frozenset()) -> Actor:
    """The account as somebody who acts, with the ids of its own records.

    One query at most; none for other staff, and where whoever asked for the account asked for these beside it.
    """
    role = account.role_name
    clinician_id = patient_id = patient_resource_id = is_approved = None
    cares_for: frozenset[int] = frozenset()
    centre_ids = frozenset([account.centre_id] if account.centre_id and role.is_bound_to_centre else [])
    if role in {Role.CLINICIAN, Role.PATIENT}:
        own = account.own_records or session.execute(OWN_RECORDS, {"account_id": account.id}).scalar_one()
        clinician_id, patient_id, patient_resource_id, is_approved, worked_at, looked_after = own
        centre_ids, cares_for = frozenset(worked_at or ()), frozenset(looked_after or ())
    return Actor(
        account_id=account.id,
        role=role,
        full_name=f"{account.title} {account.full_name}".strip(),
        is_super_admin=account.is_super_admin,
        centre_ids=centre_ids,
        clinician_id=clinician_id,
        patient_id=patient_id,
        patient_resource_id=patient_resource_id,
        cares_for=cares_for,
        extra=extra,
        waits_for=_gate(account, is_approved=bool(is_approved)),
    )


def _gate(account: Account, *, is_approved: bool) -> Gate | None:
    """What somebody who signed up by themself still waits for; others were let in by staff, or by their phone."""
    if account.role_name is Role.CLINICIAN and not is_approved:
        return Gate.EMAIL if account.has_to_confirm_email else Gate.APPROVAL
    if account.role_name is Role.PATIENT and account.has_to_confirm_email and not account.phone_verified_at:
        return Gate.EMAIL
    return None
