"""What a change would do is said before it is saved: hours, times offered, and who would be left outside the hours."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.people.models import Clinician
from portal.scheduling.models import DateException, Service
from portal.scheduling.queries import booking_rules
from tests.factories import a_clinician, a_patient, an_appointment, wall
from tests.web.helpers import HTMX, counted, sign_in
from tests.web.schedules.test_hours import address, rules_of, sent

ASK = {"check": "yes"}


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, hours="Mon-Tue 9-17")


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))


@pytest.fixture
def ana_comes(session: Session, jane: Clinician) -> None:
    """Ana is booked on Tuesday 10 March at 16:00."""
    ana = a_patient(session, full_name="Ana Pereira")
    an_appointment(session, patient=ana, clinician=jane, starts_at=wall("2026-03-10 16:00"))


@pytest.mark.usefixtures("ana_comes")
def test_shorter_hours_are_weighed_and_who_would_fall_out_is_named_before_anything_is_saved(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    answer = her_browser.post(address(jane), data=sent(jane, [(1, "09:00", "17:00")], **ASK))
    assert answer.status_code == 200
    assert "Nothing is saved yet." in answer.text
    assert "64 hours now, 32 hours then" in answer.text
    assert "1 booked appointment would lie outside the hours." in answer.text
    assert "Ana Pereira" in answer.text
    assert rules_of(session, jane) == [(1, "09:00", "17:00"), (2, "09:00", "17:00")]


def test_the_form_comes_back_as_it_was_filled_in_and_can_be_saved(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    rows = [(1, "10:00", "11:00")]
    answer = her_browser.post(address(jane), data=sent(jane, rows, **ASK), headers=HTMX)
    assert answer.text.lstrip().startswith('<form id="hours"')
    assert 'value="10:00"' in answer.text
    assert "No booked appointment is affected." in answer.text
    assert her_browser.post(address(jane), data=sent(jane, rows)).status_code == 303
    assert rules_of(session, jane) == rows


@pytest.mark.usefixtures("ana_comes")
def test_leave_is_weighed_over_the_four_weeks_from_its_first_day(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    leave = {"starts_on": "2026-03-10", "ends_on": "2026-03-10", **ASK}
    page = her_browser.post(f"/schedules/{jane.id}/leave", data=leave).text
    assert "From 10 March 2026 to 6 April 2026" in page.replace("Tuesday ", "").replace("Monday ", "")
    assert "64 hours now, 56 hours then" in page
    assert "Ana Pereira" in page
    assert session.scalar(select(func.count()).select_from(DateException)) == 0


def test_booking_rules_and_services_say_how_many_times_are_left_to_offer(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    rules = {"notice_hours": "24", "advance_days": "7", "deadline_hours": "24", **ASK}
    page = her_browser.post(f"/schedules/{jane.id}/rules", data=rules).text
    assert "now, " in page
    assert "64 hours, as now" in page
    assert booking_rules(session, jane.id).advance_days != 7
    service = session.scalars(select(Service).where(Service.clinician_id == jane.id)).one()
    form = {
        "title": service.title,
        "duration_minutes": "240",
        "price_minor": "50",
        "is_in_person": "y",
        **ASK,
    }
    page = her_browser.post(f"/schedules/{jane.id}/services/{service.id}", data=form).text
    assert "Nothing is saved yet." in page
    session.expire_all()
    assert service.duration_minutes != 240


def test_hours_that_overlap_are_refused_when_asked_about_as_when_saved(
    her_browser: FlaskClient, jane: Clinician
) -> None:
    rows = [(1, "09:00", "12:00"), (1, "11:00", "13:00")]
    answer = her_browser.post(address(jane), data=sent(jane, rows, **ASK))
    assert answer.status_code == 422
    assert "Two of these hours overlap." in answer.text


@pytest.mark.usefixtures("ana_comes")
def test_asking_takes_no_more_queries_for_more_appointments(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    def asked() -> int:
        with counted() as queries:
            her_browser.post(address(jane), data=sent(jane, [], **ASK))
        return len(queries)

    asked()
    before = asked()
    for hour in (9, 10, 11):
        an_appointment(session, clinician=jane, starts_at=wall(f"2026-03-10 {hour:02}:00"))
    assert asked() == before
