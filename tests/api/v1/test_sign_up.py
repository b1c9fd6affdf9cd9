"""Signing up by email, confirming, forgotten passwords, and approval: by the API."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.models import Account
from portal.core import clock
from portal.people.models import Clinician
from portal.scheduling.commands import replace_hours
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.conftest import Mailed
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import PASSWORD, an_account, week
from tests.web.helpers import counted

NEW, OTHER = "new@example.org", "Other-horse-8"
BODY = {"fullName": "Dr. Nina Roy", "email": NEW, "password": PASSWORD}
TokenTo = Callable[[str], str]


def sign_up(visitor: Program, **more: Any) -> None:
    assert visitor.post("/auth/signup", {**BODY, **more}).status_code == 201


def sign_in(app: Flask, email: str = NEW, password: str = PASSWORD) -> Program:
    program = Program(app)
    got = data_of(program.post("/auth/login", {"email": email, "password": password}))
    program.headers["Authorization"] = f"Bearer {got['accessToken']}"
    return program


class TestPatient:
    def test_signs_up_confirms_and_is_in(self, app: Flask, visitor: Program, token_to: TokenTo) -> None:
        sign_up(visitor)
        program = sign_in(app)
        me = data_of(program.get("/auth/me"))
        assert me["user"]["fullName"] == "Dr Nina Roy"
        assert (me["permissions"]["canLogin"], me["permissions"]["canAccessDashboard"]) == (True, False)
        assert refusal_of(program.get("/appointments")) == (403, "EMAIL_NOT_VERIFIED")
        assert visitor.post("/auth/verify-email", {"token": token_to(NEW)}).status_code == 200
        assert program.get("/appointments").status_code == 200

    def test_is_told_by_field_what_cannot_be(self, visitor: Program) -> None:
        cases = {"fullName": "N1na", "email": "nobody", "password": "weak"}
        for field, wrong in cases.items():
            assert field in details_of(visitor.post("/auth/signup", {**BODY, field: wrong}))

    def test_is_never_made_a_colleague(self, visitor: Program) -> None:
        answer = visitor.post("/auth/signup", {**BODY, "role": "ADMIN"})
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")

    def test_is_told_that_a_username_is_taken(self, session: Session, visitor: Program) -> None:
        an_account(session, username="nina")
        session.flush()
        answer = visitor.post("/auth/signup", {**BODY, "username": "nina"})
        assert refusal_of(answer) == (409, "DUPLICATE_ENTRY")
        assert "username" in details_of(answer)

    def test_may_say_the_name_in_parts(self, app: Flask, visitor: Program) -> None:
        body = {"firstName": "Nina", "lastName": "Roy", "email": NEW, "password": PASSWORD}
        assert visitor.post("/auth/signup", body).status_code == 201
        assert data_of(sign_in(app).get("/auth/me"))["user"]["lastName"] == "Roy"


class TestNobodyLearnsWhoHasAnAccount:
    @pytest.fixture
    def known(self, session: Session) -> str:
        an_account(session, email="known@example.org")
        session.flush()
        return "known@example.org"

    def work(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> tuple[bytes, list[str], int]:
        """What is answered, which statements run, and how often a password is hashed."""
        hashed = 0
        hash_password = passwords.hash_password

        def counting(password: str) -> str:
            nonlocal hashed
            hashed += 1
            return hash_password(password)

        monkeypatch.setattr(passwords, "hash_password", counting)
        with counted() as statements:
            answer = act()
        return answer.data, [statement.split()[0] for statement in statements], hashed

    @pytest.mark.parametrize("role", ["PATIENT", "CLINICIAN"])
    def test_by_signing_up(
        self, known: str, visitor: Program, monkeypatch: pytest.MonkeyPatch, role: str
    ) -> None:
        unknown = "xnown@example.org"
        first, second = (
            self.work(
                monkeypatch,
                partial(visitor.post, "/auth/signup", {**BODY, "email": email, "role": role}),
            )
            for email in (known, unknown)
        )
        assert first[0].replace(known.encode(), unknown.encode()) == second[0]
        assert first[1] == second[1]
        assert first[2] == second[2] == 1

    @pytest.mark.parametrize("path", ["/auth/forgot-password", "/auth/verify-email/resend"])
    def test_by_asking_for_a_link(
        self, known: str, visitor: Program, mailed: Mailed, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        sign_up(visitor)  # waits to be confirmed
        before = {email: len(mailed(email)) for email in (NEW, known)}
        waiting, unknown = (
            self.work(monkeypatch, partial(visitor.post, path, {"email": email}))
            for email in (NEW, "nobody@example.org")
        )
        assert waiting == unknown
        assert len(mailed(NEW)) == before[NEW] + 1
        assert mailed("nobody@example.org") == []

    def test_but_the_owner_of_the_address_is_told(
        self, session: Session, known: str, visitor: Program, mailed: Mailed
    ) -> None:
        sign_up(visitor, email=known)
        assert [message.kind for message in mailed(known)] == ["already-registered"]
        assert session.scalars(select(Account).where(Account.email == known)).one().signed_up_at is None


class TestASignUpThatNobodyConfirmed:
    def test_makes_way_for_a_newer_one_of_the_same_address(
        self, app: Flask, visitor: Program, token_to: TokenTo
    ) -> None:
        sign_up(visitor, fullName="Somebody Else", password=OTHER)
        squatter, old = sign_in(app, password=OTHER), token_to(NEW)
        sign_up(visitor)
        assert refusal_of(squatter.get("/auth/me")) == (401, "INVALID_TOKEN")
        assert refusal_of(visitor.post("/auth/verify-email", {"token": old})) == (400, "INVALID_TOKEN")
        assert visitor.post("/auth/verify-email", {"token": token_to(NEW)}).status_code == 200
        assert refusal_of(visitor.post("/auth/login", {"email": NEW, "password": OTHER})) == (
            401,
            "INVALID_CREDENTIALS",
        )
        assert data_of(sign_in(app).get("/auth/me"))["user"]["fullName"] == "Dr Nina Roy"


class TestLinks:
    def test_confirm_once(self, visitor: Program, token_to: TokenTo) -> None:
        sign_up(visitor)
        token = token_to(NEW)
        assert visitor.post("/auth/verify-email", {"token": token}).status_code == 200
        assert refusal_of(visitor.post("/auth/verify-email", {"token": token})) == (400, "INVALID_TOKEN")

    def test_run_out(self, visitor: Program, token_to: TokenTo) -> None:
        sign_up(visitor)
        with clock.travel_to(NOW + timedelta(hours=24)):
            late = visitor.post("/auth/verify-email", {"token": token_to(NEW)})
        assert refusal_of(late) == (400, "TOKEN_EXPIRED")

    def test_of_one_purpose_serve_no_other(self, visitor: Program, token_to: TokenTo) -> None:
        sign_up(visitor)
        body = {"token": token_to(NEW), "password": OTHER}
        assert refusal_of(visitor.post("/auth/reset-password", body)) == (400, "INVALID_TOKEN")

    def test_are_kept_as_hashes_only(self, session: Session, visitor: Program, token_to: TokenTo) -> None:
        from portal.accounts.models import EmailLink

        sign_up(visitor)
        assert session.scalars(select(EmailLink.token_hash)).one() != token_to(NEW)


class TestForgottenPassword:
    @pytest.fixture
    def fay(self, session: Session) -> Account:
        account = an_account(session, email="fay@example.org")
        session.flush()
        return account

    def reset(self, visitor: Program, token: str, password: str = OTHER) -> Any:
        return visitor.post("/auth/reset-password", {"token": token, "password": password})

    def test_is_replaced_and_ends_all_sign_ins(
        self, app: Flask, fay: Account, visitor: Program, program: ProgramOf, token_to: TokenTo
    ) -> None:
        before = program(fay)
        assert visitor.post("/auth/forgot-password", {"email": "FAY@example.org"}).status_code == 200
        assert self.reset(visitor, token_to("fay@example.org")).status_code == 200
        assert refusal_of(before.get("/auth/me")) == (401, "INVALID_TOKEN")
        assert sign_in(app, "fay@example.org", OTHER).get("/auth/me").status_code == 200

    def test_link_is_good_once_and_for_an_hour(
        self, fay: Account, visitor: Program, token_to: TokenTo
    ) -> None:
        visitor.post("/auth/forgot-password", {"email": "fay@example.org"})
        token = token_to("fay@example.org")
        with clock.travel_to(NOW + timedelta(hours=1)):
            assert refusal_of(self.reset(visitor, token)) == (400, "TOKEN_EXPIRED")
        assert "password" in details_of(self.reset(visitor, token, "weak"))
        assert self.reset(visitor, token).status_code == 200, "a weak password uses up no link"
        assert refusal_of(self.reset(visitor, token)) == (400, "INVALID_TOKEN")

    def test_newer_link_ends_the_older_one(self, fay: Account, visitor: Program, token_to: TokenTo) -> None:
        visitor.post("/auth/forgot-password", {"email": "fay@example.org"})
        older = token_to("fay@example.org")
        visitor.post("/auth/forgot-password", {"email": "fay@example.org"})
        assert refusal_of(self.reset(visitor, older)) == (400, "INVALID_TOKEN")

    def test_is_mailed_three_times_and_no_more(self, fay: Account, visitor: Program) -> None:
        answers = [visitor.post("/auth/forgot-password", {"email": "fay@example.org"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]

    def test_can_be_changed_by_who_knows_it(self, app: Flask, fay: Account, program: ProgramOf) -> None:
        mine, other = program(fay), program(fay)
        wrong = mine.post("/auth/change-password", {"currentPassword": "x", "newPassword": OTHER})
        assert "currentPassword" in details_of(wrong)
        weak = mine.post("/auth/change-password", {"currentPassword": PASSWORD, "newPassword": "weak"})
        assert "newPassword" in details_of(weak)
        done = mine.post("/auth/change-password", {"currentPassword": PASSWORD, "newPassword": OTHER})
        assert done.status_code == 200
        assert mine.get("/auth/me").status_code == 200, "this sign-in stays"
        assert other.get("/auth/me").status_code == 401
        assert sign_in(app, "fay@example.org", OTHER).get("/auth/me").status_code == 200


class TestClinician:
    @pytest.fixture
    def ada(self, cast: Cast, program: ProgramOf) -> Program:
        return program(cast.ada)

    def state(self, program: Program) -> str:
        return str(data_of(program.get("/auth/me"))["clinician"]["state"])

    def test_goes_through_every_state_until_patients_can_book(
        self,
        session: Session,
        visitor: Program,
        ada: Program,
        token_to: TokenTo,
    ) -> None:
        sign_up(visitor, role="clinician")
        nina = sign_in(visitor.app)
        assert self.state(nina) == "REGISTERED"
        assert refusal_of(nina.get("/patients")) == (403, "EMAIL_NOT_VERIFIED")
        clinician = session.scalars(
            select(Clinician).join(Clinician.account).where(Account.email == NEW)
        ).one()
        path = f"/clinicians/{clinician.id}"
        assert refusal_of(ada.post(f"{path}/approvals", {"action": "approve"})) == (409, "CONFLICT")

        visitor.post("/auth/verify-email", {"token": token_to(NEW)})
        assert self.state(nina) == "EMAIL_VERIFIED"
        assert refusal_of(nina.get("/patients")) == (403, "ADMIN_APPROVAL_REQUIRED")
        assert refusal_of(visitor.get(path)) == (404, "NOT_FOUND")

        decided = data_of(ada.post(f"{path}/approvals", {"action": "approve"}))
        session.refresh(clinician)
        assert (decided["isApprovedByAdmin"], decided["approvedBy"]) == (True, clinician.approved_by_id)
        assert self.state(nina) == "ADMIN_APPROVED"
        assert nina.get("/patients").status_code == 200
        assert refusal_of(visitor.get(path)) == (404, "NOT_FOUND"), "not before the profile is whole"

        profile = {"bio": "I listen.", "specialization": ["Sleep"], "consultationFee": 50}
        assert nina.patch("/clinicians/me", profile).status_code == 200
        replace_hours(session, clinician, week("Mon-Fri 9-17", None), at=NOW)
        session.flush()
        assert self.state(nina) == "PROFILE_COMPLETE"
        assert data_of(visitor.get(path))["slug"] == "nina-roy-1"

    def test_is_told_of_a_refusal_and_its_reason(
        self, session: Session, cast: Cast, visitor: Program, program: ProgramOf, mailed: Mailed
    ) -> None:
        sign_up(visitor, role="CLINICIAN")
        clinician = session.scalars(
            select(Clinician).join(Clinician.account).where(Account.email == NEW)
        ).one()
        ada, path = program(cast.ada), f"/clinicians/{clinician.id}/approvals"
        assert "reason" in details_of(ada.post(path, {"action": "reject"}))
        assert ada.post(path, {"action": "REJECT", "reason": "No licence."}).status_code == 201
        assert "No licence." in mailed(NEW)[-1].text

    def test_loses_the_approval_when_it_is_taken_back(
        self, cast: Cast, visitor: Program, program: ProgramOf
    ) -> None:
        path = f"/clinicians/{cast.clinician.id}"
        assert visitor.get(path).status_code == 200
        program(cast.ada).post(f"{path}/approvals", {"action": "reject", "reason": "Complaints."})
        assert visitor.get(path).status_code == 404
        program(cast.ada).post(f"{path}/approvals", {"action": "approve"})
        assert visitor.get(path).status_code == 200
