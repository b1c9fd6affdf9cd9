"""Where somebody is signed in, and how that ends."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Device
from portal.accounts.tokens import sign_in_program
from portal.core.permissions import Role
from tests.conftest import NOW
from tests.factories import an_account
from tests.web.helpers import counted, signed_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def account(session: Session) -> Account:
    return an_account(session, Role.FRONT_DESK)


@pytest.fixture
def here(app: Flask, account: Account) -> FlaskClient:
    return signed_in(app, account)


@pytest.fixture
def there(app: Flask, here: FlaskClient, account: Account) -> FlaskClient:
    return signed_in(app, account)


def devices(session: Session, account: Account) -> list[Device]:
    found = select(Device).where(Device.account_id == account.id).order_by(Device.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def test_every_device_is_listed_in_plain_words(
    session: Session, account: Account, here: FlaskClient, there: FlaskClient
) -> None:
    other = devices(session, account)[1]
    session.execute(update(Device).where(Device.id == other.id).values(description=FIREFOX))
    sign_in_program(session, account, description="clinic-sync/2.1 (nightly)", secret="x", at=NOW)
    session.flush()
    with counted() as queries:
        page = here.get("/account/devices").text
    assert len(queries) <= 4
    assert "Firefox on Windows" in page
    assert "clinic-sync" in page
    assert "program" in page
    assert page.count("This device") == 1
    assert page.index("This device") < page.index("Firefox on Windows"), "this one stands first"


def test_one_can_be_signed_out_from_another(
    session: Session, account: Account, here: FlaskClient, there: FlaskClient
) -> None:
    other = devices(session, account)[1]
    assert here.post(f"/account/devices/{other.id}/sign-out").location == "/account/devices"
    assert there.get("/desk/day").status_code == 303
    assert here.get("/account/devices").status_code == 200


def test_signing_out_this_one_is_signing_out(session: Session, account: Account, here: FlaskClient) -> None:
    own = devices(session, account)[0]
    assert here.post(f"/account/devices/{own.id}/sign-out").location == "/"
    assert here.get("/account/devices").status_code == 303


def test_all_others_can_be_signed_out_at_once(
    app: Flask, session: Session, account: Account, here: FlaskClient, there: FlaskClient
) -> None:
    sign_in_program(session, account, description="bot", secret="x", at=NOW)
    stranger = signed_in(app, an_account(session, Role.FRONT_DESK))
    session.flush()
    assert here.post("/account/devices/others/sign-out").status_code == 303
    assert there.get("/desk/day").status_code == 303
    assert here.get("/account/devices").text.count("Signed in since") == 1
    assert stranger.get("/account/devices").status_code == 200


def test_nobody_ends_the_device_of_somebody_else(app: Flask, session: Session, here: FlaskClient) -> None:
    other = an_account(session, Role.FRONT_DESK)
    theirs = signed_in(app, other)
    device = devices(session, other)[0]
    assert here.post(f"/account/devices/{device.id}/sign-out").status_code == 404
    assert here.post(f"/account/devices/{10**17}/sign-out").status_code == 404
    assert theirs.get("/account/devices").status_code == 200
    assert f"/devices/{device.id}/" not in here.get("/account/devices").text


@pytest.mark.parametrize("role", list(Role))
def test_every_role_finds_the_page_in_its_menu(app: Flask, session: Session, role: Role) -> None:
    browser = signed_in(app, an_account(session, role))
    shown = browser.get("/account/devices")
    assert shown.status_code == 200
    assert 'href="/account/devices" aria-current="page"' in shown.text
    assert browser.get("/account/password").status_code == 200


def test_visitors_have_no_such_page(client: FlaskClient, session: Session) -> None:
    assert client.get("/account/devices").location.startswith("/sign-in")
