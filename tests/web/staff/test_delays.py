"""A clinician runs late: said with one press, seen by all whom it is about. It is Monday 2 March 2026, 9:00."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.delays import late_by
from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.notifications.wording import visit_link
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_account, an_appointment, wall
from tests.web.helpers import counted, errors_in, signed_in

SAID = "is running about 20 minutes late."


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def fay(app: Flask, session: Session, cast: Cast) -> FlaskClient:
    return signed_in(app, an_account(session, Role.FRONT_DESK, centre=cast.leeds))


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana comes to Bo today at ten."""
    before = NOW - timedelta(days=3)
    at_ten = wall("2026-03-02 10:00")
    return an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=at_ten, at=before
    )


def address(cast: Cast) -> str:
    return f"/clinicians/{cast.clinician.id}/delay"


def test_the_desk_says_it_from_the_board_and_sees_it_there(
    fay: FlaskClient, cast: Cast, visit: Appointment
) -> None:
    there = f"{address(cast)}?centre_id={cast.leeds.id}"
    assert f'href="{there}"' in fay.get("/desk/day").text
    assert "20 minutes" in fay.get(there).text
    done = fay.post(there, data={"minutes": "20"})
    assert done.location == f"/desk/day?centre_id={cast.leeds.id}"
    board = fay.get(done.location).text
    assert SAID in board
    assert "20 min late" in board
    assert "20 min late" not in fay.get("/desk/day?date=2026-03-03").text
    again = fay.get(there).text
    assert "About 20 minutes late, said by" in again
    assert "On time again" in again
    fay.post(there, data={"minutes": "0"})
    assert "min late" not in fay.get("/desk/day").text


def test_clinicians_say_it_of_themselves_and_are_back_in_their_day(
    app: Flask, session: Session, cast: Cast, visit: Appointment
) -> None:
    bos = signed_in(app, account_of(session, cast.clinician))
    assert "Running late?" in bos.get("/clinician/day").text
    done = bos.post(address(cast), data={"minutes": "20"})
    assert done.location == "/clinician/day"
    assert "About 20 min late" in bos.get(done.location).text
    assert "min late" not in bos.get("/clinician/day?date=2026-03-03").text


def test_who_comes_today_reads_it_with_the_visit_at_home_and_by_the_link(
    app: Flask, session: Session, fay: FlaskClient, cast: Cast, visit: Appointment
) -> None:
    anas = signed_in(app, account_of(session, cast.patient))
    link = "/b/" + visit_link(visit).rpartition("/b/")[2]
    pages = (f"/patient/appointments/{visit.id}", "/patient/overview", link)
    assert not any(SAID in anas.get(page).text for page in pages)
    fay.post(address(cast), data={"minutes": "20"})
    for page in pages:
        with counted() as queries:
            assert f"Dr Bo Larsen {SAID}" in anas.get(page).text, page
        assert len(queries) <= 9, (page, len(queries))


@pytest.mark.parametrize("minutes", ["", "241", "-1", "a while"])
def test_minutes_that_make_no_sense_come_back_with_words(
    fay: FlaskClient, session: Session, cast: Cast, visit: Appointment, minutes: str
) -> None:
    answer = fay.post(address(cast), data={"minutes": minutes})
    assert answer.status_code == 422
    assert 'href="#minutes"' in errors_in(answer)
    assert late_by(session, [visit], NOW) == {}


def test_another_centres_desk_another_clinician_and_patients_do_not(
    app: Flask, session: Session, cast: Cast
) -> None:
    zacks = signed_in(app, an_account(session, Role.FRONT_DESK, centre=cast.york))
    zoes = signed_in(app, account_of(session, a_clinician(session, cast.york)))
    anas = signed_in(app, account_of(session, cast.patient))
    for browser, status in ((zacks, 403), (zoes, 404), (anas, 403)):
        assert browser.get(address(cast)).status_code == status
        assert browser.post(address(cast), data={"minutes": "20"}).status_code == status


def test_each_centre_of_a_clinician_has_its_own(app: Flask, session: Session, cast: Cast) -> None:
    clinician = a_clinician(session, cast.leeds, cast.york)
    adas = signed_in(app, an_account(session, Role.ADMIN))
    there = f"/clinicians/{clinician.id}/delay?centre_id={cast.york.id}"
    shown = adas.get(there).text
    assert cast.leeds.name in shown
    adas.post(there, data={"minutes": "20"})
    assert "About 20 minutes late" in adas.get(there).text
    assert "20 min late" not in adas.get(f"/desk/day?centre_id={cast.leeds.id}").text
    assert adas.get(f"/clinicians/{clinician.id}/delay?centre_id=999999").status_code == 400
