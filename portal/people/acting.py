"""An account as somebody who acts: its own records, and what it still waits for."""

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Actor, Gate, Permission, Role
from portal.people.care_models import Care
from portal.people.models import Clinician, ClinicianCentre, Patient

# Built once: it is asked on every request of a patient or clinician.
_ACCOUNT = bindparam("account_id", type_=BigInteger)
_OWN_PATIENT = (Patient.account_id == _ACCOUNT) & Patient.deleted_at.is_(None)
OWN_RECORDS = select(
    select(Clinician.id)
    .where(Clinician.account_id == _ACCOUNT, Clinician.deleted_at.is_(None))
    .scalar_subquery(),
    select(Patient.id).where(_OWN_PATIENT).scalar_subquery(),
    select(Patient.resource_id).where(_OWN_PATIENT).scalar_subquery(),
    select(Clinician.approved_at)
    .where(Clinician.account_id == _ACCOUNT, Clinician.deleted_at.is_(None))
    .scalar_subquery(),
    select(func.array_agg(ClinicianCentre.centre_id))
    .join(Clinician, Clinician.id == ClinicianCentre.clinician_id)
    .where(Clinician.account_id == _ACCOUNT)
    .scalar_subquery(),
    select(func.array_agg(Care.patient_id))
    .join(Patient, Patient.id == Care.carer_id)
    .where(_OWN_PATIENT, Care.paused_at.is_(None))
    .scalar_subquery(),
)


def actor_for(session: Session, account: Account, *, extra: frozenset[Permission] = frozenset()) -> Actor:
    """The account as somebody who acts, with the ids of its own records: one query at most, none for other staff."""
    role = account.role_name
    clinician_id = patient_id = patient_resource_id = approved_at = None
    cares_for: frozenset[int] = frozenset()
    centre_ids = frozenset([account.centre_id] if account.centre_id and role.is_bound_to_centre else [])
    if role in {Role.CLINICIAN, Role.PATIENT}:
        own = session.execute(OWN_RECORDS, {"account_id": account.id}).one()
        clinician_id, patient_id, patient_resource_id, approved_at, worked_at, looked_after = own
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
        waits_for=_gate(account, is_approved=approved_at is not None),
    )


def _gate(account: Account, *, is_approved: bool) -> Gate | None:
    """What somebody who signed up by themself still waits for; others were let in by staff, or by their phone."""
    if account.role_name is Role.CLINICIAN and not is_approved:
        return Gate.EMAIL if account.has_to_confirm_email else Gate.APPROVAL
    if account.role_name is Role.PATIENT and account.has_to_confirm_email and not account.phone_verified_at:
        return Gate.EMAIL
    return None
