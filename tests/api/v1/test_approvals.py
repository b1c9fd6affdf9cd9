"""Approving clinicians, or not: by the API."""

import pytest
from sqlalchemy.orm import Session

from portal.people.approvals import approvals_of
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import NAMES, Cast
from tests.conftest import NOW

REJECTED = {"action": "reject", "reason": "Complaints."}


@pytest.fixture
def path(cast: Cast) -> str:
    return f"/clinicians/{cast.clinician.id}/approvals"


@pytest.fixture
def ada(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.ada)


def test_both_decisions_answer_who_and_when(cast: Cast, path: str, ada: Program) -> None:
    rejected, approved = ada.post(path, REJECTED), ada.post(path, {"action": "Approve"})
    assert data_of(rejected) == {
        "clinicianId": cast.clinician.id,
        "isApprovedByAdmin": False,
        "approvedAt": None,
        "approvedBy": None,
    }
    assert data_of(approved) == {
        "clinicianId": cast.clinician.id,
        "isApprovedByAdmin": True,
        "approvedAt": NOW.isoformat().replace("+00:00", "Z"),
        "approvedBy": cast.ada.account_id,
    }


def test_the_slug_means_the_same_clinician(cast: Cast, ada: Program) -> None:
    answer = ada.post(f"/clinicians/{cast.clinician.slug}/approvals", REJECTED)
    assert data_of(answer)["clinicianId"] == cast.clinician.id


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ada"])
def test_only_admins_decide(session: Session, cast: Cast, path: str, program: ProgramOf, name: str) -> None:
    assert refusal_of(program(getattr(cast, name)).post(path, REJECTED)) == (403, "FORBIDDEN")
    assert approvals_of(session, cast.clinician.id) == []


def test_a_visitor_is_asked_to_sign_in(path: str, visitor: Program) -> None:
    assert refusal_of(visitor.post(path, REJECTED)) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("number", ["0", "99999999", str(2**63), "nobody-1"])
def test_somebody_who_is_not_there_is_not_found(ada: Program, number: str) -> None:
    assert refusal_of(ada.post(f"/clinicians/{number}/approvals", REJECTED)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "reject"}, "reason"),
        ({"action": "reject", "reason": "  "}, "reason"),
        ({"action": "approve", "reason": None}, "reason"),
        ({"action": "approve", "reason": "x" * 201}, "reason"),
        ({"action": "maybe"}, "action"),
        ({"action": None}, "action"),
        ({}, "action"),
        ({"action": "approve", "approvedBy": 1}, "approvedBy"),
    ],
)
def test_what_cannot_be_is_told_by_field(
    path: str, ada: Program, body: dict[str, object], field: str
) -> None:
    assert list(details_of(ada.post(path, body))) == [field]


def test_the_same_key_decides_once(session: Session, cast: Cast, path: str, ada: Program) -> None:
    first, again = (ada.post(path, REJECTED, key="once") for _ in range(2))
    assert first.data == again.data
    assert len(approvals_of(session, cast.clinician.id)) == 1


def test_a_clinician_whose_approval_was_taken_back_waits_for_the_practice_alone(
    cast: Cast, path: str, ada: Program, program: ProgramOf
) -> None:
    ada.post(path, REJECTED)
    bo = program(cast.bo)
    assert refusal_of(bo.get("/patients")) == (403, "ADMIN_APPROVAL_REQUIRED")
    may = data_of(bo.get("/auth/me"))["permissions"]
    assert (may["needsEmailVerification"], may["needsAdminApproval"]) == (False, True)
