"""Leave and extra hours: dates on which the week does not hold."""

from datetime import date, time

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from portal.scheduling.models import DateException
from portal.scheduling.queries import date_exceptions
from tests.factories import (
    a_centre,
    a_clinician,
    a_patient,
    an_account,
    an_actor,
    an_appointment,
    slots_of,
    wall,
)
from tests.web.helpers import counted, errors_in, sign_in

TODAY = date(2026, 3, 2)


def leave(clinician: Clinician) -> str:
    return f"/schedules/{clinician.id}/leave"


def extra(clinician: Clinician) -> str:
    return f"/schedules/{clinician.id}/extra-hours"


def exceptions_of(session: Session, clinician: Clinician) -> list[DateException]:
    session.expire_all()
    return date_exceptions(session, clinician.id, from_on=TODAY)


def test_days_away_are_offered_to_nobody(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    assert "No leave is planned." in her_browser.get(leave(jane)).text
    data = {"starts_on": "2026-03-04", "ends_on": "2026-03-05", "reason": "Conference"}
    assert her_browser.post(leave(jane), data=data).location == leave(jane)
    page = her_browser.get(leave(jane)).text
    assert "Wednesday 4 March 2026 to Thursday 5 March 2026" in page
    assert "Conference" in page
    assert {slot.starts_at.day for slot in slots_of(session, jane)}.isdisjoint({4, 5})


def test_one_day_needs_no_last_day_and_hours_leave_the_rest_of_it(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    her_browser.post(
        leave(jane), data={"starts_on": "2026-03-04", "start_time": "10:00", "end_time": "16:00"}
    )
    offered = [slot.starts_at.hour for slot in slots_of(session, jane) if slot.starts_at.day == 4]
    assert offered == [9, 16]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"starts_on": ""}, "Enter the first day"),
        ({"starts_on": " "}, "Enter the first day"),
        ({"starts_on": "2199-12-31"}, "Enter a day within the next five years"),
        ({"starts_on": "2026-03-10", "ends_on": "2031-03-04"}, "Enter a day within the next five years"),
        ({"starts_on": "9999-12-31"}, "Enter a date between 1900 and 2199"),
        ({"starts_on": "soon"}, "Enter a date, like 2027-06-04"),
        ({"starts_on": "2026-03-10", "ends_on": "2026-03-09"}, "The last day must not be before the first."),
        ({"starts_on": "2026-03-01"}, "These days are over"),
        ({"starts_on": "2026-03-10", "start_time": "10:00"}, "Give both times, or none for whole days."),
        (
            {"starts_on": "2026-03-10", "start_time": "10:00", "end_time": "09:00"},
            "The end must be after the start.",
        ),
        ({"starts_on": "2026-03-10", "centre_id": "999999"}, "Choose one of the options"),
    ],
)
def test_leave_that_makes_no_sense_comes_back_filled_in(
    her_browser: FlaskClient, session: Session, jane: Clinician, data: dict[str, str], complaint: str
) -> None:
    answer = her_browser.post(leave(jane), data={"reason": "A long rest"} | data)
    assert answer.status_code == 422
    assert complaint in errors_in(answer)
    assert 'value="A long rest"' in answer.text
    assert exceptions_of(session, jane) == []


def test_leave_that_strands_somebody_is_taken_only_after_a_second_yes(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    omar = a_patient(session, full_name="Omar Haddad")
    visit = an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-10 15:00"))
    data = {"starts_on": "2026-03-09", "ends_on": "2026-03-13"}
    asked = her_browser.post(leave(jane), data=data)
    assert asked.status_code == 409
    assert "Omar Haddad" in asked.text
    assert 'value="2026-03-13"' in asked.text
    assert exceptions_of(session, jane) == []
    assert her_browser.post(leave(jane), data=data | {"accepted": str(visit.id)}).status_code == 303
    assert len(exceptions_of(session, jane)) == 1


def test_leave_can_be_taken_back(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    away = add_exception(session, jane, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 4))
    session.flush()
    assert her_browser.post(f"{leave(jane)}/{away.id}/removal").location == leave(jane)
    assert exceptions_of(session, jane) == []


def test_leave_at_one_centre_leaves_the_other_open(client: FlaskClient, session: Session) -> None:
    here, there = a_centre(session), a_centre(session)
    jane = a_clinician(session, here, there)
    sign_in(client, an_account(session, Role.ADMIN))
    assert "All centres" in client.get(leave(jane)).text
    client.post(leave(jane), data={"starts_on": "2026-03-04", "centre_id": str(there.id)})
    assert [slot for slot in slots_of(session, jane) if slot.starts_at.day == 4]
    assert there.name in client.get(leave(jane)).text


def test_extra_hours_are_offered(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    data = {"starts_on": "2026-03-07", "start_time": "10:00", "end_time": "12:00"}
    assert her_browser.post(extra(jane), data=data).location == extra(jane)
    assert "Saturday 7 March 2026" in her_browser.get(extra(jane)).text
    assert "Saturday 7 March 2026" not in her_browser.get(leave(jane)).text
    assert [slot.starts_at.hour for slot in slots_of(session, jane) if slot.starts_at.day == 7] == [10, 11]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"starts_on": "2026-03-07"}, "Enter when the hours begin"),
        ({"starts_on": "2026-03-07", "start_time": "10:00", "end_time": ""}, "Enter when the hours end"),
        (
            {"starts_on": "2026-03-07", "start_time": "12:00", "end_time": "10:00"},
            "The end must be after the start.",
        ),
        (
            {"starts_on": "2026-03-29", "start_time": "01:00", "end_time": "02:00"},
            "The clocks go forward that night and leave these hours out.",
        ),
        (
            {"starts_on": "2026-03-29", "start_time": "01:15", "end_time": "01:45"},
            "The clocks go forward that night and leave these hours out.",
        ),
    ],
)
def test_extra_hours_that_make_no_sense_come_back(
    her_browser: FlaskClient, session: Session, jane: Clinician, data: dict[str, str], complaint: str
) -> None:
    answer = her_browser.post(extra(jane), data=data)
    assert answer.status_code == 422
    assert complaint in errors_in(answer)
    assert f'value="{data["starts_on"]}"' in answer.text
    assert exceptions_of(session, jane) == []


