"""Clinicians who signed up by themselves: the practice approves them, or not, and may change its mind."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.core.errors import Invalid, PortalError, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.events import ClinicianChanged, ClinicianDecided
from portal.people.models import Clinician, ClinicianApproval


class ClinicianState(StrEnum):
    """How far a clinician is on the way to being bookable."""

    REGISTERED = "REGISTERED"
    EMAIL_VERIFIED = "EMAIL_VERIFIED"
    ADMIN_APPROVED = "ADMIN_APPROVED"
    PROFILE_COMPLETE = "PROFILE_COMPLETE"


class EmailFirst(PortalError):
    message = _("This clinician has yet to confirm the email address.")


def state_of(clinician: Clinician, *, has_hours: bool) -> ClinicianState:
    """Derived from three facts: the address, the approval, the profile with its hours.

    Whom the practice made has no address to confirm.
    """
    if clinician.approved_at is None:
        is_waiting = clinician.account.has_to_confirm_email
        return ClinicianState.REGISTERED if is_waiting else ClinicianState.EMAIL_VERIFIED
    is_complete = has_hours and not missing_of(clinician)
    return ClinicianState.PROFILE_COMPLETE if is_complete else ClinicianState.ADMIN_APPROVED


def missing_of(clinician: Clinician) -> list[str]:
    """Which parts of the profile are still empty, by name."""
    facts = {
        "bio": clinician.bio,
        "specialization": clinician.specialization,
        "consultation_fee": clinician.consultation_fee_minor,
    }
    return [name for name, value in facts.items() if not value]


def decide_approval(
    session: Session, clinician: Clinician, *, is_approved: bool, reason: str, by: Actor, at: datetime
) -> ClinicianApproval:
    """Approve a clinician, or not; each decision is kept, and the clinician is told.

    Taken back, an approval hides them from the public; what is booked stays. Raises Invalid for a refusal without a
    reason, EmailFirst for an approval before the address is confirmed.
    """
    if not is_approved and not reason.strip():
        raise Invalid(details={"reason": _("Say why, so that they can be told.")})
    if is_approved and clinician.account.has_to_confirm_email:
        raise EmailFirst
    clinician.approved_at = at if is_approved else None
    clinician.approved_by_id = by.account_id if is_approved else None
    decision = ClinicianApproval(
        clinician_id=clinician.id,
        is_approved=is_approved,
        reason=reason.strip(),
        decided_by_id=by.account_id,
        decided_at=at,
    )
    session.add(decision)
    session.flush()
    action = "clinician.approve" if is_approved else "clinician.reject"
    publish(session, ClinicianChanged(clinician.id, action, by, at))
    publish(session, ClinicianDecided(clinician.id, is_approved, decision.reason, at))
    return decision


def approvals_of(session: Session, clinician_id: int) -> Sequence[ClinicianApproval]:
    """The decisions about a clinician, the last one first."""
    found = select(ClinicianApproval).where(ClinicianApproval.clinician_id == clinician_id)
    return session.scalars(
        found.options(selectinload(ClinicianApproval.decided_by)).order_by(ClinicianApproval.id.desc())
    ).all()


def waiting_for_approval(session: Session) -> Sequence[Clinician]:
    """Who signed up and has yet to be approved, in order of coming; those who were rejected too."""
    waiting = select(Clinician).where(Clinician.approved_at.is_(None), Clinician.deleted_at.is_(None))
    return session.scalars(waiting.order_by(Clinician.created_at, Clinician.id)).all()


def rejected_among(session: Session, clinician_ids: Collection[int]) -> set[int]:
    """Which of these, none of them approved, have been decided about."""
    decided = select(ClinicianApproval.clinician_id).where(ClinicianApproval.clinician_id.in_(clinician_ids))
    return set(session.scalars(decided))
