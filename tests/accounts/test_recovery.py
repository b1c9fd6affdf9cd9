"""Passwords that were forgotten, or are to be others."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.commands import delete_staff, set_staff_active, sign_in_device
from portal.accounts.errors import LinkExpired, LinkInvalid
from portal.accounts.models import Account, Device, EmailLink
from portal.accounts.recovery import change_password, request_reset, reset_password
from portal.audit.models import AuditEntry
from portal.core.errors import Invalid
from portal.core.permissions import SYSTEM, Actor
from portal.notifications.models import Delivery
from tests.accounts.conftest import PASSWORD

NEW = "Other-horse-8"
Hire = Callable[..., Account]
Acting = Callable[[Account], Actor]


@pytest.fixture
def fay(hire: Hire) -> Account:
    return hire(email="fay@example.org")


@pytest.fixture
def ask(session: Session, frozen: datetime) -> Callable[[str], str]:
    """Ask for a link; its token, or nothing where none was mailed."""

    def act(email: str) -> str:
        session.execute(delete(Delivery))
        request_reset(session, email=email, reset_link="https://portal.example.org/{}/".format, at=frozen)
        text = session.scalar(select(Delivery.text)) or ""
        return text.partition(".org/")[2].partition("/")[0]

    return act


Ask = Callable[[str], str]


def live(session: Session, account: Account) -> list[int]:
    found = (
        select(Device.id)
        .where(Device.account_id == account.id, Device.ended_at.is_(None))
        .order_by(Device.id)
    )
    return list(session.scalars(found))


def test_the_link_gives_a_new_password_and_ends_all_sign_ins(
    session: Session, frozen: datetime, fay: Account, ask: Ask
) -> None:
    sign_in_device(session, fay, description="", at=frozen)
    assert reset_password(session, ask("FAY@example.org"), password=NEW, at=frozen) is fay
    assert passwords.verify(fay.password_hash, NEW)
    assert not passwords.verify(fay.password_hash, PASSWORD)
    assert live(session, fay) == []
    assert fay.email_verified_at == frozen


def test_the_link_is_good_once_and_for_an_hour(
    session: Session, frozen: datetime, fay: Account, ask: Ask
) -> None:
    token = ask("fay@example.org")
    with pytest.raises(LinkExpired):
        reset_password(session, token, password=NEW, at=frozen + timedelta(hours=1))
    with pytest.raises(Invalid):
        reset_password(session, token, password="weak", at=frozen)
    reset_password(session, token, password=NEW, at=frozen + timedelta(minutes=59))
    with pytest.raises(LinkInvalid):
        reset_password(session, token, password="Third-horse-9", at=frozen)
    assert passwords.verify(fay.password_hash, NEW)


def test_only_the_newest_link_is_good(session: Session, frozen: datetime, fay: Account, ask: Ask) -> None:
    older, newer = ask("fay@example.org"), ask("fay@example.org")
    with pytest.raises(LinkInvalid):
        reset_password(session, older, password=NEW, at=frozen)
    assert reset_password(session, newer, password=NEW, at=frozen) is fay


def test_a_link_to_an_address_that_was_corrected_since_opens_nothing(
    session: Session, frozen: datetime, fay: Account, ask: Ask
) -> None:
    token = ask("fay@example.org")
    fay.email = "fay.marsh@example.org"
    session.flush()
    with pytest.raises(LinkInvalid):
        reset_password(session, token, password=NEW, at=frozen)
    assert passwords.verify(fay.password_hash, PASSWORD)


def test_whoever_may_not_sign_in_gets_no_link(
    session: Session, frozen: datetime, hire: Hire, ask: Ask
) -> None:
    off, gone = hire(email="off@example.org"), hire(email="gone@example.org")
    set_staff_active(session, off, by=SYSTEM, is_active=False, at=frozen)
    delete_staff(session, gone, by=SYSTEM, at=frozen)
    session.flush()
    assert [ask(f"{name}@example.org") for name in ("off", "gone", "nobody")] == ["", "", ""]
    assert session.scalars(select(EmailLink)).all() == []


def test_a_link_is_good_for_nothing_once_its_account_is_switched_off(
    session: Session, frozen: datetime, fay: Account, ask: Ask
) -> None:
    token = ask("fay@example.org")
    set_staff_active(session, fay, by=SYSTEM, is_active=False, at=frozen)
    with pytest.raises(LinkInvalid):
        reset_password(session, token, password=NEW, at=frozen)


@pytest.mark.parametrize("email", ["", "  ", "nobody"])
def test_what_is_no_address_is_told(session: Session, frozen: datetime, hire: Hire, email: str) -> None:
    hire(email=None)
    with pytest.raises(Invalid) as refused:
        request_reset(session, email=email, reset_link=str, at=frozen)
    assert "email" in refused.value.details
    assert session.scalars(select(Delivery)).all() == []


def test_changing_it_ends_the_other_sign_ins_and_the_links(
    session: Session, frozen: datetime, fay: Account, acting: Acting, ask: Ask
) -> None:
    for _ in range(2):
        sign_in_device(session, fay, description="", at=frozen)
    session.flush()
    kept, _other = live(session, fay)
    token = ask("fay@example.org")
    change_password(session, fay, current=PASSWORD, new=NEW, by=acting(fay), keep_device_id=kept, at=frozen)
    session.flush()
    assert live(session, fay) == [kept]
    with pytest.raises(LinkInvalid):
        reset_password(session, token, password="Third-horse-9", at=frozen)
    assert (
        session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()[-1]
        == "staff.change-own-password"
    )


def test_changing_it_needs_the_present_one(
    session: Session, frozen: datetime, fay: Account, acting: Acting
) -> None:
    with pytest.raises(Invalid) as refused:
        change_password(session, fay, current="x", new=NEW, by=acting(fay), keep_device_id=None, at=frozen)
    assert list(refused.value.details) == ["current_password"]
    assert passwords.verify(fay.password_hash, PASSWORD)


def test_who_came_by_code_only_sets_a_first_one(
    session: Session, frozen: datetime, hire: Hire, acting: Acting
) -> None:
    account = hire(password=None)
    change_password(session, account, current="", new=NEW, by=acting(account), keep_device_id=None, at=frozen)
    assert passwords.verify(account.password_hash, NEW)