def test_extra_hours_that_begin_before_the_clocks_go_forward_are_offered(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    data = {"starts_on": "2026-03-29", "start_time": "00:30", "end_time": "02:30"}
    assert her_browser.post(extra(jane), data=data).location == extra(jane)


def test_extra_hours_in_which_somebody_is_booked_go_only_after_a_second_yes(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    opened = add_exception(
        session,
        jane,
        starts_on=date(2026, 3, 7),
        ends_on=date(2026, 3, 7),
        start_time=time(10),
        end_time=time(12),
        is_available=True,
        centre_id=jane.primary_centre_id,
    )
    session.flush()
    visit = an_appointment(session, clinician=jane, starts_at=wall("2026-03-07 10:00"))
    removal = f"{extra(jane)}/{opened.id}/removal"
    asked = her_browser.post(removal)
    assert asked.status_code == 409
    assert "Ana Silva" in asked.text
    assert "Remove all the same; they stay booked" in asked.text
    assert f'action="{removal}"' in asked.text
    assert her_browser.post(removal, data={"accepted": str(visit.id)}).status_code == 303
    assert exceptions_of(session, jane) == []


def test_an_exception_of_somebody_else_is_not_found(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    zed = a_clinician(session)
    away = add_exception(session, zed, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 4))
    session.flush()
    assert her_browser.post(f"{leave(jane)}/{away.id}/removal").status_code == 404
    assert her_browser.post(f"{leave(zed)}/{away.id}/removal").status_code == 404
    assert her_browser.get(leave(zed)).status_code == 404


def test_leave_is_not_removed_as_extra_hours(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    away = add_exception(session, jane, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 4))
    session.flush()
    assert her_browser.post(f"{extra(jane)}/{away.id}/removal").status_code == 404


def test_a_manager_of_one_centre_leaves_the_exceptions_of_the_other_alone(
    client: FlaskClient, session: Session
) -> None:
    here, there = a_centre(session), a_centre(session)
    jane = a_clinician(session, here, there)
    away = add_exception(
        session, jane, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 4), centre_id=there.id
    )
    session.flush()
    sign_in(client, an_account(session, Role.CENTRE_MANAGER, centre=here))
    assert "/removal" not in client.get(leave(jane)).text
    assert client.post(f"{leave(jane)}/{away.id}/removal").status_code == 403
    there_only = {"starts_on": "2026-03-05", "centre_id": str(there.id)}
    assert client.post(leave(jane), data=there_only).status_code == 422


def test_who_is_a_patient_too_still_has_their_leave(client: FlaskClient, session: Session) -> None:
    """Leave is about the clinician's own work; another clinician's appointments are not in the way."""
    jane, zed = a_clinician(session), a_clinician(session)
    an_appointment(
        session, clinician=zed, by=an_actor(session, Role.ADMIN), starts_at=wall("2026-03-10 15:00")
    )
    sign_in(client, an_account(session, Role.ADMIN))
    assert client.post(leave(jane), data={"starts_on": "2026-03-10"}).status_code == 303


@pytest.mark.parametrize("page", [leave, extra])
def test_the_pages_cost_few_queries(
    her_browser: FlaskClient, session: Session, jane: Clinician, page: object
) -> None:
    for day in range(4, 12):
        add_exception(session, jane, starts_on=date(2026, 3, day), ends_on=date(2026, 3, day))
    session.flush()
    with counted() as queries:
        her_browser.get(page(jane))  # type: ignore[operator]
    assert len(queries) <= 8
