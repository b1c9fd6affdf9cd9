"""Signing in by the admins' door, with a code: by the API."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Role
from portal.people.own_records import open_own_record
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.v1.conftest import Mailed
from tests.conftest import NOW
from tests.factories import PASSWORD, an_account

PHONE = "+447700900777"
REFUSED = (401, "INVALID_CREDENTIALS")


def with_code(visitor: Program, mailed: Mailed, audience: str, **more: Any) -> dict[str, Any]:
    """A body to sign in with, and the code that was sent for it."""
    data_of(visitor.post("/auth/otp", {"phone": PHONE, "audience": audience, "fullName": "Noor Haddad"}))
    return {"phone": PHONE, "otp": mailed(PHONE)[-1].code, "audience": audience, **more}


def test_it_opens_to_a_code_of_who_runs_the_practice(
    session: Session, visitor: Program, mailed: Mailed
) -> None:
    ada = an_account(session, phone=PHONE)
    got = data_of(visitor.post("/auth/login", with_code(visitor, mailed, "STAFF", portal="admin")))
    assert got["user"]["id"] == ada.id


def test_it_stays_shut_to_a_clinicians_code_as_to_the_password(
    session: Session, visitor: Program, mailed: Mailed
) -> None:
    an_account(session, Role.CLINICIAN, phone=PHONE)
    by_code = visitor.post("/auth/login", with_code(visitor, mailed, "STAFF", portal="admin"))
    by_password = visitor.post("/auth/login", {"phone": PHONE, "password": PASSWORD, "portal": "admin"})
    assert refusal_of(by_code) == refusal_of(by_password) == REFUSED


def test_nobody_signs_up_there(session: Session, visitor: Program, mailed: Mailed) -> None:
    body = with_code(visitor, mailed, "PATIENT")
    assert refusal_of(visitor.post("/auth/login", {**body, "portal": "admin"})) == REFUSED
    assert session.scalar(select(func.count()).select_from(Account)) == 0
    assert data_of(visitor.post("/auth/login", body))["isNewUser"] is True, "the code is still good"


def test_a_clinician_with_an_own_record_may_use_the_patients_door_too(
    session: Session, visitor: Program, mailed: Mailed
) -> None:
    bo = an_account(session, Role.CLINICIAN, phone=PHONE)
    open_own_record(session, bo, at=NOW)
    session.flush()
    got = data_of(visitor.post("/auth/login", with_code(visitor, mailed, "PATIENT")))
    assert (got["user"]["roleName"], got["isNewUser"]) == ("PATIENT", True)


@pytest.mark.parametrize("phone", ["12", "+44 7700", "nobody", "+" + "9" * 39])
@pytest.mark.parametrize("path", ["/auth/otp", "/auth/login"])
def test_what_is_no_phone_is_told(visitor: Program, path: str, phone: str) -> None:
    body = {"phone": phone} if path == "/auth/otp" else {"phone": phone, "otp": "123456"}
    assert list(details_of(visitor.post(path, body))) == ["phone"]
