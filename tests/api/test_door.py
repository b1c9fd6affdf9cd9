"""What holds for every request of the API: limits, keys, origins, what is cached, and what no address may contain."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core import clock
from tests.api.client import Program, data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW, PracticeSets
from tests.factories import an_account
from tests.web.helpers import signed_in

HARBOUR = {"name": "Harbour", "city": "Hull"}


class TestLimits:
    def test_every_answer_says_what_is_left(
        self, cast: Cast, program: ProgramOf, practice_sets: PracticeSets
    ) -> None:
        practice_sets(api_account_limit=7)
        ada = program(cast.ada)
        seen = [ada.get("/centres"), ada.get("/nowhere"), ada.post("/centres", {"name": 1})]
        assert [answer.status_code for answer in seen] == [200, 404, 400]
        assert [answer.headers["X-RateLimit-Limit"] for answer in seen] == ["7"] * 3
        assert [answer.headers["X-RateLimit-Remaining"] for answer in seen] == ["6", "5", "4"]
        ends_at = str(int((NOW + timedelta(minutes=1)).timestamp()))
        assert {answer.headers["X-RateLimit-Reset"] for answer in seen} == {ends_at}

    def test_one_request_too_many_is_told_when_to_come_back(
        self, cast: Cast, program: ProgramOf, practice_sets: PracticeSets
    ) -> None:
        practice_sets(api_account_limit=2)
        ada, max_ = program(cast.ada), program(cast.max)
        for _ in range(2):
            assert ada.get("/centres").status_code == 200
        refused = ada.get("/centres")
        assert refusal_of(refused) == (429, "RATE_LIMIT_EXCEEDED")
        assert refused.headers["Retry-After"] == "60"
        assert refused.get_json()["error"]["details"] == {"retryAfter": 60}
        assert max_.get("/centres").status_code == 200, "somebody else is not held up"
        with clock.travel_to(NOW + timedelta(seconds=61)):
            assert ada.get("/centres").status_code == 200

    def test_visitors_are_counted_by_address(self, visitor: Program, practice_sets: PracticeSets) -> None:
        practice_sets(api_visitor_limit=1)
        here, there = ({"REMOTE_ADDR": address} for address in ("192.0.2.1", "192.0.2.2"))
        answers = [
            visitor.send("GET", "/centres", environ_base=address).status_code
            for address in (here, here, there)
        ]
        assert answers == [200, 429, 200]


class TestKeys:
    def test_a_write_sent_again_with_its_key_happens_once(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        ada = program(cast.ada)
        first, second = (ada.post("/centres", HARBOUR, key="k-1") for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.data == second.data
        assert session.scalar(select(func.count()).where(Centre.name == "Harbour")) == 1

    def test_a_key_with_another_body_is_refused(self, cast: Cast, program: ProgramOf) -> None:
        ada = program(cast.ada)
        ada.post("/centres", HARBOUR, key="k-1")
        other = ada.post("/centres", {**HARBOUR, "name": "Quay"}, key="k-1")
        assert refusal_of(other) == (409, "CONFLICT")

    def test_keys_of_two_people_are_two_keys(self, cast: Cast, program: ProgramOf) -> None:
        program(cast.ada).post("/centres", HARBOUR, key="k-1")
        mine = program(cast.max).post("/centres", {**HARBOUR, "name": "Quay"}, key="k-1")
        assert data_of(mine)["name"] == "Quay"

    def test_what_was_refused_may_be_tried_again_with_its_key(self, cast: Cast, program: ProgramOf) -> None:
        ada = program(cast.ada)
        made = data_of(ada.post("/centres", HARBOUR))
        assert refusal_of(ada.post("/centres", HARBOUR, key="k-1")) == (409, "DUPLICATE_ENTRY")
        ada.delete(f"/centres/{made['id']}")
        assert ada.post("/centres", HARBOUR, key="k-1").status_code == 201

    def test_a_key_is_forgotten_after_a_day(self, session: Session, cast: Cast) -> None:
        from portal.accounts import idempotency

        facts = {"account_id": cast.ada.account_id, "key": "k", "fingerprint": "f"}
        assert cast.ada.account_id is not None
        assert idempotency.claim(session, at=NOW, **facts) is None  # type: ignore[arg-type]
        later = NOW + timedelta(hours=24)
        assert idempotency.claim(session, at=later, **facts) is None  # type: ignore[arg-type]


class TestTokensAndCookies:
    def test_a_cookie_opens_no_door_of_the_api(self, app: Flask, session: Session) -> None:
        browser = signed_in(app, an_account(session))
        assert refusal_of(browser.patch("/api/v1/centres/1", json={})) == (401, "UNAUTHORIZED")

    def test_a_token_opens_no_page(self, app: Flask, cast: Cast, program: ProgramOf) -> None:
        headers = program(cast.ada).headers
        answer = app.test_client().get("/admin/centres", headers=headers)
        assert answer.status_code in {302, 303}
        assert "/sign-in" in answer.headers["Location"]

    def test_the_api_sets_no_cookie_and_reads_none(self, cast: Cast, program: ProgramOf) -> None:
        for path in ("/centres?lang=en", "/staff", "/nowhere", "/docs", "/openapi.json"):
            headers = program(cast.ada).send("GET", path).headers
            assert "Set-Cookie" not in headers
            assert "Cookie" not in headers.get("Vary", "")


class TestOrigins:
    def preflight(self, visitor: Program) -> dict[str, str]:
        asked = {
            "Origin": "https://www.example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, idempotency-key",
        }
        return dict(visitor.send("OPTIONS", "/centres", headers=asked).headers)

    def test_no_other_site_may_call_it_unless_it_is_listed(self, visitor: Program) -> None:
        assert "Access-Control-Allow-Origin" not in self.preflight(visitor)

    def test_a_listed_site_may(self) -> None:
        from portal.app import create_app
        from portal.settings import Environment, Settings

        app = create_app(
            Settings(
                env=Environment.TEST,
                database_url="postgresql+psycopg://nobody@/none",
                cors_origins=("https://www.example.org",),
            )
        )
        headers = self.preflight(Program(app))
        assert headers["Access-Control-Allow-Origin"] == "https://www.example.org"
        assert "idempotency-key" in headers["Access-Control-Allow-Headers"].lower()
        assert "Access-Control-Allow-Credentials" not in headers


class TestRubbish:
    @pytest.mark.parametrize("path", ["/centres?city=%00", "/clinicians/%00", "/slots/%ed%a0%80"])
    def test_characters_that_cannot_be_kept_are_refused(self, visitor: Program, path: str) -> None:
        assert visitor.send("GET", path).status_code in {400, 404}

    @pytest.mark.parametrize("text", ["a\0b", "\ud800"])
    def test_in_a_body_too_by_field(self, cast: Cast, program: ProgramOf, text: str) -> None:
        answer = program(cast.ada).post("/centres", {**HARBOUR, "name": text})
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")
        assert list(answer.get_json()["error"]["details"]) == ["name"]

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff", b"[" * 100_000])
    def test_a_body_that_is_no_json_object_is_refused(
        self, cast: Cast, program: ProgramOf, body: bytes
    ) -> None:
        answer = program(cast.ada).send(
            "POST", "/centres", data=body, headers={"Content-Type": "application/json"}
        )
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")

    def test_a_longer_number_than_any_id_names_nothing(self, visitor: Program) -> None:
        assert refusal_of(visitor.get(f"/centres/{10**30}")) == (404, "NOT_FOUND")

    def test_an_unknown_address_is_told_in_json(self, visitor: Program) -> None:
        assert refusal_of(visitor.get("/no-such-thing")) == (404, "NOT_FOUND")

    def test_an_unknown_method_names_those_that_are_known(self, visitor: Program) -> None:
        answer = visitor.send("PUT", "/centres")
        assert refusal_of(answer) == (405, "METHOD_NOT_ALLOWED")
        assert "POST" in answer.headers["Allow"]
