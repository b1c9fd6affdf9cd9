"""Where one is signed in, browsers and programs: by the API."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Role
from tests.api.client import Program, data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.factories import an_account
from tests.web.helpers import signed_in


@pytest.fixture
def fay(session: Session) -> Account:
    return an_account(session, Role.FRONT_DESK)


def test_a_browser_is_listed_and_is_out_with_its_next_click(
    app: Flask, fay: Account, program: ProgramOf
) -> None:
    browser, here = signed_in(app, fay), program(fay)
    assert browser.get("/account/devices").status_code == 200
    listed = {one["kind"]: one for one in data_of(here.get("/auth/devices"))}
    assert (listed["BROWSER"]["description"], listed["BROWSER"]["isCurrent"]) == ("a test", False)
    assert listed["API"]["isCurrent"] is True
    assert here.delete(f"/auth/devices/{listed['BROWSER']['id']}").status_code == 200
    assert browser.get("/account/devices").status_code in {302, 303, 401}


def test_nothing_that_proves_a_sign_in_is_told(fay: Account, program: ProgramOf) -> None:
    fields = {"id", "kind", "description", "createdAt", "lastSeenAt", "isCurrent"}
    assert {*data_of(program(fay).get("/auth/devices"))[0]} == fields


def test_ending_one_twice_is_no_error(fay: Account, program: ProgramOf) -> None:
    here, other = program(fay), program(fay)
    other_id = next(one["id"] for one in data_of(here.get("/auth/devices")) if not one["isCurrent"])
    assert [here.delete(f"/auth/devices/{other_id}").status_code for _ in range(2)] == [200, 200]
    assert other.get("/auth/me").status_code == 401


@pytest.mark.parametrize("number", [0, 2**63, 10**40])
def test_one_that_never_was_is_not_there(fay: Account, program: ProgramOf, number: int) -> None:
    assert refusal_of(program(fay).delete(f"/auth/devices/{number}")) == (404, "NOT_FOUND")


def test_they_take_somebody_signed_in(visitor: Program) -> None:
    answers = (
        visitor.get("/auth/devices"),
        visitor.delete("/auth/devices"),
        visitor.delete("/auth/devices/1"),
    )
    assert {refusal_of(answer) for answer in answers} == {(401, "UNAUTHORIZED")}
