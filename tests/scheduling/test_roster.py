"""Hours, leave and holidays as they are read from the database."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.centres.commands import add_holiday, set_centre_active
from portal.centres.models import Centre
from portal.core.errors import NotFound
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception, replace_hours
from portal.scheduling.queries import booking_rules, date_exceptions, get_service, services_of, weekly_rules
from portal.scheduling.rosters import BookingRules, roster
from portal.scheduling.rules import Timetable
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_service, service_of, week

MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)


@pytest.fixture
def leeds(session: Session) -> Centre:
    return a_centre(session)


@pytest.fixture
def new_york(session: Session) -> Centre:
    return a_centre(session, city="New York", time_zone="America/New_York")


def table(session: Session, clinician: Clinician, centre: Centre | None) -> Timetable:
    found = roster(session, [clinician.id], MONDAY, SUNDAY).timetables
    return found[clinician.id, centre.id if centre else None]


def hours_on(timetable: Timetable, day: date) -> list[str]:
    return [
        f"{opening.start.astimezone(timetable.zone):%H:%M}-{opening.end.astimezone(timetable.zone):%H:%M}"
        for opening, _ in timetable.openings(day)
    ]


def test_hours_at_each_centre_are_wall_time_of_that_centre(
    session: Session, leeds: Centre, new_york: Centre
) -> None:
    clinician = a_clinician(
        session, leeds, new_york, hours=[*week("Mon 9-12", leeds), *week("Mon 14-17", new_york)]
    )
    assert hours_on(table(session, clinician, leeds), MONDAY) == ["09:00-12:00"]
    opening, _ = table(session, clinician, new_york).openings(MONDAY)[0]
    assert opening.start.hour == 19, "14:00 in New York"


def test_somebody_who_works_online_keeps_the_hours_of_their_own_zone(session: Session) -> None:
    clinician = a_clinician(session, None, time_zone="Asia/Kolkata", hours="Mon 10-11")
    opening, _ = table(session, clinician, None).openings(MONDAY)[0]
    assert f"{opening.start:%H:%M}" == "04:30"


def test_a_closed_centre_has_no_hours(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, leeds)
    add_exception(
        session,
        clinician,
        starts_on=MONDAY,
        ends_on=MONDAY,
        start_time=time(18),
        end_time=time(19),
        is_available=True,
        centre_id=leeds.id,
    )
    set_centre_active(session, leeds, by=SYSTEM, is_active=False, at=NOW)
    session.flush()
    found = roster(session, [clinician.id], MONDAY, SUNDAY)
    assert found.timetables == {}
    assert found.rules == {clinician.id: BookingRules(24, 90, 24)}


def test_leave_holds_everywhere_or_at_one_centre(session: Session, leeds: Centre, new_york: Centre) -> None:
    both = [*week("Mon/Tue 9-12", leeds), *week("Mon/Tue 14-17", new_york)]
    clinician = a_clinician(session, leeds, new_york, hours=both)
    tuesday = MONDAY + timedelta(days=1)
    add_exception(session, clinician, starts_on=MONDAY, ends_on=MONDAY)
    add_exception(session, clinician, starts_on=tuesday, ends_on=tuesday, centre_id=leeds.id)
    session.flush()
    assert hours_on(table(session, clinician, leeds), MONDAY) == []
    assert hours_on(table(session, clinician, new_york), MONDAY) == []
    assert hours_on(table(session, clinician, leeds), tuesday) == []
    assert hours_on(table(session, clinician, new_york), tuesday) == ["14:00-17:00"]


def test_extra_hours_at_a_centre_without_weekly_hours_open_it(
    session: Session, leeds: Centre, new_york: Centre
) -> None:
    clinician = a_clinician(session, leeds, new_york, hours="Mon 9-12")
    extra = {"start_time": time(18), "end_time": time(20), "is_available": True, "centre_id": new_york.id}
    add_exception(session, clinician, starts_on=MONDAY, ends_on=MONDAY, **extra)  # type: ignore[arg-type]
    session.flush()
    assert hours_on(table(session, clinician, new_york), MONDAY) == ["18:00-20:00"]


def test_a_holiday_closes_its_own_centre_only(session: Session, leeds: Centre, new_york: Centre) -> None:
    both = [*week("Mon 9-12", leeds), *week("Mon 14-17", new_york)]
    clinician = a_clinician(session, leeds, new_york, hours=both)
    add_holiday(session, leeds, by=SYSTEM, holiday_on=MONDAY, name="Fair", at=NOW)
    assert hours_on(table(session, clinician, leeds), MONDAY) == []
    assert hours_on(table(session, clinician, new_york), MONDAY) == ["14:00-17:00"]


def test_only_what_touches_the_dates_is_read(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, leeds)
    for starts_on, ends_on in [(1, 1), (1, 2), (5, 6), (8, 9), (9, 9)]:
        add_exception(session, clinician, starts_on=date(2026, 3, starts_on), ends_on=date(2026, 3, ends_on))
    session.flush()
    read = table(session, clinician, leeds).exceptions
    assert sorted((one.starts_on.day, one.ends_on.day) for one in read) == [(1, 2), (5, 6), (8, 9)]


def test_one_centre_can_be_asked_for(session: Session, leeds: Centre, new_york: Centre) -> None:
    clinician = a_clinician(
        session, leeds, new_york, hours=[*week("Mon 9-12", leeds), *week("Mon 14-17", new_york)]
    )
    found = roster(session, [clinician.id], MONDAY, SUNDAY, centre_id=new_york.id)
    assert list(found.timetables) == [(clinician.id, new_york.id)]


def test_a_roster_takes_one_query_however_many_clinicians_are_asked_about(
    session: Session, leeds: Centre
) -> None:
    clinicians = [a_clinician(session, leeds) for _ in range(5)]
    statements: list[str] = []

    def note(*details: object) -> None:
        statements.append(str(details[2]))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        found = roster(session, [clinician.id for clinician in clinicians], MONDAY, SUNDAY)
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", note)
    assert len(found.timetables) == 5
    assert len(statements) == 1


def test_the_weekly_hours_and_the_coming_exceptions_are_listed_in_order(
    session: Session, leeds: Centre
) -> None:
    clinician = a_clinician(session, leeds, hours="Tue 14-17, Mon 9-12, Tue 9-12")
    for day in (9, 1, 5):
        add_exception(session, clinician, starts_on=date(2026, 3, day), ends_on=date(2026, 3, day))
    session.flush()
    assert [(rule.weekday, rule.start_time.hour) for rule in weekly_rules(session, clinician.id)] == [
        (1, 9),
        (2, 9),
        (2, 14),
    ]
    assert [one.starts_on.day for one in date_exceptions(session, clinician.id, from_on=MONDAY)] == [5, 9]


def test_services_that_are_switched_off_are_not_offered(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, leeds)
    off = a_service(session, clinician, title="Assessment", is_active=False)
    assert [service.title for service in services_of(session, clinician.id)] == ["Consultation"]
    assert len(services_of(session, clinician.id, active_only=False)) == 2
    assert get_service(session, clinician.id, off.id) is off


def test_a_service_or_rules_of_nobody_are_not_found(session: Session, leeds: Centre) -> None:
    jane, joan = a_clinician(session, leeds), a_clinician(session, leeds)
    with pytest.raises(NotFound):
        get_service(session, joan.id, service_of(session, jane).id)
    with pytest.raises(NotFound):
        booking_rules(session, 0)


def test_the_whole_week_is_replaced(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, leeds, hours="Mon-Fri 9-17")
    replace_hours(session, clinician, week("Sat 10-12", leeds), at=NOW)
    session.flush()
    assert [rule.weekday for rule in weekly_rules(session, clinician.id)] == [6]
