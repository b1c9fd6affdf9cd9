"""What the API says of the practice and of itself."""

import tomllib
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.bootstrap import db
from portal.core import clock
from portal.settings import PROJECT_ROOT, LateCancellation
from tests.api.client import Program, data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW, PracticeSets
from tests.factories import a_clinician, a_hold, an_appointment


def test_everybody_reads_what_a_client_needs_of_the_practice(
    visitor: Program, practice_sets: PracticeSets
) -> None:
    practice_sets(portal_name="Riverside", hold_minutes=7, secret_key="not-to-be-seen")
    answer = visitor.get("/settings")
    assert data_of(answer) == {
        "name": "Riverside",
        "defaultTimezone": "Europe/London",
        "defaultCurrency": "GBP",
        "defaultRegion": "GB",
        "holdMinutes": 7,
        "codeMinutes": 5,
        "patientWord": "PATIENT",
        "clinicianWord": "CLINICIAN",
        "lateCancellation": None,
        "frontDeskCanReschedule": None,
        "rules": None,
        "ownRules": None,
        "version": None,
    }
    assert "not-to-be-seen" not in answer.text


def test_how_staff_work_is_told_to_staff(cast: Cast, program: ProgramOf, practice_sets: PracticeSets) -> None:
    practice_sets(late_cancellation=LateCancellation.REQUEST, front_desk_can_reschedule=True)
    told = data_of(program(cast.fay).get("/settings"))
    assert (told["lateCancellation"], told["frontDeskCanReschedule"]) == ("REQUEST", True)
    told = data_of(program(cast.ana).get("/settings"))
    assert (told["lateCancellation"], told["frontDeskCanReschedule"]) == (None, None)


def test_health_is_told_to_everybody(visitor: Program) -> None:
    told = data_of(visitor.get("/health"))
    assert told.pop("uptime") >= 0
    assert told == {"status": "healthy", "database": "connected", "timestamp": "2026-03-02T09:00:00Z"}


def test_details_are_for_administrators(cast: Cast, program: ProgramOf, visitor: Program) -> None:
    told = data_of(program(cast.ada).get("/health/details"))
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert told["version"] == project["version"]
    assert (told["status"], told["database"]) == ("healthy", "connected")
    assert refusal_of(visitor.get("/health/details")) == (401, "UNAUTHORIZED")
    for name in ("max", "mia", "cora", "fay", "bo", "ana"):
        answer = program(getattr(cast, name)).get("/health/details")
        assert refusal_of(answer) == (403, "FORBIDDEN")
        assert "version" not in answer.text


def test_details_count_what_waits_and_whether_the_jobs_keep_up(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    ada = program(cast.ada)
    before = data_of(ada.get("/health/details"))
    assert (before["holdsOverdue"], before["requestsWaiting"]) == (0, 0)
    an_appointment(session, clinician=a_clinician(session, cast.leeds, requires_acceptance=True))
    a_hold(session, cast.clinician, at=NOW, minutes=1)
    now = data_of(ada.get("/health/details"))
    assert (now["holdsOverdue"], now["requestsWaiting"]) == (0, 1)
    assert now["messagesLastDay"] > before["messagesLastDay"]
    assert now["messagesOverdue"] == 0
    with clock.travel_to(NOW + timedelta(minutes=20)):
        later = data_of(program(cast.ada).get("/health/details"))
    assert (later["holdsOverdue"], later["messagesOverdue"]) == (1, 1)


def test_details_name_the_ways_to_send_that_are_not_set_up(
    cast: Cast, program: ProgramOf, practice_sets: PracticeSets
) -> None:
    ada = program(cast.ada)
    assert data_of(ada.get("/health/details"))["channelsNotConfigured"] == ["EMAIL", "SMS", "WHATSAPP"]
    practice_sets(smtp_host="mail.example.org", mail_from="bookings@example.org")
    assert data_of(ada.get("/health/details"))["channelsNotConfigured"] == ["SMS", "WHATSAPP"]


def test_details_name_the_providers_of_payments_that_are_not_set_up(
    cast: Cast, program: ProgramOf, practice_sets: PracticeSets
) -> None:
    ada = program(cast.ada)
    assert data_of(ada.get("/health/details"))["paymentsNotConfigured"] == ["RAZORPAY", "STRIPE"]
    practice_sets(stripe_secret_key="sk_test_ours")
    assert data_of(ada.get("/health/details"))["paymentsNotConfigured"] == ["RAZORPAY"]


@pytest.mark.parametrize("path", ["/health", "/health/details"])
def test_a_database_that_does_not_answer_is_said_so(
    cast: Cast, program: ProgramOf, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    ada = program(cast.ada)
    run = db.session.execute

    def fail(statement: object, *arguments: object, **more: object) -> object:
        if str(statement) == "SELECT 1":
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        return run(statement, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(db.session, "execute", fail)
    answer = ada.get(path)
    assert refusal_of(answer) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["Retry-After"]
    assert "gone" not in answer.text
