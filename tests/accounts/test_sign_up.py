"""Signing up with an email address: who gets the address, and what nobody may learn."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal import bootstrap
from portal.accounts import passwords
from portal.accounts.errors import LinkExpired, LinkInvalid
from portal.accounts.links import forget_old_links
from portal.accounts.models import Account, Device, EmailLink
from portal.accounts.recovery import request_reset
from portal.accounts.sign_up import resend_verification, sign_up, verify_email
from portal.accounts.tokens import sign_in_program
from portal.appointments.models import Status
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid, PortalError
from portal.core.permissions import Gate, Role
from portal.notifications.models import Delivery
from portal.people.acting import actor_for
from portal.people.models import Clinician, Patient
from portal.settings import Settings
from tests.factories import PASSWORD, an_account, an_appointment

EMAIL = "nina@example.org"
Links = list[str]


@pytest.fixture
def links() -> Links:
    """The tokens of all links that were mailed."""
    return []


@pytest.fixture
def come(session: Session, frozen: datetime, links: Links) -> Callable[..., Account]:
    """Sign up; the account that has the address afterwards."""

    def act(email: str = EMAIL, **changes: object) -> Account:
        facts: dict[str, object] = {"role": Role.PATIENT, "full_name": "Nina Roy", "password": PASSWORD}
        sign_up(
            session,
            email=email,
            currency="GBP",
            time_zone="Europe/London",
            verify_link=noted(links),
            at=frozen,
            **{**facts, **changes},  # type: ignore[arg-type]
        )
        session.flush()
        return session.scalars(select(Account).where(Account.email == email.lower())).one()

    return act


Come = Callable[..., Account]


def noted(links: Links) -> Callable[[str], str]:
    """A maker of links that keeps the tokens."""

    def link(token: str) -> str:
        links.append(token)
        return token

    return link


def mails(session: Session) -> list[str]:
    return list(session.scalars(select(Delivery.kind).order_by(Delivery.id)))


def test_a_patient_gets_a_record_and_waits_for_the_address(session: Session, come: Come) -> None:
    account = come(full_name="Dr. Nina Anne Roy", email="Nina@Example.org", username="Nina.R")
    patient = session.scalars(select(Patient).where(Patient.account_id == account.id)).one()
    assert (account.title, account.full_name, account.username) == ("Dr", "Nina Anne Roy", "nina.r")
    assert (patient.full_name, patient.email, patient.phone) == ("Nina Anne Roy", EMAIL, None)
    assert (account.email_verified_at, actor_for(session, account).waits_for) == (None, Gate.EMAIL)


def test_a_clinician_waits_for_the_address_then_for_the_practice(
    session: Session, frozen: datetime, come: Come, links: Links
) -> None:
    account = come(role=Role.CLINICIAN)
    clinician = session.scalars(select(Clinician).where(Clinician.account_id == account.id)).one()
    assert (clinician.slug, clinician.currency, clinician.time_zone) == ("nina-roy-1", "GBP", "Europe/London")
    assert (clinician.approved_at, list(clinician.centres)) == (None, [])
    assert actor_for(session, account).waits_for is Gate.EMAIL
    assert verify_email(session, links[-1], at=frozen) is account
    assert actor_for(session, account).waits_for is Gate.APPROVAL


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PATIENT, Role.CLINICIAN}])
def test_nobody_signs_up_to_run_the_practice(come: Come, role: Role) -> None:
    with pytest.raises(Invalid) as refused:
        come(role=role)
    assert "role" in refused.value.details


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("full_name", "R2D2"),
        ("full_name", "N"),
        ("full_name", " "),
        ("email", "nobody"),
        ("email", "  "),
        ("password", "weak"),
        ("username", "a b"),
        ("plan", "gold"),
    ],
)
def test_what_cannot_be_is_told_by_field(
    session: Session, come: Come, links: Links, field: str, value: str
) -> None:
    with pytest.raises(Invalid) as refused:
        come(**{field: value})
    assert list(refused.value.details) == [field]
    assert links == []


def test_a_username_that_is_taken_is_told_whether_the_address_is_known_or_not(
    session: Session, frozen: datetime, come: Come
) -> None:
    an_account(session, username="nina", email="known@example.org")
    session.commit()
    for email in ("known@example.org", "unknown@example.org"):
        with pytest.raises(Duplicate) as refused:
            in_transaction(session, partial(come, email=email, username="nina"))
        assert "username" in refused.value.details


def test_an_address_that_staff_gave_somebody_is_theirs(session: Session, come: Come, links: Links) -> None:
    fay = an_account(session, Role.FRONT_DESK, email=EMAIL)
    before = (fay.full_name, fay.password_hash)
    assert come(full_name="Mallory", password="Other-horse-8") is fay
    assert (fay.full_name, fay.password_hash) == before
    assert (mails(session), links) == (["already-registered"], [])
    assert session.scalar(select(func.count()).select_from(Patient)) == 0


def test_an_address_that_was_confirmed_is_its_owners(
    session: Session, frozen: datetime, come: Come, links: Links
) -> None:
    owner = come()
    verify_email(session, links[-1], at=frozen)
    assert come(full_name="Mallory", password="Other-horse-8") is owner
    assert owner.full_name == "Nina Roy"
    assert mails(session) == ["verify-email", "already-registered"]


class TestNobodyHasConfirmed:
    def test_the_newest_sign_up_gets_the_address_and_ends_the_older(
        self, session: Session, frozen: datetime, come: Come, links: Links
    ) -> None:
        older = come(full_name="Mallory", password="Other-horse-8", username="nina", role=Role.CLINICIAN)
        sign_in_program(session, older, description="", secret="x" * 32, at=frozen)
        newer = come(username="nina")
        session.refresh(older)
        assert newer is not older
        assert (newer.full_name, newer.username) == ("Nina Roy", "nina")
        assert passwords.verify(newer.password_hash, PASSWORD)
        assert (older.email, older.password_hash, older.is_active) == (None, None, False)
        assert session.scalars(select(Device.ended_at).where(Device.account_id == older.id)).all() == [frozen]
        with pytest.raises(LinkInvalid):
            verify_email(session, links[0], at=frozen)
        assert verify_email(session, links[1], at=frozen) is newer

    def test_a_clinician_who_made_way_is_no_longer_there(self, session: Session, come: Come) -> None:
        older = come(role=Role.CLINICIAN)
        come()
        clinician = session.scalars(select(Clinician).where(Clinician.account_id == older.id)).one()
        session.refresh(clinician)
        assert clinician.deleted_at is not None

    def test_a_patient_for_whom_the_desk_has_booked_stays_with_the_practice(
        self, session: Session, come: Come
    ) -> None:
        older = come()
        patient = session.scalars(select(Patient).where(Patient.account_id == older.id)).one()
        visit = an_appointment(session, patient=patient, by=actor_for(session, an_account(session)))
        come()
        session.refresh(patient)
        assert (patient.account_id, patient.deleted_at) == (None, None)
        assert visit.status == Status.CONFIRMED

    def test_who_has_proved_a_phone_meanwhile_goes_on_without_the_address(
        self, session: Session, frozen: datetime, come: Come, links: Links
    ) -> None:
        """Else whoever signed up first could sign in by phone to what the owner of the address takes over."""
        squatter = come(full_name="Mallory")
        squatter.phone, squatter.phone_verified_at = "+447700900666", frozen
        session.flush()
        request_reset(session, email=EMAIL, reset_link=str, at=frozen)
        assert "password-reset" not in mails(session)
        owner = come()
        session.refresh(squatter)
        assert owner is not squatter
        assert (squatter.email, squatter.is_active, squatter.phone) == (None, True, "+447700900666")
        with pytest.raises(LinkInvalid):
            verify_email(session, links[0], at=frozen)


class TestLink:
    def test_is_good_for_a_day(self, session: Session, frozen: datetime, come: Come, links: Links) -> None:
        account = come()
        with pytest.raises(LinkExpired) as late:
            verify_email(session, links[0], at=frozen + timedelta(hours=24))
        assert (late.value.code, late.value.status) == ("TOKEN_EXPIRED", 400)
        verify_email(session, links[0], at=frozen + timedelta(hours=23, minutes=59))
        assert account.email_verified_at is not None

    def test_to_an_address_that_is_theirs_no_longer_confirms_nothing(
        self, session: Session, frozen: datetime, come: Come, links: Links
    ) -> None:
        account = come()
        account.email = "nina.roy@example.org"
        session.flush()
        with pytest.raises(LinkInvalid) as refused:
            verify_email(session, links[0], at=frozen)
        assert (refused.value.code, refused.value.status) == ("INVALID_TOKEN", 400)
        assert account.email_verified_at is None

    def test_is_sent_again_to_who_waits_and_ends_the_older(
        self, session: Session, frozen: datetime, come: Come, links: Links
    ) -> None:
        account = come()
        resend_verification(session, email="NINA@example.org", verify_link=noted(links), at=frozen)
        with pytest.raises(LinkInvalid):
            verify_email(session, links[0], at=frozen)
        assert verify_email(session, links[1], at=frozen) is account

    def test_is_not_sent_again_to_who_waits_for_nothing(
        self, session: Session, frozen: datetime, come: Come, links: Links
    ) -> None:
        come()
        verify_email(session, links[0], at=frozen)
        an_account(session, email="staff@example.org")
        before = mails(session)
        for email in (EMAIL, "staff@example.org", "unknown@example.org"):
            resend_verification(session, email=email, verify_link=str, at=frozen)
        assert mails(session) == before

    def test_is_not_sent_to_no_address(self, session: Session, frozen: datetime) -> None:
        an_account(session, email=None)
        with pytest.raises(Invalid):
            resend_verification(session, email=" ", verify_link=str, at=frozen)

    def test_is_forgotten_a_day_after_its_end(self, session: Session, frozen: datetime, come: Come) -> None:
        come()
        forget_old_links(session, at=frozen + timedelta(hours=47))
        assert session.scalar(select(func.count()).select_from(EmailLink)) == 1
        forget_old_links(session, at=frozen + timedelta(hours=49))
        assert session.scalar(select(func.count()).select_from(EmailLink)) == 0


@pytest.mark.parametrize("is_known", [True, False])
def test_of_ten_at_once_none_learns_whether_the_address_is_known(
    committed: Engine, frozen: datetime, is_known: bool
) -> None:
    bootstrap.wire(Settings())
    if is_known:
        with Session(committed) as session:
            an_account(session, email=EMAIL)
            session.commit()
    start = threading.Barrier(10)
    refusals: list[PortalError] = []

    def act() -> None:
        with Session(committed, expire_on_commit=False) as session:
            session.connection()
            start.wait()
            try:
                in_transaction(session, lambda: _sign_up(session, frozen))
            except PortalError as refusal:
                refusals.append(refusal)

    threads = [threading.Thread(target=act) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refusals == []
    with Session(committed) as session:
        assert session.scalar(select(func.count()).where(Account.email == EMAIL)) == 1
        assert session.scalar(select(func.count()).select_from(Delivery)) == 10


def _sign_up(session: Session, at: datetime) -> None:
    sign_up(
        session,
        role=Role.PATIENT,
        full_name="Nina Roy",
        email=EMAIL,
        password=PASSWORD,
        currency="GBP",
        time_zone="Europe/London",
        verify_link=str,
        at=at,
    )
