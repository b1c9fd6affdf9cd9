"""A changed rule is in force in every process: two web servers and the jobs follow each other without a restart."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.bootstrap import db, wire
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import SYSTEM
from portal.database import libpq_address
from portal.delivery import practice_rules
from portal.delivery.practice_rules import KEY, RulesInForce
from portal.jobs import waiting_list
from portal.notifications import policy
from portal.payments.practice import practice_by
from portal.practice.commands import change_rules
from portal.practice.errors import RulesChangedMeanwhile
from portal.practice.models import PracticeRule
from portal.settings import OnlinePayment, Settings
from tests.conftest import settings_for

pytestmark = pytest.mark.concurrency
SOON = 5.0


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(practice_rules, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(practice_rules, "RETRY_SECONDS", 0.02)
    yield
    wire(Settings())


@pytest.fixture
def url(committed: Engine) -> str:
    return committed.url.render_as_string(hide_password=False)


@pytest.fixture
def servers(url: str) -> Iterator[tuple[Flask, Flask]]:
    """Two web servers that have had their first request."""
    both = create_app(settings_for(url)), create_app(settings_for(url))
    for one in both:
        one.extensions[KEY].follow()
    yield both
    for one in both:
        one.extensions[KEY].stop()
        with one.app_context():
            db.engine.dispose()


def change(engine: Engine, version: int | None = None, **given: str | None) -> dict[str, str]:
    with Session(engine) as session:
        return in_transaction(
            session,
            lambda: change_rules(session, given, base=Settings(), version=version, by=SYSTEM, at=clock.now()),
        )


def eventually(is_so: Callable[[], bool]) -> bool:
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > SOON:
            return False
        time.sleep(0.01)
    return True


def test_two_servers_and_what_messages_know_follow_a_change_and_its_end(
    servers: tuple[Flask, Flask], committed: Engine
) -> None:
    change(committed, hold_minutes="25", portal_name="Riverside", patient_idle_days="2")
    assert eventually(lambda: all(one.config["SETTINGS"].hold_minutes == 25 for one in servers))
    assert {one.config["PERMANENT_SESSION_LIFETIME"].days for one in servers} == {2}
    assert policy.current().practice_name == "Riverside"
    change(committed, hold_minutes=None)
    assert eventually(lambda: all(one.config["SETTINGS"].hold_minutes == 10 for one in servers))
    assert servers[0].config["SETTINGS"].portal_name == "Riverside"


def test_the_first_request_of_a_new_process_knows_the_rules_already(committed: Engine, url: str) -> None:
    change(committed, hold_minutes="25")
    rules = RulesInForce(settings_for(url), libpq_address(url), lambda _settings: None)
    rules.follow()
    rules.stop()
    assert rules.settings.hold_minutes == 25


def test_the_jobs_work_by_the_rules_in_force(committed: Engine, url: str) -> None:
    rules = RulesInForce(settings_for(url), libpq_address(url), wire)
    rules.follow()
    practice = practice_by(lambda: rules.settings)
    before = practice()
    assert practice() is before, "its gateways keep their connections"
    change(committed, online_payment="REQUIRED", waiting_list_offer_minutes="45", quiet_from_hour="18")
    assert eventually(lambda: practice().online_payment is OnlinePayment.REQUIRED)
    assert waiting_list.practice_of(rules.settings).offer_minutes == 45
    assert policy.current().quiet_from == 18
    rules.stop()


def test_rules_that_make_no_sense_stop_nobody(committed: Engine, url: str) -> None:
    with Session(committed) as session:
        session.add_all([PracticeRule(key="hold_minutes", value="soon"), PracticeRule(key="gone", value="1")])
        session.commit()
    change(committed, code_minutes="4")
    rules = RulesInForce(settings_for(url), libpq_address(url), lambda _settings: None)
    rules.follow()
    rules.stop()
    assert (rules.settings.hold_minutes, rules.settings.code_minutes) == (10, 4)
    change(committed, gone=None, hold_minutes=None)
    with Session(committed) as session:
        assert {rule.key for rule in session.query(PracticeRule)} == {"code_minutes"}


def test_without_a_database_the_environments_rules_are_in_force_until_it_is_there(
    committed: Engine, url: str
) -> None:
    change(committed, hold_minutes="25")
    nowhere = settings_for(url.replace(committed.url.database or "", "not_there"))
    rules = RulesInForce(nowhere, libpq_address(nowhere.database_url or ""), lambda _settings: None)
    rules.follow()
    assert rules.settings.hold_minutes == 10
    rules._address = libpq_address(url)
    assert eventually(lambda: rules.settings.hold_minutes == 25)
    rules.stop()


def test_what_fails_to_take_effect_is_tried_again(committed: Engine, url: str) -> None:
    taken: list[int] = []

    def take_effect(settings: Settings) -> None:
        taken.append(settings.hold_minutes)
        if len(taken) == 1:
            raise RuntimeError("a bug")

    rules = RulesInForce(settings_for(url), libpq_address(url), take_effect)
    rules.follow()
    change(committed, hold_minutes="25")
    assert eventually(lambda: rules.settings.hold_minutes == 25)
    assert taken == [25, 25]
    rules.stop()


def test_of_two_who_save_at_once_one_is_told_to_look_again(committed: Engine) -> None:
    told: list[str] = []
    start = threading.Barrier(6)

    def save(minutes: int) -> None:
        start.wait()
        try:
            change(committed, 0, hold_minutes=str(minutes))
        except RulesChangedMeanwhile:
            told.append("look again")
        else:
            told.append("saved")

    threads = [threading.Thread(target=save, args=(minutes,)) for minutes in range(20, 26)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["look again"] * 5 + ["saved"]
