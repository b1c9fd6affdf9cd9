"""My day: what a clinician sees of a day, and what can be done right there."""

import re
from datetime import time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment, Status
from portal.centres.commands import add_holiday
from portal.core import clock
from portal.core.permissions import SYSTEM, Role
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_hold,
    a_patient,
    an_account,
    an_actor,
    an_appointment,
    an_override,
    wall,
)
from tests.web.helpers import HTMX, counted, sign_in


@pytest.fixture
def jane(session: Session) -> Clinician:
    """She works from 9 to 12 and from 13 to 17 on each day of the week, with ten minutes' pause after each visit."""
    return a_clinician(session, hours="Mon-Sun 9-12, Mon-Sun 13-17", minutes=50, pause_after=10)


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))


def booked(session: Session, jane: Clinician, hour: int, name: str, day: str = "2026-03-02") -> Appointment:
    """A visit that the practice has put in, whatever the notice."""
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    patient = a_patient(session, full_name=name)
    starts_at, at = wall(f"{day} {hour:02}:00"), wall(f"{day} 00:30")
    return an_appointment(
        session,
        clinician=jane,
        patient=patient,
        starts_at=starts_at,
        by=by,
        at=at,
        override=an_override(),
    )


def in_order(page: str, *words: str) -> bool:
    """Do the words stand on the page in this order?"""
    return re.search(".*".join(map(re.escape, words)), page, re.DOTALL) is not None


