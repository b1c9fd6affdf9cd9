"""Signing in and out by the API, and what a token is good for."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.commands import set_staff_active
from portal.accounts.models import Account
from portal.accounts.tokens import AUDIENCE, _key
from portal.core import clock
from portal.core.permissions import SYSTEM, Role
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.conftest import Mailed
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import PASSWORD, a_centre, a_patient, account_of, an_account

NEW_PHONE = "+447700900777"


@pytest.fixture
def fay(session: Session) -> Account:
    """At the front desk, with a phone."""
    return an_account(
        session, Role.FRONT_DESK, username="fay", email="fay@example.org", phone="+447700900111"
    )


def bearing(app: Flask, token: str) -> Program:
    program = Program(app)
    program.headers["Authorization"] = f"Bearer {token}"
    return program


def code_to(visitor: Program, mailed: Mailed, phone: str, **more: str) -> str:
    data_of(visitor.post("/auth/otp", {"phone": phone, **more}))
    code = mailed(phone)[-1].code
    assert code
    return code


class TestPassword:
    @pytest.mark.parametrize(
        "name", [{"username": "fay"}, {"email": "FAY@example.org"}, {"phone": "07700 900111"}]
    )
    def test_opens_with_each_name_that_somebody_goes_by(
        self, fay: Account, visitor: Program, name: dict[str, str]
    ) -> None:
        got = data_of(visitor.post("/auth/login", {**name, "password": PASSWORD}))
        assert (got["user"]["id"], got["user"]["roleName"], got["user"]["roleId"]) == (
            fay.id,
            "FRONT_DESK",
            6,
        )
        assert got["expiresIn"] == 900
        assert got["isNewUser"] is False
        assert got["permissions"]["canAccessDashboard"] is True

    def test_is_refused_with_one_answer_for_all_that_may_be_wrong(
        self, session: Session, fay: Account, visitor: Program
    ) -> None:
        off = an_account(session, Role.FRONT_DESK, username="off")
        set_staff_active(session, off, by=SYSTEM, is_active=False, at=NOW)
        session.flush()
        tries = [
            {"username": "fay", "password": "Wrong-horse-7"},
            {"username": "nobody", "password": PASSWORD},
            {"username": "off", "password": PASSWORD},
            {"username": "fay", "password": PASSWORD, "portal": "admin"},
        ]
        answers = [visitor.post("/auth/login", body) for body in tries[:3]]
        assert {refusal_of(answer) for answer in answers} == {(401, "INVALID_CREDENTIALS")}
        assert len({answer.data for answer in answers}) == 1

    def test_of_somebody_who_runs_the_practice_alone_opens_the_admins_door(
        self, session: Session, visitor: Program
    ) -> None:
        an_account(session, username="ada")
        account_of(session, a_patient(session, phone=NEW_PHONE)).password_hash = an_account(
            session
        ).password_hash
        session.flush()
        admin = {"password": PASSWORD, "portal": "admin"}
        assert visitor.post("/auth/login", {"username": "ada", **admin}).status_code == 200
        assert refusal_of(visitor.post("/auth/login", {"phone": NEW_PHONE, **admin})) == (
            401,
            "INVALID_CREDENTIALS",
        )

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"username": "fay"},
            {"password": PASSWORD},
            {"username": "fay", "email": "fay@example.org", "password": PASSWORD},
            {"phone": NEW_PHONE, "password": PASSWORD, "otp": "123456"},
            {"username": "fay", "otp": "123456"},
        ],
    )
    def test_comes_with_exactly_one_name(self, visitor: Program, body: dict[str, str]) -> None:
        assert refusal_of(visitor.post("/auth/login", body)) == (400, "VALIDATION_ERROR")

    def test_tried_five_times_in_vain_is_not_tried_again_for_a_while(
        self, fay: Account, visitor: Program
    ) -> None:
        wrong = {"username": "fay", "password": "Wrong-horse-7"}
        assert {visitor.post("/auth/login", wrong).status_code for _ in range(5)} == {401}
        refused = visitor.post("/auth/login", {"username": "fay", "password": PASSWORD})
        assert refusal_of(refused) == (429, "RATE_LIMIT_EXCEEDED")
        assert int(refused.headers["Retry-After"]) > 0

    def test_a_clinic_of_fifty_people_behind_one_address_is_not_locked_out(
        self, session: Session, visitor: Program
    ) -> None:
        centre = a_centre(session)
        for number in range(49):
            an_account(session, Role.FRONT_DESK, centre=centre, username=f"desk{number}")
        session.flush()
        for number in range(24):  # each mistypes once, then signs in
            for password, status in (("Wrong-horse-7", 401), (PASSWORD, 200)):
                body = {"username": f"desk{number}", "password": password}
                assert visitor.post("/auth/login", body).status_code == status


class TestCode:
    def test_signs_a_new_patient_up(self, visitor: Program, mailed: Mailed) -> None:
        code = code_to(visitor, mailed, NEW_PHONE, fullName="Noor Haddad")
        assert mailed(NEW_PHONE)[-1].channel == "WHATSAPP"
        got = data_of(visitor.post("/auth/login", {"phone": NEW_PHONE, "otp": code}))
        assert (got["isNewUser"], got["user"]["fullName"], got["user"]["email"]) == (
            True,
            "Noor Haddad",
            None,
        )
        assert got["patient"]["id"]
        assert got["clinician"] is None

    def test_goes_to_staff_by_text_message(self, fay: Account, visitor: Program, mailed: Mailed) -> None:
        code = code_to(visitor, mailed, "+447700900111", audience="staff")
        assert mailed("+447700900111")[-1].channel == "SMS"
        got = data_of(
            visitor.post("/auth/login", {"phone": "+447700900111", "otp": code, "audience": "STAFF"})
        )
        assert got["user"]["id"] == fay.id

    def test_is_asked_for_with_one_answer_whoever_has_the_phone(
        self, fay: Account, visitor: Program, mailed: Mailed
    ) -> None:
        known, unknown = (
            visitor.post("/auth/otp", {"phone": phone, "audience": "STAFF"})
            for phone in ("+447700900111", "+447700900112")
        )
        assert known.data.replace(b"0111", b"0112") == unknown.data
        assert len(mailed("+447700900111")) == 1
        assert mailed("+447700900112") == []

    def test_wrong_five_times_is_locked_even_for_the_right_one(
        self, visitor: Program, mailed: Mailed
    ) -> None:
        code = code_to(visitor, mailed, NEW_PHONE)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for _ in range(5):
            assert refusal_of(visitor.post("/auth/login", {"phone": NEW_PHONE, "otp": wrong})) == (
                401,
                "INVALID_OTP",
            )
        assert refusal_of(visitor.post("/auth/login", {"phone": NEW_PHONE, "otp": code})) == (
            401,
            "INVALID_OTP",
        )

    def test_that_has_run_out_says_so(self, visitor: Program, mailed: Mailed) -> None:
        code = code_to(visitor, mailed, NEW_PHONE)
        with clock.travel_to(NOW + timedelta(minutes=5)):
            late = visitor.post("/auth/login", {"phone": NEW_PHONE, "otp": code})
        assert refusal_of(late) == (401, "OTP_EXPIRED")

    def test_is_not_guessed_from_a_thousand_addresses(self, visitor: Program, mailed: Mailed) -> None:
        """After twenty wrong ones the phone is refused, wherever the next one comes from."""
        code_to(visitor, mailed, NEW_PHONE)
        codes = [
            refusal_of(
                visitor.send(
                    "POST",
                    "/auth/login",
                    json={"phone": NEW_PHONE, "otp": f"{number:06}"},
                    environ_base={"REMOTE_ADDR": f"198.51.{number // 250}.{number % 250}"},
                )
            )[1]
            for number in range(1000)
        ]
        assert set(codes[:20]) == {"INVALID_OTP"}
        assert set(codes[20:]) == {"RATE_LIMIT_EXCEEDED"}


class TestAccessToken:
    def of(self, account: Account, visitor: Program) -> str:
        body = {"username": account.username, "password": PASSWORD}
        return str(data_of(visitor.post("/auth/login", body))["accessToken"])

    def test_is_good_for_a_quarter_of_an_hour(self, app: Flask, fay: Account, visitor: Program) -> None:
        token = self.of(fay, visitor)
        with clock.travel_to(NOW + timedelta(minutes=14, seconds=59)):
            assert bearing(app, token).get("/auth/me").status_code == 200
        with clock.travel_to(NOW + timedelta(minutes=15)):
            assert refusal_of(bearing(app, token).get("/auth/me")) == (401, "TOKEN_EXPIRED")

    def forged(self, token: str, **how: object) -> str:
        claims = jwt.decode(token, options={"verify_signature": False})
        return jwt.encode(claims, **{"key": "k" * 32, "algorithm": "HS256", **how})  # type: ignore[arg-type]

    def test_forged_is_refused(self, app: Flask, fay: Account, visitor: Program) -> None:
        token = self.of(fay, visitor)
        unsigned = ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
            for part in (
                {"alg": "none", "typ": "JWT"},
                jwt.decode(token, options={"verify_signature": False}),
            )
        )
        for bad in (
            f"{unsigned}.",
            self.forged(token),
            self.forged(token, key=None, algorithm="none"),
            token[:-3],
            "rubbish",
        ):
            assert refusal_of(bearing(app, bad).get("/auth/me")) == (401, "INVALID_TOKEN"), bad

    def test_of_another_purpose_is_refused(self, app: Flask, fay: Account, visitor: Program) -> None:
        claims = {**jwt.decode(self.of(fay, visitor), options={"verify_signature": False}), "aud": "other"}
        key = _key(app.config["SETTINGS"].secret_key)
        assert claims["aud"] != AUDIENCE
        bad = jwt.encode(claims, key, algorithm="HS256")
        assert refusal_of(bearing(app, bad).get("/auth/me")) == (401, "INVALID_TOKEN")

    def test_ends_at_once_with_the_account(
        self, app: Flask, session: Session, fay: Account, visitor: Program
    ) -> None:
        program = bearing(app, self.of(fay, visitor))
        assert program.get("/auth/me").status_code == 200
        set_staff_active(session, fay, by=SYSTEM, is_active=False, at=NOW)
        session.flush()
        assert refusal_of(program.get("/auth/me")) == (401, "INVALID_TOKEN")

    def test_ends_at_once_with_signing_out(self, app: Flask, fay: Account, visitor: Program) -> None:
        program = bearing(app, self.of(fay, visitor))
        assert program.post("/auth/logout").status_code == 200
        assert refusal_of(program.get("/auth/me")) == (401, "INVALID_TOKEN")


class TestRefreshToken:
    @pytest.fixture
    def pair(self, fay: Account, visitor: Program) -> dict[str, str]:
        pair: dict[str, str] = data_of(visitor.post("/auth/login", {"username": "fay", "password": PASSWORD}))
        return pair

    def use(self, visitor: Program, token: str) -> dict[str, str]:
        pair: dict[str, str] = data_of(visitor.post("/auth/refresh", {"refreshToken": token}))
        return pair

    def test_is_traded_for_the_next_pair(self, app: Flask, visitor: Program, pair: dict[str, str]) -> None:
        with clock.travel_to(NOW + timedelta(days=6, hours=23)):
            new = self.use(visitor, pair["refreshToken"])
            assert bearing(app, new["accessToken"]).get("/auth/me").status_code == 200
        assert new["refreshToken"] != pair["refreshToken"]

    def test_used_twice_ends_the_sign_in_for_everybody_who_has_it(
        self, app: Flask, visitor: Program, pair: dict[str, str]
    ) -> None:
        new = self.use(visitor, pair["refreshToken"])
        again = visitor.post("/auth/refresh", {"refreshToken": pair["refreshToken"]})
        assert refusal_of(again) == (401, "INVALID_TOKEN")
        assert refusal_of(visitor.post("/auth/refresh", {"refreshToken": new["refreshToken"]})) == (
            401,
            "INVALID_TOKEN",
        )
        assert refusal_of(bearing(app, new["accessToken"]).get("/auth/me")) == (401, "INVALID_TOKEN")

    def test_is_good_for_seven_days(self, visitor: Program, pair: dict[str, str]) -> None:
        with clock.travel_to(NOW + timedelta(days=7)):
            late = visitor.post("/auth/refresh", {"refreshToken": pair["refreshToken"]})
        assert refusal_of(late) == (401, "TOKEN_EXPIRED")

    def test_is_kept_nowhere_as_it_is(self, session: Session, pair: dict[str, str]) -> None:
        from sqlalchemy import text

        kept = session.execute(
            text("SELECT token_hash FROM refresh_token UNION SELECT token_hash FROM device")
        )
        assert pair["refreshToken"] not in {row[0] for row in kept}


class TestDevices:
    def test_are_listed_and_ended_by_their_owner(self, fay: Account, program: ProgramOf) -> None:
        first, second = program(fay), program(fay)
        listed = data_of(first.get("/auth/devices"))
        assert [(one["kind"], one["isCurrent"]) for one in listed] == [("API", False), ("API", True)]
        assert first.delete(f"/auth/devices/{listed[0]['id']}").status_code == 200
        assert refusal_of(second.get("/auth/me")) == (401, "INVALID_TOKEN")
        assert len(data_of(first.get("/auth/devices"))) == 1

    def test_all_end_at_once(self, fay: Account, program: ProgramOf) -> None:
        first, second = program(fay), program(fay)
        assert first.delete("/auth/devices").status_code == 200
        assert {one.get("/auth/me").status_code for one in (first, second)} == {401}

    def test_of_somebody_else_are_not_there(self, cast: Cast, fay: Account, program: ProgramOf) -> None:
        theirs = data_of(program(fay).get("/auth/devices"))[0]["id"]
        assert refusal_of(program(cast.ana).delete(f"/auth/devices/{theirs}")) == (404, "NOT_FOUND")


class TestMe:
    def test_says_who_one_is(self, cast: Cast, program: ProgramOf) -> None:
        ana, bo = (data_of(program(one).get("/auth/me")) for one in (cast.ana, cast.bo))
        assert (ana["user"]["roleName"], ana["patient"]["id"]) == ("PATIENT", cast.patient.id)
        assert (bo["user"]["roleName"], bo["clinician"]["slug"]) == ("CLINICIAN", cast.clinician.slug)

    def test_is_changed_in_name(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        got = data_of(program(cast.ana).patch("/auth/me", {"fullName": "Ana María Silva"}))
        assert got["user"]["fullName"] == "Ana María Silva"
        assert (got["user"]["firstName"], got["user"]["lastName"]) == ("Ana", "María Silva")
        session.refresh(cast.patient)
        assert cast.patient.full_name == "Ana María Silva"

    def test_is_told_what_cannot_be_a_name(self, cast: Cast, program: ProgramOf) -> None:
        assert "fullName" in details_of(program(cast.ana).patch("/auth/me", {"fullName": "<b>"}))

    @pytest.mark.parametrize("field", ["roleId", "isActive", "email", "isApprovedByAdmin"])
    def test_gives_nobody_a_role_or_a_right(self, cast: Cast, program: ProgramOf, field: str) -> None:
        assert refusal_of(program(cast.ana).patch("/auth/me", {field: True})) == (400, "VALIDATION_ERROR")

    def test_keeps_what_a_clinician_says_of_themself(self, cast: Cast, program: ProgramOf) -> None:
        assert (
            data_of(program(cast.bo).patch("/auth/me", {"bio": "I listen."}))["clinician"]["bio"]
            == "I listen."
        )
        assert refusal_of(program(cast.ana).patch("/auth/me", {"bio": "x"})) == (403, "FORBIDDEN")
