"""Appointments that nobody is there to keep: in one list with the reason, to be moved or cancelled together."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.centres.commands import add_holiday, set_centre_active
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import SYSTEM
from portal.notifications.composing import preview
from portal.notifications.models import Delivery
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception, replace_hours
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_appointment, wall
from tests.web.helpers import counted
from tests.web.staff.conftest import BrowserOf

LIST, CANCEL, ASK = "/staff/affected", "/staff/affected/cancellation", "/staff/affected/move-request"
FRIDAY = date(2026, 3, 6)


@pytest.fixture
def away(session: Session, jane: Clinician, visit: Appointment) -> Appointment:
    """Ana's visit on Friday, on which Jane has taken leave since."""
    add_exception(session, jane, starts_on=FRIDAY, ends_on=FRIDAY)
    session.flush()
    return visit


def test_nothing_is_listed_while_somebody_is_there(fay: FlaskClient, visit: Appointment) -> None:
    page = fay.get(LIST).text
    assert "Somebody is there for every coming appointment." in page
    assert f"/appointments/{visit.id}" not in page


def test_each_is_listed_with_why_nobody_is_there(
    session: Session, cora: FlaskClient, riverside: Centre, away: Appointment
) -> None:
    ben = a_clinician(session, riverside, full_name="Ben Ortiz")
    an_appointment(session, clinician=ben, starts_at=wall("2026-03-09 09:00"))
    an_appointment(session, clinician=ben, starts_at=wall("2026-03-10 09:00"))
    add_holiday(session, riverside, by=SYSTEM, holiday_on=date(2026, 3, 9), name="A day", at=NOW)
    replace_hours(session, ben, [], at=NOW)
    page = cora.get(LIST).text
    assert page.index("The clinician is away") < page.index("Outside working hours")
    assert page.count("Outside working hours") + page.count("The centre is closed that day") == 2
    assert f"/appointments/{away.id}/rescheduling" in page


def test_a_centre_or_a_clinician_switched_off_is_a_reason_as_well(
    session: Session, cora: FlaskClient, jane: Clinician, riverside: Centre, visit: Appointment
) -> None:
    set_centre_active(session, riverside, by=SYSTEM, is_active=False, at=NOW)
    session.flush()
    assert "The centre is switched off" in cora.get(LIST).text
    jane.is_active = False
    session.flush()
    page = cora.get(LIST).text
    assert "The clinician is switched off" in page
    assert f"/appointments/{visit.id}/rescheduling" not in page


def test_clinicians_see_their_own_and_desks_those_of_their_centre(
    session: Session, janes: FlaskClient, zed: FlaskClient, browser_of: BrowserOf, away: Appointment
) -> None:
    ben = a_clinician(session, away.centre, full_name="Ben Ortiz")
    assert "Ana Silva" in janes.get(LIST).text
    for stranger in (zed, browser_of(account_of(session, ben))):
        assert "Ana Silva" not in stranger.get(LIST).text
        answer = stranger.post(CANCEL, data={"appointment": away.id, "confirmed": "yes", "reason": "x"})
        assert answer.status_code == 422
    session.refresh(away)
    assert away.status == Status.CONFIRMED


def test_several_are_cancelled_together_after_saying_what_that_means(
    session: Session, fay: FlaskClient, jane: Clinician, away: Appointment
) -> None:
    other = an_appointment(session, clinician=jane, starts_at=wall("2026-03-13 10:00"))
    kept = an_appointment(session, clinician=jane, starts_at=wall("2026-03-12 10:00"))
    add_exception(session, jane, starts_on=date(2026, 3, 13), ends_on=date(2026, 3, 13))
    session.flush()
    chosen = {"appointment": [away.id, other.id, kept.id]}
    page = fay.post(CANCEL, data=chosen).text
    assert "Cancel 2 appointments" in page
    assert "get back in full what they paid" in page
    unsaid = fay.post(CANCEL, data=chosen | {"confirmed": "yes"})
    assert unsaid.status_code == 422
    assert "Say why, so that the patient can be told" in unsaid.text
    answer = fay.post(CANCEL, data=chosen | {"confirmed": "yes", "reason": "Jane is away"})
    assert (answer.status_code, answer.location) == (303, LIST)
    assert "2 appointments are cancelled" in fay.get(LIST).text
    for one in (away, other, kept):
        session.refresh(one)
    assert [one.status for one in (away, other, kept)] == [
        Status.CANCELLED,
        Status.CANCELLED,
        Status.CONFIRMED,
    ]
    again = fay.post(CANCEL, data=chosen | {"confirmed": "yes", "reason": "twice"})
    assert again.status_code == 422, "what is cancelled is no longer there to choose"


