"""My week: seven days from Monday."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from tests.factories import a_clinician, a_hold, a_patient, an_account, an_appointment, wall
from tests.web.helpers import HTMX, counted, sign_in


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, hours="Mon-Fri 9-17")


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))


def test_the_week_begins_on_monday_whatever_day_is_named(her_browser: FlaskClient) -> None:
    page = her_browser.get("/clinician/week?date=2026-03-08").text
    assert "Monday 2 March to Sunday 8 March 2026" in page
    assert "This week" in page
    assert "/clinician/week?date=2026-02-23" in page
    assert "/clinician/week?date=2026-03-09" in page
    following = page.partition('rel="next"')[2].partition("</a>")[0]
    assert following.index("Next") < following.index("<svg")


def test_visits_stand_on_their_days_and_lead_to_the_patient_beside_them(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    omar = a_patient(session, full_name="Omar Haddad")
    visit = an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-04 10:00"))
    page = her_browser.get("/clinician/week").text
    wednesday = page.partition("Wed 4 Mar")[2].partition("Thu 5 Mar")[0]
    assert "Omar Haddad" in wednesday
    assert f"&amp;appointment={visit.id}#beside-title" in wednesday
    assert "Omar Haddad" not in page.replace(wednesday, "")


def test_days_off_say_why(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    add_exception(session, jane, starts_on=date(2026, 3, 5), ends_on=date(2026, 3, 5), reason="Away")
    session.flush()
    page = her_browser.get("/clinician/week").text
    assert "On leave" in page.partition("Thu 5 Mar")[2].partition("Fri 6 Mar")[0]
    assert "Not working" in page.partition("Sun 8 Mar")[2]
    assert "No appointments" in page.partition("Fri 6 Mar")[2].partition("Sat 7 Mar")[0]


def test_a_held_time_is_shown_without_a_name(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    a_hold(
        session, jane, patient=a_patient(session, full_name="Omar Haddad"), starts_at=wall("2026-03-04 10:00")
    )
    page = her_browser.get("/clinician/week").text
    assert "Being booked" in page
    assert "Omar Haddad" not in page


def test_htmx_gets_the_week_alone(her_browser: FlaskClient) -> None:
    piece = her_browser.get("/clinician/week", headers=HTMX).text
    assert piece.lstrip().startswith('<div id="my-week"')
    assert piece.strip() in her_browser.get("/clinician/week").text


def test_only_clinicians_have_a_week(client: FlaskClient, session: Session) -> None:
    sign_in(client, an_account(session, Role.MANAGER))
    assert client.get("/clinician/week").status_code == 403


def test_the_week_costs_few_queries(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    for day in range(4, 7):
        for hour in (9, 11, 14):
            an_appointment(session, clinician=jane, starts_at=wall(f"2026-03-{day:02} {hour:02}:00"))
    with counted() as queries:
        her_browser.get("/clinician/week")
    assert len(queries) <= 8
