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
    worked_at = (
        select(func.array_agg(ClinicianCentre.centre_id))
        .where(ClinicianCentre.clinician_id == Clinician.id)
        .scalar_subquery()
    )
    looked_after = (
        select(func.array_agg(Care.patient_id))
        .where(Care.carer_id == Patient.id, Care.paused_at.is_(None))
        .scalar_subquery()
    )
    is_approved = Clinician.approved_at.is_not(None)
    parts = (
        select(func.jsonb_build_array(Clinician.id, is_approved, worked_at)).where(
            Clinician.account_id == account_id, Clinician.deleted_at.is_(None)
        ),
        select(func.jsonb_build_array(Patient.id, Patient.resource_id, looked_after)).where(
            Patient.account_id == account_id, Patient.deleted_at.is_(None)
        ),
    )
    own = (part.correlate_except(Clinician, Patient).scalar_subquery() for part in parts)
    return func.jsonb_build_array(*own, type_=JSONB)


NO_RECORD = (None, None, None)
# Built once: it is asked on every request of a program.
OWN_RECORDS = select(own_records_of(bindparam("account_id", type_=BigInteger)))


def actor_for(session: Session, account: Account, *, extra: frozenset[Permission] = frozenset()) -> Actor:
    """The account as somebody who acts, with the ids of its own records.

    One query at most; none for other staff, and where whoever asked for the account asked for these beside it.
    """
    role = account.role_name
    as_clinician = as_patient = None
    centre_ids = frozenset([account.centre_id] if account.centre_id and role.is_bound_to_centre else [])
    if role in {Role.CLINICIAN, Role.PATIENT}:
        own = account.own_records or session.execute(OWN_RECORDS, {"account_id": account.id}).scalar_one()
        as_clinician, as_patient = own
    clinician_id, is_approved, worked_at = as_clinician or NO_RECORD
    patient_id, patient_resource_id, looked_after = as_patient or NO_RECORD
    return Actor(
        account_id=account.id,
        role=role,
        full_name=f"{account.title} {account.full_name}".strip(),
        is_super_admin=account.is_super_admin,
        centre_ids=frozenset(worked_at or centre_ids),
        clinician_id=clinician_id,
        patient_id=patient_id,
        patient_resource_id=patient_resource_id,
        cares_for=frozenset(looked_after or ()),
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
