"""Guessing at passwords that are to be changed, and coming back after too many tries: by the API."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Role
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.factories import PASSWORD, a_patient, account_of, an_account

NEW = "Other-horse-8"
LIMITED = (429, "RATE_LIMIT_EXCEEDED")
TokenTo = Callable[[str], str]


@pytest.fixture
def fay(session: Session) -> Account:
    return an_account(
        session, Role.FRONT_DESK, username="fay", email="fay@example.org", phone="+447700900111"
    )


def change(program: Program, current: str, new: str = NEW) -> tuple[int, str]:
    answer = program.post("/auth/change-password", {"currentPassword": current, "newPassword": new})
    return refusal_of(answer) if answer.status_code != 200 else (200, "")


def test_whoever_holds_a_token_does_not_guess_the_password_with_it(fay: Account, program: ProgramOf) -> None:
    mine = program(fay)
    assert {change(mine, f"Guess-number-{number}") for number in range(5)} == {(400, "VALIDATION_ERROR")}
    assert change(mine, PASSWORD) == LIMITED


def test_a_new_password_that_is_too_weak_is_no_wrong_try(fay: Account, program: ProgramOf) -> None:
    mine = program(fay)
    for _ in range(6):
        assert change(mine, PASSWORD, "weak") == (400, "VALIDATION_ERROR")
    assert change(mine, PASSWORD) == (200, "")


def test_a_patient_who_came_by_code_sets_a_first_one(session: Session, program: ProgramOf) -> None:
    ana = program(account_of(session, a_patient(session)))
    assert ana.post("/auth/change-password", {"newPassword": NEW}).status_code == 200
    assert "currentPassword" in details_of(ana.post("/auth/change-password", {"newPassword": PASSWORD}))


def test_it_takes_somebody_signed_in(visitor: Program) -> None:
    assert change(visitor, PASSWORD) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "name", [{"username": "fay"}, {"email": "fay@example.org"}, {"phone": "07700 900111"}]
)
def test_a_new_password_is_not_made_to_wait_for_the_wrong_tries_before_it(
    fay: Account, visitor: Program, token_to: TokenTo, name: dict[str, str]
) -> None:
    for _ in range(5):
        visitor.post("/auth/login", {**name, "password": "forgotten"})
    assert refusal_of(visitor.post("/auth/login", {**name, "password": PASSWORD})) == LIMITED
    visitor.post("/auth/forgot-password", {"email": "fay@example.org"})
    data_of(visitor.post("/auth/reset-password", {"token": token_to("fay@example.org"), "password": NEW}))
    assert data_of(visitor.post("/auth/login", {**name, "password": NEW}))["user"]["id"] == fay.id


def test_nobody_is_flooded_with_mails_from_many_addresses(visitor: Program) -> None:
    body = {"fullName": "Nina Roy", "email": "nina@example.org", "password": PASSWORD}
    answers = [
        visitor.send(
            "POST", "/auth/signup", json=body, environ_base={"REMOTE_ADDR": f"198.51.100.{number}"}
        ).status_code
        for number in range(12)
    ]
    assert answers == [201] * 10 + [429] * 2


@pytest.mark.parametrize("path", ["/auth/forgot-password", "/auth/verify-email/resend"])
@pytest.mark.parametrize("email", ["nobody", "a@b", "@example.org", "   ", None, 7])
def test_what_is_no_address_is_told(visitor: Program, path: str, email: object) -> None:
    assert list(details_of(visitor.post(path, {"email": email}))) == ["email"]


@pytest.mark.parametrize("token", ["", "x", "x" * 201, "ü" * 40, None])
@pytest.mark.parametrize("path", ["/auth/verify-email", "/auth/reset-password"])
def test_what_is_no_token_is_refused(visitor: Program, path: str, token: str | None) -> None:
    body = {"token": token} | ({"password": NEW} if path == "/auth/reset-password" else {})
    assert refusal_of(visitor.post(path, body)) in {(400, "INVALID_TOKEN"), (400, "VALIDATION_ERROR")}
