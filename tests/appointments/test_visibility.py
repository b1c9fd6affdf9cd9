"""Which appointments exist for whom, and how lists of them are narrowed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import queries
from portal.appointments.models import Appointment, Channel, Status
from portal.appointments.queries import Filters, When
from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.permissions import SYSTEM, VISITOR, Actor, Role
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, an_actor, an_appointment, service_of, wall

MONDAY = wall("2026-03-09 00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana's visit to Bo in Leeds."""
    return an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=MONDAY + 10 * HOUR
    )


ANSWERS = {
    "ana": None,
    "bo": None,
    "fay": None,
    "cora": None,
    "mia": None,
    "max": None,
    "ada": None,
    "zack": Forbidden,
    "zoe": NotFound,
    "zora": NotFound,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_appointment_is_seen_by_whom_it_concerns(
    session: Session, cast: Cast, visit: Appointment, name: str
) -> None:
    actor, refusal = getattr(cast, name), ANSWERS[name]
    seen = session.scalars(select(Appointment.id).where(queries.visible_to(actor))).all()
    listed = queries.search(session, actor, Filters(), at=NOW)
    if refusal is None:
        assert queries.get_visible(session, actor, visit.id) is visit
        assert (list(seen), [one.id for one in listed.items]) == ([visit.id], [visit.id])
    else:
        with pytest.raises(refusal):
            queries.get_visible(session, actor, visit.id)
        assert (list(seen), listed.total) == ([], 0)


def test_visitors_and_the_system_see_none(session: Session, visit: Appointment) -> None:
    for actor in (VISITOR, SYSTEM, Actor(role=Role.PATIENT), Actor(role=Role.CLINICIAN)):
        with pytest.raises(NotFound):
            queries.get_visible(session, actor, visit.id)


def test_an_appointment_that_does_not_exist_is_found_by_nobody(session: Session, cast: Cast) -> None:
    for actor in (cast.fay, cast.ada, cast.ana):
        with pytest.raises(NotFound):
            queries.get_visible(session, actor, 0)


def test_a_clinician_sees_the_own_visits_as_a_patient_too(session: Session, cast: Cast) -> None:
    other = a_clinician(session, cast.york)
    patient = a_patient(session, with_account=False)
    patient.account_id = other.account_id
    session.flush()
    actor = an_actor(session, Role.CLINICIAN, clinician=other)
    visit = an_appointment(
        session, clinician=cast.clinician, patient=patient, by=cast.fay, starts_at=MONDAY + 10 * HOUR
    )
    assert queries.get_visible(session, actor, visit.id) is visit


def test_an_online_visit_without_a_centre_is_not_a_centres_business(session: Session, cast: Cast) -> None:
    visit = an_appointment(session, clinician=a_clinician(session, None), patient=cast.patient)
    assert queries.get_visible(session, cast.max, visit.id) is visit
    for actor in (cast.fay, cast.mia):
        with pytest.raises(Forbidden):
            queries.get_visible(session, actor, visit.id)


class TestLists:
    """Narrowing what one may see."""

    @pytest.fixture
    def visits(self, session: Session, cast: Cast) -> dict[str, Appointment]:
        zoe = a_clinician(
            session, cast.york, full_name="Zoe Ahmed", specialization=["Physiotherapy", "Knees"]
        )
        bo, ana, zora = cast.clinician, cast.patient, cast.stranger
        past = NOW - 7 * DAY
        return {
            "past": an_appointment(
                session, clinician=bo, patient=ana, starts_at=past, status=Status.COMPLETED
            ),
            "missed": an_appointment(
                session, clinician=bo, patient=zora, starts_at=past + HOUR, status=Status.NO_SHOW
            ),
            "now": an_appointment(session, clinician=bo, patient=ana, starts_at=NOW, at=NOW - 2 * DAY),
            "monday": an_appointment(session, clinician=bo, patient=ana, starts_at=MONDAY + 10 * HOUR),
            "cancelled": an_appointment(
                session, clinician=bo, patient=ana, starts_at=MONDAY + 11 * HOUR, status=Status.CANCELLED
            ),
            "york": an_appointment(session, clinician=zoe, patient=zora, starts_at=MONDAY + 33 * HOUR),
        }

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ({}, ["missed", "past", "now", "monday", "cancelled", "york"]),
            ({"status": Status.CANCELLED}, ["cancelled"]),
            ({"status": Status.NO_SHOW}, ["missed"]),
            ({"starts_from": MONDAY}, ["monday", "cancelled", "york"]),
            ({"starts_from": MONDAY, "starts_before": MONDAY + 11 * HOUR}, ["monday"]),
            ({"specialization": "Knees"}, ["york"]),
            ({"specialization": "Knee"}, []),
            ({"search": "zora"}, ["missed", "york"]),
            ({"search": "AHMED"}, ["york"]),
            ({"search": "%"}, []),
            ({"when": When.CURRENT}, ["now"]),
            ({"when": When.UPCOMING}, ["monday", "york"]),
            ({"when": When.PAST}, ["cancelled", "missed", "past"]),
            ({"when": When.UPCOMING, "search": "ana silva"}, ["monday"]),
        ],
    )
    def test_a_list_holds_what_was_asked_for_in_order(
        self,
        session: Session,
        cast: Cast,
        visits: dict[str, Appointment],
        facts: dict[str, Any],
        expected: list[str],
    ) -> None:
        named = {visit.id: name for name, visit in visits.items()}
        found = queries.search(session, cast.ada, Filters(**facts), at=NOW)
        assert [named[one.id] for one in found.items] == sorted(
            expected, key=lambda name: visits[name].starts_at, reverse=facts.get("when") is When.PAST
        )

    def test_people_and_places_narrow_it_too(
        self, session: Session, cast: Cast, visits: dict[str, Appointment]
    ) -> None:
        def found(**facts: int) -> set[int]:
            return {one.id for one in queries.search(session, cast.ada, Filters(**facts), at=NOW).items}  # type: ignore[arg-type]

        assert found(centre_id=cast.york.id) == {visits["york"].id}
        assert found(clinician_id=visits["york"].clinician_id) == {visits["york"].id}
        assert found(patient_id=cast.stranger.id) == {visits["york"].id, visits["missed"].id}
        assert found(centre_id=cast.york.id, patient_id=cast.patient.id) == set()

    @pytest.mark.usefixtures("visits")
    def test_a_filter_shows_nobody_more_than_they_may_see(self, session: Session, cast: Cast) -> None:
        for actor in (cast.ana, cast.fay, cast.bo):
            for facts in ({"patient_id": cast.stranger.id, "centre_id": cast.york.id}, {"search": "Ahmed"}):
                assert queries.search(session, actor, Filters(**facts), at=NOW).total == 0

    @pytest.mark.usefixtures("visits")
    def test_long_lists_come_in_pages(self, session: Session, cast: Cast) -> None:
        first, second = (
            queries.search(session, cast.ada, Filters(), at=NOW, page=page, limit=4) for page in (1, 2)
        )
        assert (len(first.items), len(second.items), first.total, first.total_pages) == (4, 2, 6, 2)
        assert not {one.id for one in first.items} & {one.id for one in second.items}
        assert (first.has_next, second.has_next, second.has_prev) == (True, False, True)
        with pytest.raises(Invalid):
            queries.search(session, cast.ada, Filters(), at=NOW, page=0)

    def test_a_day_holds_what_takes_time_and_on_demand_what_was_cancelled(
        self, session: Session, cast: Cast, visits: dict[str, Appointment]
    ) -> None:
        day = (MONDAY, MONDAY + DAY)
        assert queries.between(session, cast.bo, *day) == [visits["monday"]]
        assert queries.between(session, cast.bo, *day, include_cancelled=True) == [
            visits["monday"],
            visits["cancelled"],
        ]
        assert queries.between(session, cast.zoe, *day) == []
        week = (MONDAY, MONDAY + 7 * DAY)
        assert queries.between(session, cast.ada, *week, centre_id=cast.york.id) == [visits["york"]]
        assert queries.between(session, cast.ada, *week, clinician_id=cast.clinician.id) == [visits["monday"]]


def test_what_is_shown_of_an_appointment_is_loaded_with_it(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    session.expire_all()
    found = queries.get_visible(session, cast.ana, visit.id)
    loaded = vars(found)
    assert {"patient", "clinician", "centre", "service", "history"} <= set(loaded)
    assert loaded["service"] is service_of(session, cast.clinician)
    assert found.channel == Channel.PORTAL
