"""The day of the visit: each button stands there when it can be pressed, and a stale one is refused."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, AppointmentChange, Status
from portal.core.permissions import SYSTEM
from tests.conftest import NOW
from tests.factories import account_of, slots_of
from tests.web.helpers import HTMX, errors_in
from tests.web.staff.conftest import FRIDAY_AT_TEN, BrowserOf, on_duty

DAY_BEFORE = FRIDAY_AT_TEN - timedelta(days=1)
MORNING = FRIDAY_AT_TEN - timedelta(hours=2)
SOON = FRIDAY_AT_TEN - timedelta(minutes=30)
DURING = FRIDAY_AT_TEN + timedelta(minutes=10)
DAY_AFTER = FRIDAY_AT_TEN + timedelta(days=1)
NOUNS = ("acceptance", "refusal", "arrival", "start", "completion", "no-show", "rescheduling", "cancellation")
ASKED_FIRST = {"no-show": "no-show/terms"}
"""What is for good is a link to a page that says what it means."""


def address(visit: Appointment, noun: str = "") -> str:
    return f"/appointments/{visit.id}{noun}"


def buttons(client: FlaskClient, visit: Appointment, at: datetime) -> set[str]:
    """Which of the actions the page offers at that time."""
    with on_duty(at):
        shown = client.get(address(visit)).text
    return {noun for noun in NOUNS if f'"{address(visit, "/" + ASKED_FIRST.get(noun, noun))}"' in shown}


@pytest.mark.parametrize(
    ("at", "offered"),
    [
        (DAY_BEFORE, {"rescheduling", "cancellation"}),
        (MORNING, {"arrival", "rescheduling", "cancellation"}),
        (SOON, {"arrival", "start", "rescheduling", "cancellation"}),
        (DURING, {"arrival", "start", "completion", "no-show"}),
        (DAY_AFTER, {"start", "completion", "no-show"}),
    ],
)
def test_the_clinician_sees_what_can_be_done_at_each_time_of_the_day(
    janes: FlaskClient, visit: Appointment, at: datetime, offered: set[str]
) -> None:
    assert buttons(janes, visit, at) == offered


@pytest.mark.parametrize("noun", ["arrival", "start", "completion", "no-show"])
@pytest.mark.parametrize("at", [DAY_BEFORE, MORNING, SOON, DURING, DAY_AFTER])
def test_what_is_offered_is_possible_and_what_is_not_is_refused(
    janes: FlaskClient, visit: Appointment, at: datetime, noun: str
) -> None:
    is_offered = noun in buttons(janes, visit, at)
    with on_duty(at):
        assert janes.post(address(visit, f"/{noun}")).status_code == (303 if is_offered else 409)


def test_the_desk_checks_in_and_cancels_and_nothing_else(fay: FlaskClient, visit: Appointment) -> None:
    assert buttons(fay, visit, SOON) == {"arrival", "cancellation"}
    assert buttons(fay, visit, DURING) == {"arrival"}
    with on_duty(DURING):
        for noun in ("acceptance", "refusal", "start", "completion", "no-show"):
            assert fay.post(address(visit, f"/{noun}")).status_code == 403, noun


def test_a_visit_from_the_door_to_its_end(
    fay: FlaskClient, janes: FlaskClient, session: Session, visit: Appointment
) -> None:
    with on_duty(SOON):
        assert fay.post(address(visit, "/arrival")).status_code == 303
        assert "Marked as arrived" in fay.get(address(visit)).text
    assert buttons(janes, visit, SOON) == {"start", "rescheduling", "cancellation"}
    with on_duty(FRIDAY_AT_TEN):
        assert janes.post(address(visit, "/start")).status_code == 303
    assert buttons(janes, visit, DURING) == {"completion"}
    with on_duty(DURING):
        assert janes.post(address(visit, "/completion")).status_code == 303
    assert buttons(janes, visit, DURING) == set()
    session.refresh(visit)
    assert (visit.status, visit.arrived_at, visit.started_at, visit.ended_at) == (
        Status.COMPLETED,
        SOON,
        FRIDAY_AT_TEN,
        DURING,
    )


def test_a_visit_that_begins_early_is_in_progress_and_can_be_completed(
    janes: FlaskClient, visit: Appointment
) -> None:
    with on_duty(SOON):
        janes.post(address(visit, "/start"))
        badge = janes.get(address(visit)).text.partition("badge--started")[2]
        assert "In progress" in badge.partition("</span>")[0]
    assert buttons(janes, visit, SOON) == {"completion"}


def test_somebody_who_does_not_come(janes: FlaskClient, session: Session, visit: Appointment) -> None:
    with on_duty(DURING):
        assert janes.post(address(visit, "/no-show")).status_code == 303
        assert "Did not attend" in janes.get(address(visit)).text
    session.refresh(visit)
    assert visit.status == Status.NO_SHOW


def test_somebody_who_arrived_cannot_have_stayed_away(janes: FlaskClient, visit: Appointment) -> None:
    with on_duty(DURING):
        janes.post(address(visit, "/arrival"))
        response = janes.post(address(visit, "/no-show"))
        assert response.status_code == 409
        assert "changed in the meantime" in response.text


def test_what_was_pressed_by_mistake_is_taken_back_step_by_step(
    fay: FlaskClient, janes: FlaskClient, session: Session, visit: Appointment
) -> None:
    with on_duty(SOON):
        janes.post(address(visit, "/start"))
        assert fay.post(address(visit, "/arrival/removal")).status_code == 409
        assert fay.post(address(visit, "/start/removal")).status_code == 403
        assert f'"{address(visit, "/start/removal")}"' in janes.get(address(visit)).text
        assert janes.post(address(visit, "/start/removal")).status_code == 303
    assert buttons(janes, visit, SOON) == {"start", "rescheduling", "cancellation"}
    with on_duty(SOON):
        assert f'"{address(visit, "/arrival/removal")}"' in fay.get(address(visit)).text
        for _ in range(2):
            assert fay.post(address(visit, "/arrival/removal")).status_code == 303
        assert "Not arrived after all" in fay.get(address(visit)).text
    session.refresh(visit)
    assert (visit.arrived_at, visit.started_at) == (None, None)


def test_before_it_is_recorded_for_good_the_page_says_what_it_means_and_leads_back(
    fay: FlaskClient, janes: FlaskClient, session: Session, visit: Appointment
) -> None:
    terms = address(visit, "/no-show/terms")
    with on_duty(SOON):
        assert janes.get(terms).status_code == 409
    with on_duty(DURING):
        assert fay.get(terms).status_code == 403
        shown = janes.get(f"{terms}?next=/clinician/day").text
        assert "This is for good" in shown
        assert 'name="next" value="/clinician/day"' in shown
        assert "example.org" not in janes.get(f"{terms}?next=https://example.org").text
        janes.post(address(visit, "/arrival"))
        assert janes.get(terms).status_code == 409


def test_pressing_arrived_twice_is_noted_once(fay: FlaskClient, session: Session, visit: Appointment) -> None:
    with on_duty(SOON):
        for _ in range(2):
            assert fay.post(address(visit, "/arrival")).status_code == 303
    lines = select(func.count()).where(
        AppointmentChange.appointment_id == visit.id, AppointmentChange.kind == "arrived"
    )
    assert session.scalar(lines) == 1


@pytest.mark.parametrize("noun", ["acceptance", "refusal", "arrival", "start", "completion", "no-show"])
def test_a_button_of_a_page_that_is_out_of_date_is_refused(
    janes: FlaskClient, session: Session, visit: Appointment, noun: str
) -> None:
    commands.complete(session, visit, by=SYSTEM, at=DURING)
    session.flush()
    with on_duty(DURING):
        response = janes.post(address(visit, f"/{noun}"), data={"reason": "Late"})
    assert response.status_code == 409
    session.refresh(visit)
    assert visit.status == Status.COMPLETED


def test_a_stale_button_pressed_through_htmx_is_answered_with_an_alert(
    janes: FlaskClient, visit: Appointment
) -> None:
    response = janes.post(address(visit, "/completion"), headers=HTMX)
    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#alerts"
    assert "once the appointment has begun" in response.text
    assert "<html" not in response.text


def test_a_request_is_accepted(
    browser_of: BrowserOf, session: Session, request_for_time: Appointment
) -> None:
    bens = browser_of(account_of(session, request_for_time.clinician))
    assert buttons(bens, request_for_time, NOW) == {"acceptance", "refusal", "rescheduling"}
    response = bens.post(address(request_for_time, "/acceptance"))
    assert (response.status_code, response.location) == (303, address(request_for_time))
    session.refresh(request_for_time)
    assert (request_for_time.status, request_for_time.waiting_for) == (Status.CONFIRMED, None)
    assert "Accepted" in bens.get(address(request_for_time)).text
    assert bens.post(address(request_for_time, "/acceptance")).status_code == 409


def test_a_request_is_declined_with_a_reason_that_the_patient_reads(
    browser_of: BrowserOf, session: Session, request_for_time: Appointment
) -> None:
    ben = request_for_time.clinician
    bens = browser_of(account_of(session, ben))
    assert "Ana Silva" in bens.get(address(request_for_time, "/refusal")).text
    empty = bens.post(address(request_for_time, "/refusal"), data={"reason": " "})
    assert empty.status_code == 422
    assert "Say why" in errors_in(empty)
    assert 'aria-invalid="true"' in empty.text
    response = bens.post(address(request_for_time, "/refusal"), data={"reason": "Please see a surgeon"})
    assert response.status_code == 303
    session.refresh(request_for_time)
    assert (request_for_time.status, request_for_time.cancelled_by) == (Status.CANCELLED, "CLINICIAN")
    assert FRIDAY_AT_TEN in [slot.starts_at for slot in slots_of(session, ben)]
    assert request_for_time.patient is not None
    anas = browser_of(account_of(session, request_for_time.patient))
    assert "Please see a surgeon" in anas.get(f"/patient{address(request_for_time)}").text


def test_a_request_that_has_lapsed_can_no_longer_be_accepted(
    browser_of: BrowserOf, session: Session, request_for_time: Appointment
) -> None:
    bens = browser_of(account_of(session, request_for_time.clinician))
    assert "acceptance" not in buttons(bens, request_for_time, FRIDAY_AT_TEN)
    with on_duty(FRIDAY_AT_TEN):
        assert bens.post(address(request_for_time, "/acceptance")).status_code == 409


@pytest.mark.parametrize(
    ("back", "led_to"),
    [
        ("/clinician/day?date=2026-03-06", "/clinician/day?date=2026-03-06"),
        ("https://evil.example/", None),
        ("//evil.example/", None),
        ("/\\evil.example", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_the_button_leads_back_to_where_it_was_pressed_if_that_is_one_of_our_pages(
    janes: FlaskClient, visit: Appointment, back: str, led_to: str | None
) -> None:
    with on_duty(SOON):
        response = janes.post(address(visit, "/arrival"), data={"next": back})
    assert (response.status_code, response.location) == (303, led_to or address(visit))


def test_htmx_is_led_on_as_well(janes: FlaskClient, visit: Appointment) -> None:
    with on_duty(SOON):
        response = janes.post(address(visit, "/arrival"), data={"next": "/clinician/day"}, headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/clinician/day")
