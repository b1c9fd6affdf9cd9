"""Staff ask why a time is offered or not, and read each rule in plain words."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from tests.web.helpers import counted

ADDRESS = "/staff/availability/explanation"


def asked(jane: Clinician, on: str = "2026-03-06", at: str = "10:00") -> dict[str, object]:
    return {"clinician_id": jane.id, "on": on, "at": at}


def test_the_question_comes_first_and_the_answer_with_a_date_and_a_time(
    fay: FlaskClient, jane: Clinician
) -> None:
    assert "Which time" in fay.get(ADDRESS, query_string={"clinician_id": jane.id}).text
    with counted() as queries:
        page = fay.get(ADDRESS, query_string=asked(jane)).text
    assert len(queries) <= 8
    assert ">Offered</h2>" in page
    assert "It lies in working hours" in page


def test_each_broken_rule_is_named_and_what_takes_the_time_is_linked(
    session: Session, fay: FlaskClient, zed: FlaskClient, jane: Clinician, visit: Appointment
) -> None:
    add_exception(session, jane, starts_on=date(2026, 3, 6), ends_on=date(2026, 3, 6))
    session.flush()
    page = fay.get(ADDRESS, query_string=asked(jane)).text
    assert ">Not offered</h2>" in page
    assert "The clinician is on leave" in page
    assert "time is taken, pauses included" in page
    assert f'href="/appointments/{visit.id}"' in page
    elsewhere = zed.get(ADDRESS, query_string=asked(jane)).text
    assert "time is taken" in elsewhere
    assert f'href="/appointments/{visit.id}"' not in elsewhere


def test_a_time_that_the_clocks_skip_is_said_to_be_none(fay: FlaskClient, jane: Clinician) -> None:
    answer = fay.get(ADDRESS, query_string=asked(jane, "2026-03-29", "01:30"))
    assert answer.status_code == 422
    assert "The clocks skip that time" in answer.text


@pytest.mark.parametrize(
    "rubbish", [{"on": "x"}, {"at": "25:00"}, {"service_id": "99"}, {"centre_id": "x"}, {"on": "9999-12-31"}]
)
def test_rubbish_comes_back_into_the_form(fay: FlaskClient, jane: Clinician, rubbish: dict[str, str]) -> None:
    assert fay.get(ADDRESS, query_string=asked(jane) | rubbish).status_code == 422


@pytest.mark.parametrize("clinician_id", ["", "0", "x", "999999"])
def test_a_clinician_who_is_not_there_is_not_found(fay: FlaskClient, clinician_id: str) -> None:
    assert fay.get(ADDRESS, query_string={"clinician_id": clinician_id}).status_code == 404
