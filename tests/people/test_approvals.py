"""Clinicians who signed up: approved or not, and how far they are."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.sign_up import sign_up
from portal.appointments.models import Status
from portal.audit.models import AuditEntry
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Gate, Role
from portal.notifications.models import Delivery
from portal.people.acting import actor_for
from portal.people.approvals import (
    ClinicianState,
    EmailFirst,
    approvals_of,
    decide_approval,
    rejected_among,
    state_of,
    waiting_for_approval,
)
from portal.people.models import Clinician
from portal.people.queries import get_listed
from tests.cast import Cast
from tests.factories import PASSWORD, an_appointment

Made = Callable[..., Clinician]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def nina(session: Session, frozen: datetime) -> Clinician:
    """Signed up by herself."""
    sign_up(
        session,
        role=Role.CLINICIAN,
        full_name="Nina Roy",
        email="nina@example.org",
        password=PASSWORD,
        currency="GBP",
        time_zone="Europe/London",
        verify_link=str,
        at=frozen,
    )
    return session.scalars(select(Clinician)).one()


def told(session: Session) -> Delivery:
    session.flush()
    return session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()  # type: ignore[return-value]


def approve(session: Session, clinician: Clinician, cast: Cast, at: datetime) -> None:
    decide_approval(session, clinician, is_approved=True, reason="", by=cast.ada, at=at)


def reject(session: Session, clinician: Clinician, cast: Cast, at: datetime) -> None:
    decide_approval(session, clinician, is_approved=False, reason=" No licence. ", by=cast.ada, at=at)


def test_the_state_follows_from_address_approval_and_profile(
    session: Session, frozen: datetime, nina: Clinician, cast: Cast
) -> None:
    def state(*, has_hours: bool = True) -> ClinicianState:
        return state_of(nina, has_hours=has_hours)

    nina.bio, nina.specialization, nina.consultation_fee_minor = "I listen.", ["Sleep"], 5000
    assert state() is ClinicianState.REGISTERED
    nina.account.email_verified_at = frozen
    assert state() is ClinicianState.EMAIL_VERIFIED
    approve(session, nina, cast, frozen)
    assert state(has_hours=False) is ClinicianState.ADMIN_APPROVED
    assert state() is ClinicianState.PROFILE_COMPLETE


@pytest.mark.parametrize("missing", ["bio", "specialization", "consultation_fee_minor"])
def test_whoever_signed_up_is_listed_with_a_whole_profile_only(
    session: Session, frozen: datetime, nina: Clinician, cast: Cast, missing: str
) -> None:
    nina.account.email_verified_at = frozen
    approve(session, nina, cast, frozen)
    whole = {"bio": "I listen.", "specialization": ["Sleep"], "consultation_fee_minor": 5000}
    empty = {"bio": "", "specialization": [], "consultation_fee_minor": 0}
    for facts in (whole, {missing: empty[missing]}):
        for name, value in facts.items():
            setattr(nina, name, value)
        session.flush()
        if facts is whole:
            assert get_listed(session, nina.slug) is nina
    with pytest.raises(NotFound):
        get_listed(session, nina.slug)


def test_whom_the_practice_made_is_listed_as_they_are(session: Session, frozen: datetime, cast: Cast) -> None:
    assert cast.clinician.bio == ""
    assert get_listed(session, cast.clinician.slug) is cast.clinician


def test_nobody_is_approved_before_the_address_is_confirmed(
    session: Session, frozen: datetime, nina: Clinician, cast: Cast
) -> None:
    with pytest.raises(EmailFirst):
        approve(session, nina, cast, frozen)
    assert (nina.approved_at, approvals_of(session, nina.id)) == (None, [])


def test_an_approval_is_kept_told_and_recorded(
    session: Session, frozen: datetime, nina: Clinician, cast: Cast
) -> None:
    nina.account.email_verified_at = frozen
    approve(session, nina, cast, frozen)
    assert (nina.approved_at, nina.approved_by_id) == (frozen, cast.ada.account_id)
    assert actor_for(session, nina.account).waits_for is None
    assert (told(session).kind, told(session).recipient) == ("clinician-approved", "nina@example.org")
    assert "Complete your profile: http://127.0.0.1:8000/account/waiting" in told(session).text
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()[-1] == "clinician.approve"


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_refusal_needs_a_reason(
    session: Session, frozen: datetime, nina: Clinician, cast: Cast, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        decide_approval(session, nina, is_approved=False, reason=reason, by=cast.ada, at=frozen)
    assert "reason" in refused.value.details
    assert approvals_of(session, nina.id) == []


def test_a_refusal_is_told_with_its_reason_and_can_be_taken_back(
    session: Session, frozen: datetime, nina: Clinician, cast: Cast
) -> None:
    reject(session, nina, cast, frozen)
    assert "No licence." in told(session).text
    assert waiting_for_approval(session) == [nina]
    assert rejected_among(session, [nina.id]) == {nina.id}
    nina.account.email_verified_at = frozen
    approve(session, nina, cast, frozen + timedelta(days=1))
    assert [(one.is_approved, one.reason) for one in approvals_of(session, nina.id)] == [
        (True, ""),
        (False, "No licence."),
    ]
    assert waiting_for_approval(session) == []


def test_an_approval_taken_back_hides_a_clinician_and_leaves_the_appointments(
    session: Session, frozen: datetime, cast: Cast
) -> None:
    visit = an_appointment(session, clinician=cast.clinician)
    reject(session, cast.clinician, cast, frozen)
    session.flush()
    with pytest.raises(NotFound):
        get_listed(session, cast.clinician.slug)
    assert visit.status == Status.CONFIRMED
    approve(session, cast.clinician, cast, frozen)
    session.flush()
    assert get_listed(session, cast.clinician.slug) is cast.clinician


def test_whom_the_practice_made_is_never_asked_to_confirm_an_address(
    session: Session, frozen: datetime, cast: Cast
) -> None:
    reject(session, cast.clinician, cast, frozen)
    session.flush()
    assert actor_for(session, cast.clinician.account).waits_for is Gate.APPROVAL
    assert state_of(cast.clinician, has_hours=True) is ClinicianState.EMAIL_VERIFIED