def test_the_day_shows_visits_free_time_and_where_it_is_now(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    booked(session, jane, 10, "Omar Haddad")
    with clock.travel_to(wall("2026-03-02 09:30")):
        page = her_browser.get("/clinician/day").text
    assert "Monday 2 March 2026" in page
    assert in_order(
        page, "Free until 09:30", 'aria-label="Now"', "Free until 10:00", "Omar Haddad", "Free until 12:00"
    )
    assert "1 booked" in page
    assert "0 arrived" in page
    assert "5 hours 30 minutes still free" in page


def test_a_gap_that_is_all_pause_is_called_a_pause(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    booked(session, jane, 10, "Omar Haddad")
    booked(session, jane, 11, "Ana Silva")
    page = her_browser.get("/clinician/day").text
    assert in_order(page, "Omar Haddad", "Pause until 11:00", "Ana Silva")


def test_another_day_has_no_mark_for_now_and_does_not_refresh_itself(her_browser: FlaskClient) -> None:
    tomorrow = her_browser.get("/clinician/day?date=2026-03-03").text
    assert "Tuesday 3 March" in tomorrow
    assert 'aria-label="Now"' not in tomorrow
    assert "every 60s" not in tomorrow
    assert "every 60s" in her_browser.get("/clinician/day").text


@pytest.mark.parametrize("nonsense", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_means_today(her_browser: FlaskClient, nonsense: str) -> None:
    assert "Monday 2 March 2026" in her_browser.get(f"/clinician/day?date={nonsense}").text


def test_the_fragment_is_a_piece_of_the_page(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    booked(session, jane, 10, "Omar Haddad")
    piece = her_browser.get("/clinician/day", headers=HTMX).text
    whole = her_browser.get("/clinician/day").text
    without_tokens = re.compile(r'value="[^"]*\.[^"]*"')
    assert without_tokens.sub("", piece).strip() in without_tokens.sub("", whole)
    assert "<html" not in piece


def test_a_visit_offers_the_next_step_and_leads_back_to_the_day(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    visit = booked(session, jane, 10, "Omar Haddad")
    page = her_browser.get("/clinician/day").text
    assert f'href="/clinician/day?date=2026-03-02&amp;appointment={visit.id}#beside-title"' in page
    assert f'action="/appointments/{visit.id}/arrival"' in page
    back = f"/clinician/day?date=2026-03-02#agenda-{visit.id}"
    assert f'name="next" value="{back}"' in page
    arrived = her_browser.post(f"/appointments/{visit.id}/arrival", data={"next": back})
    assert (arrived.status_code, arrived.location) == (303, back)
    page = her_browser.get("/clinician/day").text
    assert "1 arrived" in page
    assert f'action="/appointments/{visit.id}/start"' in page


def test_steps_follow_one_another_to_the_end(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    visit = booked(session, jane, 9, "Omar Haddad")
    with clock.travel_to(wall("2026-03-02 09:05")):
        for noun in ("arrival", "start", "completion"):
            assert f"/appointments/{visit.id}/{noun}" in her_browser.get("/clinician/day").text
            her_browser.post(f"/appointments/{visit.id}/{noun}", data={})
            if noun == "start":
                assert "In progress" in her_browser.get("/clinician/day").text
        page = her_browser.get("/clinician/day").text
    assert "Completed" in page
    assert "<form" not in page.partition('id="agenda"')[2].partition("</ol>")[0]


def test_who_did_not_come_can_be_marked_once_the_time_is_over(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    visit = booked(session, jane, 9, "Omar Haddad")
    with clock.travel_to(wall("2026-03-02 09:50")):
        page = her_browser.get("/clinician/day").text
    assert in_order(page, f"/appointments/{visit.id}/completion", f"/appointments/{visit.id}/no-show")


def test_requests_of_other_days_wait_at_the_top(client: FlaskClient, session: Session) -> None:
    jane = a_clinician(session, requires_acceptance=True)
    omar = a_patient(session, full_name="Omar Haddad")
    request = an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-05 10:00"))
    assert request.status == Status.PENDING
    sign_in(client, session.get_one(Account, jane.account_id))
    page = client.get("/clinician/day").text
    assert "1 request waits for you" in page
    assert in_order(page, "Omar Haddad", "Thursday 5 March, 10:00", f"/appointments/{request.id}/acceptance")
    client.post(f"/appointments/{request.id}/acceptance", data={"next": "/clinician/day?date=2026-03-02"})
    assert "waits for you" not in client.get("/clinician/day").text


def test_a_request_of_the_day_stands_in_the_day_only(client: FlaskClient, session: Session) -> None:
    jane = a_clinician(session, requires_acceptance=True)
    request = an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 10:00"))
    sign_in(client, session.get_one(Account, jane.account_id))
    page = client.get("/clinician/day?date=2026-03-05").text
    assert "waits for you" not in page
    assert "1 to accept" in page
    assert f"/appointments/{request.id}/refusal" in page


def test_a_request_that_was_not_answered_in_time_is_gone(client: FlaskClient, session: Session) -> None:
    jane = a_clinician(session, requires_acceptance=True)
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 10:00"))
    account = session.get_one(Account, jane.account_id)
    with clock.travel_to(wall("2026-03-05 10:01")):
        sign_in(client, account)
        page = client.get("/clinician/day").text
    assert "Ana Silva" not in page
    assert "waits for you" not in page


def test_a_time_that_is_only_held_takes_the_place_and_names_nobody(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    omar = a_patient(session, full_name="Omar Haddad")
    held = a_hold(session, jane, patient=omar, starts_at=wall("2026-03-04 10:00"))
    page = her_browser.get("/clinician/day?date=2026-03-04").text
    assert "Being booked" in page
    assert "Omar Haddad" not in page
    assert f'href="/appointments/{held.id}"' not in page
    assert "0 booked" in page


def test_the_day_says_when_the_clinician_is_away(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    on = wall("2026-03-04 12:00").date()
    add_exception(session, jane, starts_on=on, ends_on=on)
    later = on + timedelta(days=1)
    add_exception(session, jane, starts_on=later, ends_on=later, start_time=time(14), end_time=time(16))
    session.flush()
    assert "You are on leave on this day." in her_browser.get("/clinician/day?date=2026-03-04").text
    partly = her_browser.get("/clinician/day?date=2026-03-05").text
    assert "You are away from 14:00 to 16:00." in partly
    assert in_order(partly, "Free until 14:00", "Free until 17:00")


def test_the_day_says_when_a_centre_is_closed(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    centre = jane.centres[0]
    add_holiday(session, centre, by=SYSTEM, holiday_on=wall("2026-03-04 12:00").date(), name="Fair", at=NOW)
    session.flush()
    page = her_browser.get("/clinician/day?date=2026-03-04").text
    assert f"{centre.name} is closed on this day: holiday." in page
    assert "Free until" not in page


@pytest.mark.parametrize(
    ("day", "free"),
    [("2026-03-29", "6 hours free"), ("2026-10-25", "8 hours free"), ("2026-03-28", "7 hours free")],
)
def test_the_days_on_which_the_clocks_change_have_their_own_length(
    client: FlaskClient, session: Session, day: str, free: str
) -> None:
    """Hours from midnight to seven: six of them on the short day, eight on the long one."""
    jane = a_clinician(session, hours="Mon-Sun 0-7")
    sign_in(client, session.get_one(Account, jane.account_id))
    page = client.get(f"/clinician/day?date={day}").text
    assert free in page


def test_a_visit_after_the_spring_change_stands_at_its_wall_time(
    client: FlaskClient, session: Session
) -> None:
    jane = a_clinician(session, hours="Mon-Sun 0-7")
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-29 03:00"), by=by)
    sign_in(client, session.get_one(Account, jane.account_id))
    page = client.get("/clinician/day?date=2026-03-29").text
    assert in_order(page, "Free until 03:00", "2026-03-29T02:00:00Z", "Ana Silva", "Free until 07:00")


def test_a_clinician_sees_no_one_elses_day(her_browser: FlaskClient, session: Session) -> None:
    zed = a_clinician(session, hours="Mon-Sun 9-17")
    booked(session, zed, 10, "Zoe Zander")
    assert "Zoe Zander" not in her_browser.get("/clinician/day").text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FRONT_DESK, Role.PATIENT])
def test_only_clinicians_have_a_day(client: FlaskClient, session: Session, role: Role) -> None:
    sign_in(client, an_account(session, role))
    assert client.get("/clinician/day").status_code == 403


def test_who_is_not_signed_in_is_asked_to(client: FlaskClient) -> None:
    assert client.get("/clinician/day").location.startswith("/staff/sign-in")


def test_the_day_costs_few_queries_however_full_it_is(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    booked(session, jane, 9, "Omar Haddad", day="2026-03-03")
    with counted() as few:
        her_browser.get("/clinician/day?date=2026-03-03")
    for hour in (10, 11, 13, 14):
        booked(session, jane, hour, f"Patient {'ABCDE'[hour % 5]}", day="2026-03-03")
    with counted() as many:
        her_browser.get("/clinician/day?date=2026-03-03")
    assert len(many) == len(few)
    assert len(many) <= 8
