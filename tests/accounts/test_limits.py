"""How often something may be tried, over all processes."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden, TooManyAttempts
from portal.core.limits import (
    ADDRESS_FAILED,
    CODE_COOL_DOWN,
    CODE_SENT,
    PASSWORD_FAILED,
    Attempts,
    forget_expired,
)

ANA = "+447700900123 PATIENT"
CLINIC = "192.0.2.10"


@pytest.fixture
def engine(app: Flask, session: Session) -> Engine:
    """The application's own: what is counted outlives a rollback, and `session` clears it after the test."""
    with app.app_context():
        return db.engine


@pytest.fixture
def attempts(engine: Engine) -> Attempts:
    return Attempts(engine, secret="only for this test")


def fail(attempts: Attempts, name: str) -> None:
    counted = (PASSWORD_FAILED, f"{CLINIC} {name}"), (ADDRESS_FAILED, CLINIC)
    with pytest.raises(Forbidden), attempts.counting_failures(*counted):
        raise Forbidden


def succeed(attempts: Attempts, name: str) -> None:
    with attempts.counting_failures((PASSWORD_FAILED, f"{CLINIC} {name}"), (ADDRESS_FAILED, CLINIC)):
        pass


def test_three_codes_in_a_quarter_of_an_hour_and_no_fourth(attempts: Attempts) -> None:
    for _ in range(3):
        assert not attempts.is_spent(CODE_SENT, ANA)
        attempts.hit(CODE_SENT, ANA)
    assert attempts.is_spent(CODE_SENT, ANA)
    with pytest.raises(TooManyAttempts) as refused:
        attempts.hit(CODE_SENT, ANA)
    assert 895 <= refused.value.retry_after_seconds <= 900
    assert not attempts.is_spent(CODE_SENT, "+447700900456 PATIENT")


def test_the_window_ends_by_itself_and_further_tries_do_not_prolong_it(
    attempts: Attempts, frozen: datetime
) -> None:
    attempts.hit(CODE_COOL_DOWN, ANA)
    with clock.travel_to(frozen + timedelta(seconds=29)), pytest.raises(TooManyAttempts) as refused:
        attempts.hit(CODE_COOL_DOWN, ANA)
    assert refused.value.retry_after_seconds == 1
    with clock.travel_to(frozen + timedelta(seconds=30)):
        attempts.hit(CODE_COOL_DOWN, ANA)


def test_the_table_holds_no_phone_and_no_address(attempts: Attempts, engine: Engine) -> None:
    attempts.hit(CODE_SENT, ANA)
    fail(attempts, "fay")
    with engine.connect() as connection:
        stored = " ".join(connection.scalars(text("SELECT key FROM rate_limit")))
    assert len(stored.split()) == 3
    assert not any(part in stored for part in ("447700", "192.0.2", "fay"))


def test_a_clinic_behind_one_address_is_not_locked_out_by_signing_in(attempts: Attempts) -> None:
    for person in range(60):
        fail(attempts, f"person{person}") if person < 49 else None
        succeed(attempts, f"person{person}")
    assert not attempts.is_spent(ADDRESS_FAILED, CLINIC)


def test_five_wrong_passwords_lock_that_name_for_that_address(attempts: Attempts) -> None:
    for _ in range(5):
        fail(attempts, "fay")
    with pytest.raises(TooManyAttempts):
        succeed(attempts, "fay")
    succeed(attempts, "mo")


def test_a_success_forgets_the_failures_of_the_name_but_not_of_the_address(attempts: Attempts) -> None:
    for _ in range(12):
        for _ in range(4):
            fail(attempts, "fay")
        succeed(attempts, "fay")
    fail(attempts, "x")
    fail(attempts, "y")
    with pytest.raises(TooManyAttempts):
        succeed(attempts, "fay")


def test_a_password_spray_over_many_names_is_stopped_at_the_address(attempts: Attempts) -> None:
    for person in range(50):
        fail(attempts, f"person{person}")
    with pytest.raises(TooManyAttempts):
        succeed(attempts, "person99")


def test_parallel_hits_count_each_one(attempts: Attempts) -> None:
    passed: list[int] = []

    def run(number: int) -> None:
        try:
            attempts.hit(PASSWORD_FAILED, "fay")
        except TooManyAttempts:
            return
        passed.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(passed) == 5


def test_cleared_and_expired_counters_leave_the_table(
    attempts: Attempts, engine: Engine, frozen: datetime
) -> None:
    attempts.hit(CODE_SENT, ANA)
    attempts.hit(CODE_COOL_DOWN, ANA)
    attempts.hit(PASSWORD_FAILED, "fay")
    attempts.clear(PASSWORD_FAILED, "fay")
    assert _rows(engine) == 2
    with Session(engine) as session, session.begin():
        forget_expired(session, at=frozen + timedelta(minutes=1))
    assert _rows(engine) == 1


def _rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM rate_limit")) or 0
