"""A visit is moved from the board. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_appointment, wall
from tests.web.desk.conftest import BrowserOf, slot_at
from tests.web.helpers import HTMX, counted, errors_in

BEFORE = NOW - timedelta(days=3)


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    return an_appointment(session, clinician=jane, patient=ana, starts_at=wall("2026-03-02 10:00"), at=BEFORE)


def address(visit: Appointment, **asked: str) -> str:
    return f"/desk/moves/{visit.id}" + "".join(f"?{name}={value}" for name, value in asked.items())


def hours(page: str) -> list[str]:
    return re.findall(r'data-minutes="60"[^>]*>([\d:]+)</a>', page)


def test_the_other_free_times_of_the_clinician_that_day_are_offered(
    cora: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    omar = a_patient(session, full_name="Omar Haddad", phone="+447700900112")
    an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-02 13:00"), at=BEFORE)
    page = cora.get(address(visit)).text
    assert hours(page) == ["09:00", "11:00", "12:00", "14:00", "15:00", "16:00"]
    assert re.search(r"data-focus>11:00", page), "the keyboard starts at the next one"
    assert hours(cora.get(address(visit, date="2026-03-03")).text)[0] == "09:00"


def test_from_and_to_are_read_back_and_the_visit_moves_only_then(
    cora: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    slot = slot_at(session, jane, "2026-03-02 11:00")
    asked = cora.get(address(visit, slot=slot), headers=HTMX).text
    assert asked.startswith('<section class="move')
    for said in ("<s>10:00</s> ", "11:00</strong>", "Ana Silva is told the new time", "Move it"):
        assert said in asked, said
    done = cora.post(address(visit), data={"slot": slot})
    assert done.status_code == 303
    assert done.headers["Location"].endswith(f"#block-{visit.id}")
    assert "Moved to" in cora.get(done.headers["Location"]).text
    session.refresh(visit)
    assert visit.starts_at == wall("2026-03-02 11:00")


def test_a_time_that_somebody_else_took_meanwhile_moves_nothing_and_the_others_are_offered(
    browser_of: BrowserOf, session: Session, jane: Clinician, visit: Appointment
) -> None:
    janes = browser_of(account_of(session, jane))
    slot = slot_at(session, jane, "2026-03-02 11:00")
    omar = a_patient(session, full_name="Omar Haddad", phone="+447700900112")
    an_appointment(session, clinician=jane, patient=omar, starts_at=wall("2026-03-02 11:00"), at=BEFORE)
    for lost in (janes.get(address(visit, slot=slot)), janes.post(address(visit), data={"slot": slot})):
        assert "That time has gone. Nothing was moved." in lost.text
        assert "11:00" not in hours(lost.text)
        assert "12:00" in hours(lost.text)
    assert lost.status_code == 409
    session.refresh(visit)
    assert visit.starts_at == wall("2026-03-02 10:00")


def test_a_day_without_another_free_time_leads_to_other_days(
    cora: FlaskClient, session: Session, riverside: Centre, ana: Patient
) -> None:
    early = a_clinician(session, riverside, full_name="Amy Lee", hours="Mon 10-11, Tue 10-12")
    visit = an_appointment(
        session, clinician=early, patient=ana, starts_at=wall("2026-03-02 10:00"), at=BEFORE
    )
    page = cora.get(address(visit)).text
    assert "no other free time on that day" in page
    assert f'href="/appointments/{visit.id}/rescheduling"' in page


def test_the_board_offers_it_to_those_who_may(
    fay: FlaskClient, cora: FlaskClient, visit: Appointment
) -> None:
    assert re.search(rf'id="block-{visit.id}" data-acts="[^"]*\bmove\b', cora.get("/desk/day").text)
    assert not re.search(rf'id="block-{visit.id}" data-acts="[^"]*\bmove\b', fay.get("/desk/day").text)
    assert fay.get(address(visit)).status_code == 403
    assert fay.post(address(visit), data={"slot": "x"}).status_code == 403


def test_the_front_desk_moves_where_the_practice_lets_it(
    fay: FlaskClient,
    session: Session,
    jane: Clinician,
    visit: Appointment,
    practice_sets: Callable[..., None],
) -> None:
    practice_sets(front_desk_can_reschedule=True)
    board = fay.get("/desk/day").text
    assert re.search(rf'id="block-{visit.id}" data-acts="[^"]*\bmove\b', board)
    assert "js/moving" in board
    done = fay.post(address(visit), data={"slot": slot_at(session, jane, "2026-03-02 11:00")})
    assert done.status_code == 303


def test_what_has_begun_what_is_elsewhere_and_what_is_rubbish_is_refused(
    cora: FlaskClient, browser_of: BrowserOf, session: Session, jane: Clinician, visit: Appointment
) -> None:
    harbour = a_clinician(session, a_centre(session, name="Harbour"), full_name="Ruth Vale")
    omar = a_patient(session, full_name="Omar Haddad", phone="+447700900112")
    elsewhere = an_appointment(session, clinician=harbour, patient=omar)
    assert cora.get(address(elsewhere)).status_code == 403
    for rubbish in ({"slot": "rubbish"}, {}):
        asked_again = cora.post(address(visit), data=rubbish)
        assert asked_again.status_code == 422
        assert "Please choose one of the times." in errors_in(asked_again)
    assert cora.get("/desk/moves/999999").status_code == 404
    other = {"slot": slot_at(session, harbour, "2026-03-02 11:00")}
    assert cora.post(address(visit), data=other).status_code in {403, 409}
    assert cora.get(address(visit, date="rubbish")).status_code == 200
    cora.post(f"/appointments/{visit.id}/start")
    assert cora.get(address(visit)).status_code == 409
    assert browser_of(Role.PATIENT).get(address(visit)).status_code == 403


def test_clinicians_move_their_own_and_are_back_at_the_visit(
    browser_of: BrowserOf, session: Session, jane: Clinician, visit: Appointment
) -> None:
    janes = browser_of(account_of(session, jane))
    done = janes.post(address(visit), data={"slot": slot_at(session, jane, "2026-03-02 11:00")})
    assert done.headers["Location"] == f"/appointments/{visit.id}"


def test_the_times_cost_eight_queries_at_most(cora: FlaskClient, visit: Appointment) -> None:
    with counted() as queries:
        cora.get(address(visit), headers=HTMX)
    assert len(queries) <= 8, queries
