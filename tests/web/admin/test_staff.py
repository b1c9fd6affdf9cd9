"""Colleagues: who sees whom, who makes whom, and what cannot be done to oneself."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.centres.models import Centre
from portal.core.permissions import Role
from tests.factories import PASSWORD, an_account
from tests.web.helpers import HTMX, counted, errors_in, signed_in


def facts(centre: Centre | None = None, role: Role = Role.FRONT_DESK, **changes: str) -> dict[str, Any]:
    return {
        "role": str(role),
        "centre_id": str(centre.id) if centre else "",
        "full_name": "Nell Newcome",
        "phone": "07700 900777",
        "email": "nell@example.org",
        "username": "nell",
        "password": PASSWORD,
        **changes,
    }


def nell(session: Session) -> Account | None:
    return session.scalar(select(Account).where(Account.username == "nell"))


def test_a_manager_adds_somebody_to_the_front_desk(
    manager: FlaskClient, session: Session, riverside: Centre
) -> None:
    response = manager.post("/admin/staff/new", data=facts(riverside))
    made = nell(session)
    assert made is not None
    assert response.location == f"/admin/staff/{made.id}"
    assert (made.role, made.centre_id, made.phone) == ("FRONT_DESK", riverside.id, "+447700900777")


def test_a_manager_makes_nobody_else(manager: FlaskClient, session: Session, riverside: Centre) -> None:
    assert "Care coordinator" not in manager.get("/admin/staff/new").text
    response = manager.post("/admin/staff/new", data=facts(riverside, Role.CARE_COORDINATOR))
    assert response.status_code == 422
    assert nell(session) is None


def test_administrators_are_made_and_seen_by_a_super_admin_only(
    admin: FlaskClient, root: FlaskClient, session: Session
) -> None:
    assert admin.post("/admin/staff/new", data=facts(role=Role.ADMIN)).status_code == 422
    assert nell(session) is None
    assert root.post("/admin/staff/new", data=facts(role=Role.ADMIN)).status_code == 303
    made = nell(session)
    assert made is not None
    assert "Nell Newcome" in root.get("/admin/staff?role=ADMIN").text
    assert "Nell Newcome" not in admin.get("/admin/staff").text
    for page in ("", "/edit", "/deletion"):
        assert admin.get(f"/admin/staff/{made.id}{page}").status_code == 404


def test_a_centre_manager_manages_no_accounts(centre_manager: FlaskClient) -> None:
    for path in ("/admin/staff", "/admin/staff/new", "/admin/permissions"):
        assert centre_manager.get(path).status_code == 403


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role": ""}, "Choose a role"),
        ({"full_name": ""}, "Enter the full name"),
        ({"full_name": "N3ll"}, "A name can have letters"),
        ({"centre_id": ""}, "Choose the centre where this person works"),
        ({"phone": "123"}, "phone number"),
        ({"email": "nell"}, "Enter an email address"),
        ({"username": "a b"}, "Use 3 to 32 letters"),
        ({"password": ""}, "Enter a password"),
        ({"password": "short"}, "Use 8 to 256 characters"),
        ({"phone": "07700 900901"}, "A colleague already signs in with this phone number"),
        ({"email": "TAKEN@example.org"}, "Somebody already signs in with this email address"),
        ({"username": "taken"}, "This username is taken"),
        ({"phone": "", "email": "", "username": ""}, "Give a phone number"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(
    admin: FlaskClient, session: Session, riverside: Centre, change: dict[str, str], message: str
) -> None:
    an_account(session, phone="+447700900901", email="taken@example.org", username="taken")
    response = admin.post("/admin/staff/new", data={**facts(riverside), **change})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert PASSWORD not in response.text
    assert nell(session) is None


def test_an_admin_corrects_a_colleague_and_changes_the_role(
    admin: FlaskClient, manager: FlaskClient, session: Session, riverside: Centre
) -> None:
    account = an_account(session, Role.FRONT_DESK, centre=riverside, username="nell")
    path = f"/admin/staff/{account.id}/edit"
    assert manager.post(path, data=facts(riverside)).status_code == 403
    assert admin.post(path, data=facts(riverside, full_name="")).status_code == 422
    assert admin.post(path, data=facts(riverside, Role.CARE_COORDINATOR)).status_code == 303
    session.refresh(account)
    assert (account.role, account.full_name) == ("CARE_COORDINATOR", "Nell Newcome")


def test_switched_off_means_signed_out_at_once(
    app: Flask, manager: FlaskClient, session: Session, riverside: Centre
) -> None:
    account = an_account(session, Role.FRONT_DESK, centre=riverside)
    theirs = signed_in(app, account)
    assert theirs.get("/desk/day").status_code == 200
    path = f"/admin/staff/{account.id}/activation"
    for _again in range(2):
        assert manager.post(path, data={"is_active": "no"}).status_code == 303
    assert theirs.get("/desk/day").status_code == 303
    assert manager.post(path, data={"is_active": "yes"}).status_code == 303
    session.refresh(account)
    assert account.is_active


def test_nobody_switches_off_or_deletes_themselves(app: Flask, session: Session) -> None:
    account = an_account(session, is_super_admin=True)
    own = signed_in(app, account)
    page = own.get(f"/admin/staff/{account.id}").text
    assert "Switch off" not in page
    assert own.post(f"/admin/staff/{account.id}/activation", data={"is_active": "no"}).status_code == 409
    assert own.post(f"/admin/staff/{account.id}/deletion").status_code == 409
    session.refresh(account)
    assert account.is_active
    assert account.deleted_at is None


def test_a_deleted_colleague_is_gone_and_the_email_is_free_again(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    account = an_account(session, Role.FRONT_DESK, centre=riverside, email="nell@example.org")
    assert admin.get(f"/admin/staff/{account.id}/deletion").status_code == 200
    assert admin.post(f"/admin/staff/{account.id}/deletion").status_code == 303
    assert admin.get(f"/admin/staff/{account.id}").status_code == 404
    assert admin.post("/admin/staff/new", data=facts(riverside)).status_code == 303


def test_the_list_is_narrowed_and_paged(
    admin: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    for number in range(25):
        an_account(session, Role.FRONT_DESK, centre=riverside, full_name=f"Desk {chr(65 + number)}")
    an_account(session, Role.CENTRE_MANAGER, centre=harbour, full_name="Hal Harbour")
    only = admin.get(f"/admin/staff?centre_id={harbour.id}").text
    assert "Hal Harbour" in only
    assert "Desk A" not in only
    assert "Desk A" not in admin.get("/admin/staff?role=CENTRE_MANAGER").text
    assert "Desk Y" in admin.get("/admin/staff?role=FRONT_DESK&page=2").text
    assert admin.get("/admin/staff?page=0").status_code == 404
    whole, piece = (admin.get("/admin/staff?search=hal", headers=headers) for headers in ({}, HTMX))
    assert piece.text.strip() in whole.text
    with counted() as queries:
        admin.get("/admin/staff")
    assert len(queries) <= 8
