"""Whoever works here confirms the address that the practice has given them, and gets news by mail from then on."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.staff import edit_staff
from portal.core.permissions import SYSTEM, Role
from portal.notifications.news import mail_to
from tests.conftest import NOW
from tests.factories import an_account
from tests.web.helpers import signed_in
from tests.web.public.mail import link_in_mail, mails_to

ADDRESS = "fay@example.org"
PAGE, CONFIRMATION = "/account/mail", "/account/mail/confirmation"


@pytest.fixture
def fay(session: Session) -> Account:
    return an_account(session, Role.FRONT_DESK, email=ADDRESS)


@pytest.fixture
def browser(app: Flask, fay: Account) -> FlaskClient:
    return signed_in(app, fay)


def confirm(session: Session, browser: FlaskClient) -> None:
    browser.post(CONFIRMATION)
    browser.get(link_in_mail(session, ADDRESS, "verify-email"))
    browser.post("/verify-email")
    session.expire_all()


def test_a_colleague_confirms_the_address_that_the_practice_gave_them(
    session: Session, browser: FlaskClient, fay: Account
) -> None:
    assert f"Nobody has confirmed yet that {ADDRESS} is your address" in browser.get(PAGE).text
    assert mail_to(fay) == []
    confirm(session, browser)
    assert f"We write to {ADDRESS}." in browser.get(PAGE).text
    assert mail_to(fay) == [("EMAIL", ADDRESS)]
    browser.post(CONFIRMATION)
    assert len(mails_to(session, ADDRESS)) == 1


def test_another_address_has_to_be_confirmed_anew(
    session: Session, browser: FlaskClient, fay: Account
) -> None:
    confirm(session, browser)
    facts: dict[str, Any] = {"role": Role.FRONT_DESK, "full_name": "Fay", "phone": None, "at": NOW}
    facts |= {"username": fay.username, "centre_id": fay.centre_id}
    for email, told in ((ADDRESS, [("EMAIL", ADDRESS)]), ("fey@example.org", [])):
        edit_staff(session, fay, by=SYSTEM, email=email, **facts)
        assert mail_to(fay) == told


def test_who_has_no_address_is_told_whom_to_ask(app: Flask, session: Session) -> None:
    browser = signed_in(app, an_account(session, Role.FRONT_DESK, email=None))
    page = browser.get(PAGE).text
    assert "Your account has no email address" in page
    assert CONFIRMATION not in page
    assert browser.post(CONFIRMATION).status_code == 303
