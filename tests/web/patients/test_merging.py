"""Staff merge two records of one person, having seen both and what it does."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Actor, Role
from portal.people.models import Patient
from tests.cast import Cast
from tests.factories import a_clinician, a_patient, an_actor, an_appointment, wall
from tests.web.helpers import counted, signed_in
from tests.web.patients.conftest import actions_about

LATER = wall("2026-03-09 15:00", "Europe/London")
BrowserOf = Callable[[Actor], FlaskClient]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def double(session: Session, cast: Cast) -> Patient:
    """Ana again, as the desk wrote her down; both have been in Leeds."""
    born = cast.patient.date_of_birth = cast.leeds.created_at.date().replace(year=1981)
    made = a_patient(session, with_account=False, full_name="Anna Silva", gender="FEMALE", date_of_birth=born)
    an_appointment(session, clinician=a_clinician(session, cast.leeds), patient=cast.patient)
    jane = a_clinician(session, cast.leeds)
    an_appointment(session, clinician=jane, patient=made, by=cast.fay, starts_at=LATER)
    return made


@pytest.fixture
def browser(app: Flask, session: Session) -> BrowserOf:
    def of(who: Actor) -> FlaskClient:
        return signed_in(app, session.get_one(Account, who.account_id))

    return of


def test_max_compares_and_merges(browser: BrowserOf, session: Session, cast: Cast, double: Patient) -> None:
    max_ = browser(cast.max)
    assert f"/patients/{cast.patient.id}/merge/{double.id}" in max_.get("/patients/duplicates").text
    assert f"/patients/{cast.patient.id}/merge/{double.id}" in max_.get(f"/patients/{cast.patient.id}").text
    page = max_.get(f"/patients/{cast.patient.id}/merge/{double.id}").text
    for words in ("Anna Silva", "Ana Silva", "no way to take it back", "1 coming appointment moves over"):
        assert words in page
    chosen = {"full_name": "other", "phone": "kept"}
    answer = max_.post(f"/patients/{cast.patient.id}/merge/{double.id}", data=chosen)
    assert answer.status_code == 303
    session.refresh(cast.patient)
    session.refresh(double)
    assert (cast.patient.full_name, cast.patient.gender) == ("Anna Silva", "FEMALE")
    assert double.merged_into_id == cast.patient.id
    assert "patient.merge" in actions_about(session, cast.patient)


def test_the_old_address_leads_to_the_record_that_was_kept(
    browser: BrowserOf, cast: Cast, double: Patient
) -> None:
    max_ = browser(cast.max)
    max_.post(f"/patients/{cast.patient.id}/merge/{double.id}")
    answer = max_.get(f"/patients/{double.id}")
    assert (answer.status_code, answer.location) == (303, f"/patients/{cast.patient.id}")
    again = max_.post(f"/patients/{cast.patient.id}/merge/{double.id}")
    assert (again.status_code, again.location) == (303, f"/patients/{cast.patient.id}")


def test_two_visits_at_one_time_are_shown_and_nothing_is_merged(
    browser: BrowserOf, session: Session, cast: Cast, double: Patient
) -> None:
    mine = an_appointment(
        session,
        clinician=a_clinician(session, cast.leeds),
        patient=cast.patient,
        starts_at=LATER,
        by=cast.fay,
    )
    max_ = browser(cast.max)
    for answer in (
        max_.get(f"/patients/{cast.patient.id}/merge/{double.id}"),
        max_.post(f"/patients/{cast.patient.id}/merge/{double.id}"),
    ):
        assert "Both have an appointment at the same time" in answer.text
        assert f"/appointments/{mine.id}" in answer.text
    assert answer.status_code == 409
    session.refresh(double)
    assert double.deleted_at is None


def test_only_those_who_may_and_of_the_right_centre_get_there(
    browser: BrowserOf, cast: Cast, double: Patient
) -> None:
    address = f"/patients/{cast.patient.id}/merge/{double.id}"
    for who in (cast.fay, cast.cora, cast.bo, cast.zack, cast.ana):
        assert browser(who).get(address).status_code == 403
        assert browser(who).post(address).status_code == 403
    assert browser(cast.mia).get(address).status_code == 200
    assert browser(cast.max).get(f"/patients/{cast.patient.id}/merge/999999").status_code == 404


def test_the_manager_of_another_centre_cannot_merge(
    browser: BrowserOf, session: Session, cast: Cast, double: Patient
) -> None:
    stranger = an_actor(session, Role.CENTRE_MANAGER, centre=cast.york)
    address = f"/patients/{cast.patient.id}/merge/{double.id}"
    assert browser(stranger).get(address).status_code == 403
    assert browser(stranger).post(address).status_code == 403
    assert "No duplicates found" in browser(stranger).get("/patients/duplicates").text


def test_the_pages_ask_as_often_for_many_as_for_few(
    browser: BrowserOf, session: Session, cast: Cast, double: Patient
) -> None:
    max_ = browser(cast.max)
    for _ in range(5):
        a_patient(session, full_name="Anna Silva", date_of_birth=double.date_of_birth)
    with counted() as queries:
        assert max_.get("/patients/duplicates").status_code == 200
    assert len(queries) <= 8
