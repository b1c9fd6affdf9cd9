"""Changing hours, leave, rules and services: what makes no sense is refused, at the field that is wrong."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.db import in_transaction
from portal.core.errors import Forbidden, Invalid, NotFound, PortalError
from portal.core.permissions import Role
from portal.people.errors import FeeIsSetByPractice
from portal.scheduling import commands
from portal.scheduling.commands import WeeklyHours
from portal.scheduling.errors import HoursEndBeforeStart, HoursOverlap
from portal.scheduling.models import Schedule, Service
from portal.scheduling.queries import booking_rules, date_exceptions, services_of, weekly_rules
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, an_actor, service_of, week

TODAY = NOW.date()


@pytest.fixture
def leeds(session: Session) -> Centre:
    return a_centre(session)


def refused(session: Session, work: Callable[[], object]) -> PortalError:
    """The refusal that a whole transaction of this work ends in."""
    with pytest.raises(PortalError) as caught:
        in_transaction(session, work)
    return caught.value


def window(weekday: int, start: int, end: int, centre: Centre, **more: int) -> WeeklyHours:
    return WeeklyHours(weekday, time(start), time(end), centre.id, **more)


def test_a_new_clinician_has_rules_and_one_service_at_the_consultation_fee(
    session: Session, leeds: Centre
) -> None:
    clinician = a_clinician(session, leeds, price_minor=7500, minutes=45)
    [service] = services_of(session, clinician.id)
    assert (service.title, service.duration_minutes, service.price_minor) == ("Consultation", 45, 7500)
    assert session.scalar(select(func.count()).where(Schedule.clinician_id == clinician.id)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, 9, 12), (1, 11, 14)),
        ((1, 9, 17), (1, 10, 11)),
        ((1, 9, 12, 2), (1, 11, 14)),
        ((1, 9, 12), (1, 11, 14, 5)),
        ((1, 9, 12, 3), (1, 11, 14, 3)),
    ],
)
def test_hours_that_overlap_are_refused(
    session: Session, leeds: Centre, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    clinician = a_clinician(session, leeds)
    hours = [WeeklyHours(day, time(a), time(b), leeds.id, *week) for day, a, b, *week in (first, second)]
    with pytest.raises(HoursOverlap) as refusal:
        commands.replace_hours(session, clinician, hours, at=NOW)
    assert refusal.value.position == 1


@pytest.mark.parametrize(
    "hours", [[(1, 9, 12), (1, 12, 14)], [(1, 9, 12, 1), (1, 9, 12, 2)], [(1, 9, 12), (2, 9, 12)]]
)
def test_hours_that_meet_or_never_share_a_day_are_fine(
    session: Session, leeds: Centre, hours: list[tuple[int, ...]]
) -> None:
    clinician = a_clinician(session, leeds)
    wanted = [WeeklyHours(day, time(a), time(b), leeds.id, *week) for day, a, b, *week in hours]
    commands.replace_hours(session, clinician, wanted, at=NOW)
    session.flush()
    assert len(weekly_rules(session, clinician.id)) == 2


def test_hours_at_two_centres_at_once_are_refused(session: Session, leeds: Centre) -> None:
    york = a_centre(session)
    clinician = a_clinician(session, leeds, york)
    with pytest.raises(HoursOverlap):
        commands.replace_hours(session, clinician, [window(1, 9, 12, leeds), window(1, 11, 14, york)], at=NOW)


def test_hours_that_end_before_they_start_are_refused_by_their_position(
    session: Session, leeds: Centre
) -> None:
    clinician = a_clinician(session, leeds)
    with pytest.raises(HoursEndBeforeStart) as refusal:
        commands.replace_hours(
            session, clinician, [window(1, 9, 12, leeds), window(2, 12, 12, leeds)], at=NOW
        )
    assert refusal.value.position == 1


def test_hours_belong_to_a_centre_where_the_clinician_works(session: Session, leeds: Centre) -> None:
    clinician, york = a_clinician(session, leeds), a_centre(session)
    for centre in (york, None):
        with pytest.raises(Invalid) as refusal:
            commands.replace_hours(session, clinician, week("Mon 9-12", centre), at=NOW)
        assert "centre_id" in refusal.value.details


def test_a_centre_manager_changes_the_hours_at_the_own_centre_and_leaves_the_others(
    session: Session, leeds: Centre
) -> None:
    york = a_centre(session)
    clinician = a_clinician(session, leeds, york, hours=[*week("Mon 9-12", leeds), *week("Tue 9-12", york)])
    manager = an_actor(session, Role.CENTRE_MANAGER, centre=leeds)
    commands.replace_hours(session, clinician, week("Wed 9-12", leeds), at=NOW, by=manager)
    session.flush()
    assert [(rule.weekday, rule.centre_id) for rule in weekly_rules(session, clinician.id)] == [
        (2, york.id),
        (3, leeds.id),
    ]
    with pytest.raises(Forbidden):
        commands.replace_hours(session, clinician, week("Thu 9-12", york), at=NOW, by=manager)
    with pytest.raises(HoursOverlap):
        commands.replace_hours(session, clinician, week("Tue 11-14", leeds), at=NOW, by=manager)


def test_clinicians_change_their_whole_week(session: Session, leeds: Centre) -> None:
    york = a_centre(session)
    clinician = a_clinician(session, leeds, york, hours=[*week("Mon 9-12", leeds), *week("Tue 9-12", york)])
    jane = an_actor(session, Role.CLINICIAN, clinician=clinician)
    commands.replace_hours(session, clinician, week("Fri 9-12", york), at=NOW, by=jane)
    session.flush()
    assert [rule.weekday for rule in weekly_rules(session, clinician.id)] == [5]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"starts_on": TODAY, "ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": TODAY, "ends_on": TODAY, "start_time": time(9)}, "start_time"),
        ({"starts_on": TODAY, "ends_on": TODAY, "start_time": time(9), "end_time": time(9)}, "end_time"),
        ({"starts_on": TODAY, "ends_on": TODAY, "is_available": True}, "start_time"),
        ({"starts_on": TODAY, "ends_on": TODAY, "centre_id": 0}, "centre_id"),
    ],
)
def test_leave_that_makes_no_sense_is_refused_at_its_field(
    session: Session, leeds: Centre, facts: dict[str, object], field: str
) -> None:
    clinician = a_clinician(session, leeds)
    with pytest.raises(Invalid) as refusal:
        commands.add_exception(session, clinician, **facts)  # type: ignore[arg-type]
    assert list(refusal.value.details) == [field]


def test_leave_can_be_taken_back_by_whom_it_belongs_to(session: Session, leeds: Centre) -> None:
    jane, joan = a_clinician(session, leeds), a_clinician(session, leeds)
    leave = commands.add_exception(session, jane, starts_on=TODAY, ends_on=TODAY, reason="Course")
    session.flush()
    with pytest.raises(NotFound):
        commands.remove_exception(session, joan, leave.id)
    commands.remove_exception(session, jane, leave.id)
    session.flush()
    assert date_exceptions(session, jane.id, from_on=TODAY) == []


def test_booking_rules_are_kept(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, leeds)
    commands.change_booking_rules(
        session, clinician, notice_hours=0, advance_days=730, deadline_hours=48, at=NOW
    )
    session.flush()
    rules = booking_rules(session, clinician.id)
    assert (rules.notice_hours, rules.advance_days, rules.deadline_hours) == (0, 730, 48)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"notice_hours": 721}, "notice_hours"),
        ({"advance_days": 0}, "advance_days"),
        ({"deadline_hours": -1}, "deadline_hours"),
    ],
)
def test_booking_rules_that_make_no_sense_are_refused_at_their_field(
    session: Session, leeds: Centre, facts: dict[str, int], field: str
) -> None:
    clinician = a_clinician(session, leeds)
    rules = {"notice_hours": 24, "advance_days": 90, "deadline_hours": 24, **facts}
    refusal = refused(
        session,
        lambda: commands.change_booking_rules(session, clinician, **rules, at=NOW),
    )
    assert list(refusal.details) == [field]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"duration_minutes": 4}, "duration_minutes"),
        ({"duration_minutes": 481}, "duration_minutes"),
        ({"buffer_before_minutes": 121}, "buffer_before_minutes"),
        ({"buffer_after_minutes": -1}, "buffer_after_minutes"),
        ({"price_minor": -1}, "price_minor"),
        ({"is_online": False, "is_in_person": False}, "is_online"),
    ],
)
def test_a_service_that_makes_no_sense_is_refused_at_its_field(
    session: Session, leeds: Centre, facts: dict[str, object], field: str
) -> None:
    clinician = a_clinician(session, leeds)
    values = {"title": "Assessment", "duration_minutes": 30, **facts}
    refusal = refused(session, lambda: commands.add_service(session, clinician, **values))  # type: ignore[arg-type]
    assert list(refusal.details) == [field]


def test_a_service_costs_the_consultation_fee_unless_the_practice_says_otherwise(
    session: Session, leeds: Centre
) -> None:
    clinician = a_clinician(session, leeds, price_minor=6000)
    jane = an_actor(session, Role.CLINICIAN, clinician=clinician)
    manager = an_actor(session, Role.MANAGER)
    usual = commands.add_service(session, clinician, by=jane, title="Review", duration_minutes=30)
    assert usual.price_minor == 6000
    with pytest.raises(FeeIsSetByPractice):
        commands.add_service(session, clinician, by=jane, title="Long", duration_minutes=90, price_minor=9000)
    with pytest.raises(FeeIsSetByPractice):
        commands.edit_service(session, usual, by=jane, price_minor=1)
    commands.edit_service(session, usual, by=jane, title="Second review", price_minor=6000)
    commands.edit_service(session, usual, by=manager, price_minor=5000)
    assert (usual.title, usual.price_minor) == ("Second review", 5000)


def test_who_works_at_no_centre_sets_their_own_prices(session: Session) -> None:
    clinician = a_clinician(session, None)
    self = an_actor(session, Role.CLINICIAN, clinician=clinician)
    commands.edit_service(session, service_of(session, clinician), by=self, price_minor=1234)
    session.flush()
    assert session.scalar(select(Service.price_minor).where(Service.clinician_id == clinician.id)) == 1234
