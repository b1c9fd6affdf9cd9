"""The private address for calendar programs, where its owner makes and ends it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from tests.factories import an_account
from tests.web.helpers import signed_in

PAGE = "/account/calendar"


@pytest.fixture
def browser(app: Flask, session: Session) -> FlaskClient:
    return signed_in(app, an_account(session, Role.CLINICIAN))


def address_in(text: str) -> str:
    """The path of the address that the page shows."""
    found = re.search(r'value="http://[^/]+(/calendar/[\w-]{43}\.ics)"', text)
    assert found
    return found[1]


def test_the_address_is_shown_once_and_then_never_again(browser: FlaskClient, client: FlaskClient) -> None:
    assert "Make my address" in browser.get(PAGE).text
    made = browser.post(PAGE)
    address = address_in(made.text)
    assert f"webcal://127.0.0.1:8000{address}" in made.text
    assert "Subscribe from web" in made.text
    later = browser.get(PAGE).text
    assert address not in later
    assert "No calendar has read it yet" in later
    assert client.get(address).status_code == 200
    assert "A calendar last read it on Monday 2 March, 09:00" in browser.get(PAGE).text


def test_a_new_address_is_made_after_saying_what_it_means(browser: FlaskClient, client: FlaskClient) -> None:
    old = address_in(browser.post(PAGE).text)
    assert "ends at once" in browser.get(f"{PAGE}/renewal").text
    assert client.get(old).status_code == 200, "asking changes nothing"
    new = address_in(browser.post(PAGE).text)
    assert [client.get(address).status_code for address in (old, new)] == [404, 200]


def test_it_ends_when_its_owner_says_so(browser: FlaskClient, client: FlaskClient) -> None:
    address = address_in(browser.post(PAGE).text)
    assert "get nothing more" in browser.get(f"{PAGE}/end").text
    assert client.get(address).status_code == 200
    assert browser.post(f"{PAGE}/end").location == PAGE
    assert client.get(address).status_code == 404
    assert "Make my address" in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/end").status_code == 303, "none is no error"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN, Role.FRONT_DESK, Role.ADMIN])
def test_those_who_have_visits_of_their_own_find_it_in_their_account(
    app: Flask, session: Session, role: Role
) -> None:
    browser = signed_in(app, an_account(session, role))
    has_visits = role in {Role.PATIENT, Role.CLINICIAN}
    assert (f'href="{PAGE}"' in browser.get("/account/devices").text) is has_visits
    assert browser.get(PAGE).status_code == (200 if has_visits else 403)
