"""The patient beside the day: opened by an address, read once, written about, and booked again from there."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.appointments.commands import cancel
from portal.appointments.models import Appointment, Status
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.permissions import Role
from portal.people.caring import add_dependant
from portal.people.models import Clinician, Patient
from portal.records.models import MedicalNote
from portal.settings import LateCancellation
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, a_patient, an_account, an_actor, an_appointment, wall
from tests.web.helpers import HTMX, counted, sign_in

TEN = wall("2026-03-05 10:00")
BESIDE = {**HTMX, "HX-Target": "beside"}


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, hours="Mon-Fri 9-17")


@pytest.fixture
def omar(session: Session) -> Patient:
    """He was born in 1980 and has a knee."""
    omar = a_patient(session, full_name="Omar Haddad", date_of_birth=date(1980, 6, 4))
    omar.gender, omar.medical_history = "MALE", "Allergic to nuts."
    return omar


@pytest.fixture
def visit(session: Session, jane: Clinician, omar: Patient) -> Appointment:
    """Thursday at ten."""
    visit = an_appointment(session, clinician=jane, patient=omar, starts_at=TEN)
    visit.questions = "How long until I can run?"
    session.flush()
    return visit


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))


def opened(browser: FlaskClient, visit: Appointment, **more: Any) -> TestResponse:
    return browser.get(f"/clinician/day?date=2026-03-05&appointment={visit.id}", **more)


def looks(session: Session) -> int:
    return session.scalar(select(func.count()).where(AuditEntry.action == "appointment.view")) or 0


def notes(session: Session) -> list[str]:
    return list(session.scalars(select(MedicalNote.text).order_by(MedicalNote.id)))


def key_on(page: str) -> str:
    return page.partition('name="form_key" value="')[2].partition('"')[0]


def test_who_is_chosen_stands_beside_the_day(her_browser: FlaskClient, visit: Appointment) -> None:
    page = opened(her_browser, visit).text
    beside = page.partition('<section id="beside"')[2].partition("</section>")[0]
    for said in (
        "Omar Haddad",
        "45 years old, Male",
        "How long until I can run?",
        "Allergic to nuts.",
        "To pay",
    ):
        assert said in beside, said
    assert f'id="agenda-{visit.id}-name"' in page
    assert page.count('aria-current="true"') == 2  # in the list, and among his visits


def test_an_address_without_a_date_shows_the_day_of_the_visit(
    her_browser: FlaskClient, visit: Appointment
) -> None:
    page = her_browser.get(f"/clinician/day?appointment={visit.id}").text
    assert "Thursday 5 March" in page
    assert "45 years old" in page


def test_what_htmx_asks_for_is_a_piece_of_the_page(her_browser: FlaskClient, visit: Appointment) -> None:
    piece = opened(her_browser, visit, headers=BESIDE).text
    assert piece.startswith('<section id="beside"')
    without_key = piece.split('name="csrf_token"')[0]
    assert without_key in opened(her_browser, visit).text


def test_a_refresh_says_how_the_visit_stands_now_and_only_when_that_has_changed(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    page = opened(her_browser, visit).text
    stamp = page.partition('name="stamp" value="')[2].partition('"')[0]
    address = f"/clinician/day?date=2026-03-05&appointment={visit.id}&stamp={stamp}"
    again = her_browser.get(address, headers={**HTMX, "HX-Target": "day"}).text
    assert 'id="day"' in again
    assert 'id="visit-now"' not in again
    visit.arrived_at, visit.version = NOW, visit.version + 1
    session.flush()
    changed = her_browser.get(address, headers={**HTMX, "HX-Target": "day"}).text
    assert 'id="visit-now" class="stack-s" hx-swap-oob="true"' in changed
    assert "How long until I can run?" not in changed


def test_a_look_is_audited_once_for_each_opening(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    opened(her_browser, visit)
    opened(her_browser, visit)  # as after a button that was pressed in it
    her_browser.get(f"/clinician/day?date=2026-03-05&appointment={visit.id}", headers=HTMX)
    assert looks(session) == 1
    her_browser.get("/clinician/day")
    opened(her_browser, visit, headers=BESIDE)
    assert looks(session) == 2
    with clock.travel_to(NOW + timedelta(minutes=11)):
        opened(her_browser, visit)
    assert looks(session) == 3


def test_nobody_else_s_visit_can_be_opened(
    her_browser: FlaskClient, session: Session, jane: Clinician, omar: Patient
) -> None:
    elsewhere = an_appointment(session, clinician=a_clinician(session), patient=omar)
    held = a_hold(session, jane, patient=a_patient(session))
    for one in (elsewhere, held):
        assert opened(her_browser, one).status_code == 404
        assert opened(her_browser, one, headers=BESIDE).status_code == 404
        for noun in ("note", "next-visit"):
            data = {"note": "x", "slot": "1-1-1-1"}
            address = f"/clinician/appointments/{one.id}/{noun}"
            assert her_browser.post(address, data=data).status_code == 404
    assert her_browser.get("/clinician/day?appointment=999999").status_code == 404
    assert looks(session) == 0


def test_who_looks_after_a_child_can_be_called(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    parent = a_patient(session, full_name="Ana Silva")
    child = add_dependant(
        session,
        parent,
        by=an_actor(session, Role.ADMIN),
        at=NOW,
        full_name="Lia Silva",
        relation="CHILD",
        date_of_birth=date(2020, 1, 1),
    )
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    visit = an_appointment(session, clinician=jane, patient=child, starts_at=TEN, by=by)
    beside = opened(her_browser, visit, headers=BESIDE).text
    assert "6 years old" in beside
    assert "Looked after by" in beside
    assert "Ana Silva" in beside


def test_a_note_is_written_right_there_and_once(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/note"
    sent = {"note": "Knee is better.", "form_key": key_on(opened(her_browser, visit).text)}
    answers = [her_browser.post(address, data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert notes(session) == ["Knee is better."]
    assert session.scalars(select(MedicalNote.appointment_id)).one() == visit.id
    assert "Knee is better." in her_browser.get(answers[0].location).text


def test_a_note_by_htmx_comes_back_beside_the_day(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/note"
    kept = her_browser.post(address, data={"note": "Better."}, headers=BESIDE)
    assert (kept.status_code, "The note is kept." in kept.text) == (200, True)
    empty = her_browser.post(address, data={"note": " "}, headers=BESIDE)
    assert (empty.status_code, "Write the note." in empty.text) == (422, True)
    plain = her_browser.post(address, data={"note": ""})
    assert (plain.status_code, 'id="agenda"' in plain.text) == (422, True)
    assert notes(session) == ["Better."]


def test_the_next_visit_is_two_presses_away_and_booked_once(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/next-visit"
    assert address in opened(her_browser, visit).text
    page = her_browser.get(address).text
    slots = [part.partition('"')[0] for part in page.split('name="slot" value="')[1:]]
    assert len(slots) == 4
    for _ in range(2):
        assert her_browser.post(address, data={"slot": slots[1]}).status_code == 303
    following = session.scalars(select(Appointment).where(Appointment.follow_up_of_id == visit.id)).one()
    assert (following.starts_at, following.status) == (wall("2026-03-19 10:00"), Status.CONFIRMED)
    for place in (f"/clinician/day?appointment={following.id}", f"/appointments/{following.id}"):
        assert "the visit of Thursday 5 March 2026" in her_browser.get(place).text


def test_further_ahead_than_patients_may_book_is_kept_with_a_reason(
    her_browser: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/next-visit"
    last = her_browser.get(address).text.split('name="slot" value="')[-1].partition('"')[0]
    assert her_browser.post(address, data={"slot": last}).status_code == 303
    assert session.scalar(select(func.count()).select_from(Appointment)) == 2


def test_a_time_that_is_gone_is_said_with_what_is_free_now(
    her_browser: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/next-visit"
    slot = her_browser.get(address).text.partition('name="slot" value="')[2].partition('"')[0]
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-12 10:00"))
    gone = her_browser.post(address, data={"slot": slot})
    assert gone.status_code == 409
    assert "10:00 is not free; nearest:" in gone.text
    assert her_browser.post(address, data={"slot": "rubbish"}).status_code == 400


def test_nothing_follows_a_visit_that_was_cancelled(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/next-visit"
    slot = her_browser.get(address).text.partition('name="slot" value="')[2].partition('"')[0]
    by = an_actor(session, Role.ADMIN)
    cancel(session, visit, by=by, at=NOW, late=LateCancellation.NO_REFUND, reason="Ill")
    assert address not in opened(her_browser, visit, headers=BESIDE).text
    refused = her_browser.post(address, data={"slot": slot})
    assert (refused.status_code, "Only an earlier visit can be followed up." in refused.text) == (422, True)


def test_the_day_with_somebody_beside_it_costs_few_queries(
    her_browser: FlaskClient, session: Session, visit: Appointment
) -> None:
    address = f"/clinician/appointments/{visit.id}/note"
    for number in range(4):
        her_browser.post(address, data={"note": f"Note {number}"})
    her_browser.get("/clinician/day")
    with counted() as queries:
        opened(her_browser, visit)
    assert len(queries) <= 8 + 1  # the look is audited
    her_browser.get("/clinician/day")
    with counted() as piece:
        opened(her_browser, visit, headers=BESIDE)
    assert len(piece) <= 8
    with counted() as next_visit:
        her_browser.get(f"/clinician/appointments/{visit.id}/next-visit")
    assert len(next_visit) <= 8


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FRONT_DESK, Role.PATIENT])
def test_only_clinicians_open_somebody_beside_their_day(
    client: FlaskClient, session: Session, visit: Appointment, role: Role
) -> None:
    sign_in(client, an_account(session, role))
    assert opened(client, visit).status_code == 403
    assert client.get(f"/clinician/appointments/{visit.id}/next-visit").status_code == 403