def test_a_patient_is_asked_once_a_day_to_choose_another_time(
    session: Session, fay: FlaskClient, away: Appointment
) -> None:
    page = fay.get(LIST).text
    assert "Ask the patient" in page
    assert fay.post(ASK, data={"only": away.id}).location == LIST
    page = fay.get(LIST).text
    assert "1 patient is asked to choose another time." in page
    assert "The patient was asked on Monday 2 March, 09:00" in page
    assert "Ask the patient" not in page
    fay.post(ASK, data={"appointment": [away.id]})
    assert "1 was not asked" in fay.get(LIST).text
    told = session.scalars(select(Delivery).where(Delivery.kind == "appointment-move-asked")).all()
    assert len({one.round for one in told}) == 1
    tomorrow = NOW + timedelta(days=1)
    with clock.travel_to(tomorrow):
        in_transaction(session, lambda: commands.ask_to_move(session, away, by=SYSTEM, at=tomorrow))
        assert len(session.scalars(select(Delivery).where(Delivery.kind == told[0].kind)).all()) == 2 * len(
            told
        )


def test_whoever_is_asked_moves_by_the_link_of_the_message_even_after_the_deadline(
    session: Session, fay: FlaskClient, client: FlaskClient, away: Appointment
) -> None:
    fay.post(ASK, data={"only": away.id})
    message = session.scalars(select(Delivery).where(Delivery.kind == "appointment-move-asked")).first()
    assert message is not None
    link = re.search(r"http://[^/]+(/b/\S+/rescheduling)", preview(session, message).text)
    assert link is not None
    with clock.travel_to(away.starts_at - timedelta(minutes=30)):
        assert client.get(link[1]).status_code == 200
        shown = client.get(link[1].removesuffix("/rescheduling")).text
    assert "You can move or cancel free of charge" in shown
    assert "We have asked you to choose another time" in shown


def test_who_finds_no_other_time_with_that_clinician_is_not_asked(
    session: Session, fay: FlaskClient, zed: FlaskClient, jane: Clinician, away: Appointment
) -> None:
    assert zed.post(ASK, data={"only": away.id}).status_code == 422, "not Zed's to deal with"
    jane.is_active = False
    session.flush()
    assert "Ask the patient" not in fay.get(LIST).text
    fay.post(ASK, data={"appointment": away.id})
    assert "1 was not asked" in fay.get(LIST).text
    session.refresh(away)
    assert away.move_asked_at is None


def test_several_are_asked_together(
    session: Session, fay: FlaskClient, jane: Clinician, away: Appointment
) -> None:
    other = an_appointment(session, clinician=jane, starts_at=wall("2026-03-13 14:00"))
    add_exception(session, jane, starts_on=date(2026, 3, 13), ends_on=date(2026, 3, 13))
    session.flush()
    fay.post(ASK, data={"appointment": [away.id, other.id]})
    assert "2 patients are asked to choose another time." in fay.get(LIST).text
    assert fay.post(ASK, data={}).status_code == 422


@pytest.mark.parametrize("rubbish", [{}, {"appointment": ["x", "-1", "9" * 30]}])
def test_choosing_nothing_is_said(fay: FlaskClient, away: Appointment, rubbish: dict[str, list[str]]) -> None:
    answer = fay.post(CANCEL, data=rubbish)
    assert answer.status_code == 422
    assert "Choose at least one appointment." in answer.text
    assert "Ana Silva" in answer.text


def test_the_list_takes_no_more_queries_when_it_is_long(
    session: Session, cora: FlaskClient, jane: Clinician, away: Appointment
) -> None:
    for hour in (9, 11, 12, 13):
        an_appointment(session, clinician=jane, starts_at=wall(f"2026-03-05 {hour:02}:00"))
    add_exception(session, jane, starts_on=date(2026, 3, 5), ends_on=date(2026, 3, 5))
    session.flush()
    cora.get(LIST)
    with counted() as queries:
        assert cora.get(LIST).text.count('name="appointment"') == 5
    assert len(queries) <= 8
