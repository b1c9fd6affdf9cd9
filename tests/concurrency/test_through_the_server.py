"""Fifty people, one time, the real server in several processes: one has it, the others are told where else to go."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.bookings import Visitor, rush, visitors
from bench.servers import serving
from portal.app import create_app
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import engine_for
from portal.core.postgres import Cluster
from tests.conftest import new_database, settings_for
from tests.factories import a_centre, a_clinician, slots_of

pytestmark = pytest.mark.concurrency
CROWD = 50
OVERLAPS = """
SELECT count(*) FROM occupancy one JOIN occupancy other
ON one.resource_id = other.resource_id AND one.id < other.id AND one.during && other.during
"""


@dataclass
class Served:
    app: Flask
    port: int
    slots: list[str]

    def count(self, statement: str) -> int:
        with self.app.app_context():
            found = db.session.scalar(text(statement))
            db.session.rollback()
            return int(found or 0)


@pytest.fixture(scope="module")
def served(cluster: Cluster, template_database: str) -> Iterator[Served]:
    url = new_database(cluster, template_database, f"race_{uuid.uuid4().hex[:10]}")
    engine = engine_for(url)
    with Session(engine, expire_on_commit=False) as session:
        clinician = a_clinician(session, a_centre(session), hours="Mon-Sun 0:00-23:00", notice_hours=1)
        in_two_days = clock.now() + timedelta(days=2)
        slots = [
            slot.id for slot in slots_of(session, clinician, at=clock.now()) if slot.starts_at > in_two_days
        ]
        session.commit()
    engine.dispose()
    app = create_app(settings_for(url))
    with serving("wsgi:app", url) as port:
        yield Served(app, port, slots)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def crowd(served: Served) -> Iterator[list[Visitor]]:
    people = visitors(served.app, CROWD)
    yield people
    for visitor in people:
        visitor.leave()


def test_of_fifty_people_who_want_one_time_one_has_it(served: Served, crowd: list[Visitor]) -> None:
    for slot in served.slots[:3]:
        outcomes, _ = rush(served.port, crowd, slot)
        assert outcomes == Counter({200: 1, 409: CROWD - 1})
    assert served.count(OVERLAPS) == 0


def test_those_who_come_too_late_are_offered_other_times(served: Served, crowd: list[Visitor]) -> None:
    slot = served.slots[10]
    assert crowd[0].book(served.port, slot) == 200
    status, _, page = crowd[1].ask(served.port, "/holds", slot=slot)
    assert status == 409
    assert "Someone has just taken that time" in page
    assert page.count("/clinicians/") >= 3


def test_a_double_click_on_confirm_books_once(served: Served, crowd: list[Visitor]) -> None:
    visitor = crowd[2]
    _, held = visitor.post(served.port, "/holds", slot=served.slots[12])
    before = served.count("SELECT count(*) FROM appointment WHERE status = 'CONFIRMED'")
    twins = [Visitor(visitor.cookie, visitor.token) for _ in range(2)]
    answers = [twin.post(served.port, f"{held}/confirmation") for twin in twins]
    for twin in twins:
        twin.leave()
    assert answers[0] == answers[1]
    assert answers[0][0] == 303
    assert served.count("SELECT count(*) FROM appointment WHERE status = 'CONFIRMED'") == before + 1
