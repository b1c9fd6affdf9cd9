"""Colleagues by the API."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.accounts.passwords import verify
from portal.core.permissions import Role
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import PASSWORD, a_clinician, an_account
from tests.web.helpers import signed_in

MO = {"fullName": "Dr. Mo Hale", "email": "Mo@Example.org", "password": PASSWORD}
Stops = Callable[[Program, int], TestResponse]


@pytest.fixture
def root(session: Session) -> Account:
    """A super administrator."""
    account = an_account(session, Role.ADMIN, full_name="Sue Root")
    account.is_super_admin = True
    session.flush()
    return account


def test_an_administrator_finds_colleagues_by_role_centre_or_name(cast: Cast, program: ProgramOf) -> None:
    everybody = [cast.fay, cast.cora, cast.mia, cast.max, cast.zack]
    ada = program(cast.ada)

    def found(**query: Any) -> set[int]:
        return {one["id"] for one in data_of(ada.get("/staff", **query))}

    assert found() == {cast.ada.account_id, *(one.account_id for one in everybody)}
    assert found(role="front_desk") == found(roleId=6) == {cast.fay.account_id, cast.zack.account_id}
    assert found(roleId=6, centreId=cast.york.id) == {cast.zack.account_id}
    assert found(roleId=3) == found(roleId=7) == found(search="nobody") == set()
    assert len(data_of(ada.get("/staff", limit=2, page=2))) == 2


def test_a_colleague_is_read(cast: Cast, program: ProgramOf, session: Session) -> None:
    desk = session.get_one(Account, cast.fay.account_id)
    assert data_of(program(cast.max).get(f"/staff/{desk.id}")) == {
        "id": desk.id,
        "fullName": "Fay Marsh",
        "phone": None,
        "email": desk.email,
        "username": desk.username,
        "roleId": 6,
        "roleName": "FRONT_DESK",
        "isSuperAdmin": False,
        "centreId": cast.leeds.id,
        "isActive": True,
        "createdAt": desk.created_at.isoformat().replace("+00:00", "Z"),
    }


def test_managers_see_those_below_them_and_administrators_only_by_a_super_admin(
    cast: Cast, program: ProgramOf, root: Account
) -> None:
    assert refusal_of(program(cast.max).get(f"/staff/{cast.ada.account_id}")) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.ada).get(f"/staff/{root.id}")) == (404, "NOT_FOUND")
    assert [one["id"] for one in data_of(program(cast.ada).get("/staff", role="ADMIN"))] == [
        cast.ada.account_id
    ]
    admins = data_of(program(root).get("/staff", role="ADMIN"))
    assert {one["id"] for one in admins} == {cast.ada.account_id, root.id}


def test_patients_and_clinicians_are_no_staff(session: Session, cast: Cast, program: ProgramOf) -> None:
    for who in (a_clinician(session).account_id, cast.ana.account_id, 0, 2**63, 10**30):
        assert refusal_of(program(cast.ada).get(f"/staff/{who}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["mia", "cora", "fay", "bo", "ana"])
def test_nobody_else_deals_with_staff(cast: Cast, program: ProgramOf, name: str) -> None:
    caller, zack = program(getattr(cast, name)), cast.zack.account_id
    answers = (
        caller.get("/staff"),
        caller.get(f"/staff/{zack}"),
        caller.post("/staff", {**MO, "role": "FRONT_DESK", "centreId": cast.leeds.id}),
        caller.patch(f"/staff/{zack}", {"isActive": False}),
        caller.delete(f"/staff/{zack}"),
    )
    assert {refusal_of(answer) for answer in answers} == {(403, "FORBIDDEN")}
    assert all("Fay" not in answer.text for answer in answers)


@pytest.mark.parametrize("role", [{"roleId": 6}, {"roleName": "front_desk"}, {"role": "FRONT_DESK"}])
def test_a_colleague_is_added_with_the_role_by_number_or_name(
    cast: Cast, program: ProgramOf, role: dict[str, Any]
) -> None:
    answer = program(cast.ada).post(
        "/staff", {**MO, **role, "phone": "07700 900100", "centreId": cast.leeds.id}
    )
    assert answer.status_code == 201
    made = data_of(answer)
    assert (made["fullName"], made["email"], made["phone"]) == (
        "Dr Mo Hale",
        "mo@example.org",
        "+447700900100",
    )
    assert (made["roleId"], made["roleName"], made["centreId"]) == (6, "FRONT_DESK", cast.leeds.id)
    assert "password" not in answer.text.lower()


@pytest.mark.parametrize(
    ("name", "role", "is_allowed"),
    [
        ("ada", Role.MANAGER, True),
        ("ada", Role.CENTRE_MANAGER, True),
        ("ada", Role.CARE_COORDINATOR, True),
        ("ada", Role.ADMIN, False),
        ("max", Role.FRONT_DESK, True),
        ("max", Role.CARE_COORDINATOR, False),
        ("max", Role.MANAGER, False),
        ("max", Role.ADMIN, False),
    ],
)
def test_who_adds_whom(cast: Cast, program: ProgramOf, name: str, role: Role, *, is_allowed: bool) -> None:
    body = {**MO, "roleId": role.number, "centreId": cast.leeds.id}
    answer = program(getattr(cast, name)).post("/staff", body)
    if is_allowed:
        assert data_of(answer)["roleName"] == role
    else:
        assert refusal_of(answer) == (403, "FORBIDDEN")


def test_only_a_super_admin_adds_administrators(program: ProgramOf, root: Account) -> None:
    made = data_of(program(root).post("/staff", {**MO, "role": "ADMIN"}))
    assert (made["roleName"], made["isSuperAdmin"]) == ("ADMIN", False)
    refused = program(root).post("/staff", {**MO, "role": "ADMIN", "isSuperAdmin": True})
    assert list(details_of(refused)) == ["isSuperAdmin"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": None}, "role"),
        ({"role": "PATIENT"}, "role"),
        ({"role": "CLINICIAN"}, "role"),
        ({"role": "KING"}, "role"),
        ({"roleId": 1}, "role"),
        ({"roleId": 0}, "roleId"),
        ({"roleId": 8}, "roleId"),
        ({"centreId": None}, "centreId"),
        ({"centreId": 2**62}, "centreId"),
        ({"centreId": 2**63}, "centreId"),
        ({"fullName": ""}, "fullName"),
        ({"fullName": None}, "fullName"),
        ({"fullName": "7"}, "fullName"),
        ({"email": "mo"}, "email"),
        ({"email": None}, "phone"),
        ({"phone": "1"}, "phone"),
        ({"username": "x"}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
    ],
)
def test_what_is_wrong_with_a_new_colleague_is_said_by_field(
    cast: Cast, program: ProgramOf, changes: dict[str, Any], field: str
) -> None:
    body = {**MO, "role": "FRONT_DESK", "centreId": cast.leeds.id, **changes}
    answer = program(cast.ada).post("/staff", body)
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == [field]


def test_a_centre_that_is_gone_takes_no_colleague(session: Session, cast: Cast, program: ProgramOf) -> None:
    ada = program(cast.ada)
    fay = cast.fay.account_id
    assert ada.delete(f"/centres/{cast.york.id}").status_code == 200
    moved = ada.patch(f"/staff/{fay}", {"centreId": cast.york.id})
    assert list(details_of(moved)) == ["centreId"]
    assert session.get_one(Account, fay).centre_id == cast.leeds.id


def test_what_somebody_else_signs_in_with_is_refused_by_field(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    session.get_one(Account, cast.fay.account_id).phone = "+447700900100"
    desk = session.get_one(Account, cast.fay.account_id)
    session.flush()
    for field, value in (("email", desk.email), ("username", desk.username), ("phone", desk.phone)):
        answer = program(cast.ada).post("/staff", {**MO, "role": "MANAGER", field: value})
        assert refusal_of(answer) == (409, "DUPLICATE_ENTRY")
        assert list(details_of(answer)) == [field]


def test_a_password_is_kept_as_it_was_typed(session: Session, cast: Cast, program: ProgramOf) -> None:
    made = data_of(program(cast.ada).post("/staff", {**MO, "role": "MANAGER", "password": f" {PASSWORD} "}))
    kept = session.get_one(Account, made["id"]).password_hash
    assert verify(kept, f" {PASSWORD} ")
    assert not verify(kept, PASSWORD)


def test_a_colleague_is_changed_in_part(cast: Cast, program: ProgramOf) -> None:
    ada = program(cast.ada)
    made = data_of(ada.post("/staff", {**MO, "role": "FRONT_DESK", "centreId": cast.leeds.id}))
    changed = data_of(ada.patch(f"/staff/{made['id']}", {"phone": "07700 900100", "centreId": cast.york.id}))
    assert changed == {**made, "phone": "+447700900100", "centreId": cast.york.id}
    promoted = data_of(ada.patch(f"/staff/{made['id']}", {"roleId": Role.MANAGER.number}))
    assert (promoted["roleName"], promoted["centreId"]) == ("MANAGER", None)


def test_a_manager_switches_those_below_and_corrects_nobody(cast: Cast, program: ProgramOf) -> None:
    max_, fay = program(cast.max), cast.fay.account_id
    for is_active in (False, False, True):
        assert data_of(max_.patch(f"/staff/{fay}", {"isActive": is_active}))["isActive"] is is_active
    both = max_.patch(f"/staff/{fay}", {"isActive": False, "fullName": "Faye Marsh"})
    assert refusal_of(both) == (403, "FORBIDDEN")
    shown = data_of(max_.get(f"/staff/{fay}"))
    assert (shown["isActive"], shown["fullName"]) == (True, "Fay Marsh")
    assert refusal_of(max_.patch(f"/staff/{cast.max.account_id}", {"isActive": False})) == (403, "FORBIDDEN")
    assert refusal_of(max_.delete(f"/staff/{fay}")) == (403, "FORBIDDEN")


def test_nothing_or_not_a_yes_or_no_is_no_switch(cast: Cast, program: ProgramOf) -> None:
    ada, fay = program(cast.ada), cast.fay.account_id
    for value in (None, "no", 0):
        assert list(details_of(ada.patch(f"/staff/{fay}", {"isActive": value}))) == ["isActive"]
    assert data_of(ada.patch(f"/staff/{fay}", {}))["isActive"] is True


@pytest.mark.usefixtures("root")  # Ada is not the last administrator
def test_administrators_do_not_change_their_own_role_nor_switch_or_delete_themselves(
    cast: Cast, program: ProgramOf
) -> None:
    ada, own = program(cast.ada), f"/staff/{cast.ada.account_id}"
    assert data_of(ada.patch(own, {"fullName": "Ada Reed"}))["fullName"] == "Ada Reed"
    answers = (ada.patch(own, {"role": "MANAGER"}), ada.patch(own, {"isActive": False}), ada.delete(own))
    assert {refusal_of(answer) for answer in answers} == {(409, "CONFLICT")}


def test_the_last_super_admin_stays(cast: Cast, program: ProgramOf, root: Account) -> None:
    top, ada = program(root), f"/staff/{cast.ada.account_id}"
    assert data_of(top.patch(ada, {"role": "MANAGER"}))["roleName"] == "MANAGER"
    assert refusal_of(top.delete(f"/staff/{root.id}")) == (409, "CONFLICT")
    assert top.get("/staff").status_code == 200


@pytest.mark.parametrize(
    "stop",
    [
        lambda ada, account_id: ada.patch(f"/staff/{account_id}", {"isActive": False}),
        lambda ada, account_id: ada.delete(f"/staff/{account_id}"),
    ],
    ids=["switched off", "deleted"],
)
def test_whoever_is_stopped_is_signed_out_everywhere_at_once(
    app: Flask, session: Session, cast: Cast, program: ProgramOf, stop: Stops
) -> None:
    desk = session.get_one(Account, cast.fay.account_id)
    token, browser = program(cast.fay), signed_in(app, desk)
    assert token.get("/patients").status_code == browser.get("/patients").status_code == 200
    assert stop(program(cast.ada), desk.id).status_code == 200
    assert refusal_of(token.get("/patients")) == (401, "INVALID_TOKEN")
    assert browser.get("/patients").status_code in {302, 303, 401}


def test_tokens_from_before_are_not_good_again_when_the_account_is_switched_on(
    cast: Cast, program: ProgramOf
) -> None:
    ada, fay = program(cast.ada), program(cast.fay)
    for is_active in (False, True):
        assert ada.patch(f"/staff/{cast.fay.account_id}", {"isActive": is_active}).status_code == 200
    assert refusal_of(fay.get("/patients")) == (401, "INVALID_TOKEN")
    assert program(cast.fay).get("/patients").status_code == 200


def test_a_deleted_colleague_is_gone_and_their_names_are_free(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    ada, fay = program(cast.ada), cast.fay.account_id
    email = session.get_one(Account, fay).email
    assert ada.delete(f"/staff/{fay}").get_json()["message"]
    assert refusal_of(ada.get(f"/staff/{fay}")) == (404, "NOT_FOUND")
    assert refusal_of(ada.delete(f"/staff/{fay}")) == (404, "NOT_FOUND")
    assert fay not in {one["id"] for one in data_of(ada.get("/staff"))}
    again = ada.post("/staff", {**MO, "email": email, "role": "MANAGER"})
    assert again.status_code == 201
