"""Programs that write at the same moment: one request with a key is one act, one time is one person's."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.app import create_app
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core.permissions import Actor
from tests.api.client import Program, data_of, refusal_of
from tests.cast import Cast
from tests.concurrency.acts import ROUNDS, START, key_of, made
from tests.concurrency.crowd import Crowd
from tests.conftest import settings_for
from tests.factories import an_appointment, service_of

pytestmark = pytest.mark.concurrency
ProgramsOf = Callable[..., list[Program]]
Act = Callable[[], TestResponse]


@pytest.fixture
def served(committed: Engine, frozen: datetime) -> Iterator[Flask]:
    app = create_app(settings_for(committed.url.render_as_string(hide_password=False)))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def programs(served: Flask, committed: Engine) -> ProgramsOf:
    """Each a program of its own, on a device of its own."""

    def make(*people: Actor) -> list[Program]:
        with Session(committed) as session:
            return [Program(served, session.get_one(Account, one.account_id)) for one in people]

    return make


def at_once(*acts: Act) -> list[TestResponse]:
    signal = Barrier(len(acts))

    def run(act: Act) -> TestResponse:
        signal.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def posting(program: Program, path: str, body: object = None, key: str | None = None) -> Act:
    return lambda: program.post(path, body, key=key)


def id_of(crowd: Crowd, cast: Cast, key: SlotKey) -> str:
    return crowd.alone(lambda session: key.with_length_of(service_of(session, cast.clinician)).id)


def test_a_booking_sent_many_times_with_one_key_is_one(
    crowd: Crowd, cast: Cast, programs: ProgramsOf
) -> None:
    for number, start in enumerate(ROUNDS, 1):
        body = {"slotId": id_of(crowd, cast, key_of(crowd, cast.clinician, start))}
        twins = programs(*[cast.ana] * 4)
        answers = at_once(*(posting(twin, "/appointments", body, f"key {number}") for twin in twins))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        assert crowd.count("SELECT 1 FROM appointment") == number


def test_one_key_with_two_bodies_is_one_booking(crowd: Crowd, cast: Cast, programs: ProgramsOf) -> None:
    slot = id_of(crowd, cast, key_of(crowd, cast.clinician))
    one, other = programs(cast.ana, cast.ana)
    answers = at_once(
        posting(one, "/appointments", {"slotId": slot, "title": "One"}, "same"),
        posting(other, "/appointments", {"slotId": slot, "title": "Other"}, "same"),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [refused] = [answer for answer in answers if answer.status_code == 409]
    assert refusal_of(refused) == (409, "CONFLICT")
    assert crowd.count("SELECT 1 FROM appointment") == 1


def test_one_time_is_one_persons(crowd: Crowd, cast: Cast, programs: ProgramsOf) -> None:
    slot = id_of(crowd, cast, key_of(crowd, cast.clinician))
    ana, zora, fay = programs(cast.ana, cast.zora, cast.fay)
    caller = {"phone": "+447700900999", "fullName": "Rosa Lind"}
    answers = at_once(
        posting(ana, "/appointments", {"slotId": slot}),
        posting(zora, "/appointments", {"slotId": slot}),
        posting(fay, "/appointments", {"slotId": slot, "patient": caller}),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    for refused in (answer for answer in answers if answer.status_code == 409):
        assert refusal_of(refused) == (409, "SLOT_UNAVAILABLE")
        assert len(refused.get_json()["error"]["alternatives"]) == 3
    known = crowd.count("SELECT 1 FROM patient WHERE full_name = 'Rosa Lind'")
    assert known == (answers[2].status_code == 201)


def test_a_cancellation_sent_twice_with_one_key_is_one(
    crowd: Crowd, cast: Cast, programs: ProgramsOf
) -> None:
    visit = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient, starts_at=START)
    twins = programs(cast.ana, cast.ana)
    answers = at_once(*(posting(twin, f"/appointments/{visit.id}/cancel", key="end") for twin in twins))
    assert [data_of(answer)["status"] for answer in answers] == ["CANCELLED", "CANCELLED"]
    assert answers[0].text == answers[1].text
    assert crowd.count("SELECT 1 FROM message WHERE kind = 'appointment-cancelled'") == 1
