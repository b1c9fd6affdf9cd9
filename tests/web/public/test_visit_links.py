"""The signed link in a message: one visit, managed without an account, and nothing else."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.links import Purpose, actor_of_link, link_token
from portal.appointments.models import Appointment, AppointmentChange
from portal.appointments.queries import visible_to
from portal.appointments.series import get_visible_series
from portal.core import clock
from portal.core.limits import VISIT_LINK_CHANGED, VISIT_LINK_WRONG
from portal.core.permissions import Actor, Role
from portal.notifications.wording import appointment_values, series_values, visits_values
from portal.payments.queries import visible_to as payments_visible_to
from portal.people.models import Clinician, Patient
from portal.settings import LateCancellation
from tests.api.v1.repeated import a_series
from tests.calendars.visits import parsed
from tests.conftest import PracticeSets
from tests.factories import a_centre, a_clinician, a_patient, an_appointment, slots_of, wall
from tests.web.helpers import counted

FRIDAY_AT_TEN = wall("2026-03-06 10:00")
HOME = "http://127.0.0.1:8000"
SEES_ALL = Actor(role=Role.ADMIN)


@pytest.fixture
def jane(session: Session) -> Clinician:
    riverside = a_centre(session, name="Riverside", address="1 Mill Lane", phone="+441130000001")
    return a_clinician(session, riverside)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, with_account=False, full_name="Ana Maria Silva", email="ana@example.org")


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    booked = an_appointment(session, clinician=jane, patient=ana, starts_at=FRIDAY_AT_TEN)
    booked.description, booked.questions, booked.title = "A lump", "Is it bad?", "Biopsy"
    booked.patient_notes, booked.clinician_notes = "private", "secret"
    session.flush()
    return booked


def link_of(visit: Appointment) -> str:
    """As the message says it, without the site."""
    return appointment_values(visit, language="en")["link"].removeprefix(HOME)


def test_the_link_shows_when_where_and_with_whom_and_never_why(
    client: FlaskClient, visit: Appointment
) -> None:
    with counted() as queries:
        answer = client.get(link_of(visit))
    assert answer.status_code == 200
    assert len(queries) <= 8
    for said in ("Friday 6 March, 10:00", "Dr Jane Smith", "Riverside", "1 Mill Lane", "Ana S.", "To pay"):
        assert said in answer.text
    hidden = ("A lump", "Is it bad?", "Biopsy", "private", "secret", "Silva", "ana@example.org", "60.00")
    assert [word for word in (*hidden, visit.service.title) if word in answer.text] == []
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "destination=Riverside%2C+1+Mill+Lane%2C+Leeds" in answer.text


def test_the_visit_goes_into_a_calendar_with_the_same_link(client: FlaskClient, visit: Appointment) -> None:
    answer = client.get(f"{link_of(visit)}/invite.ics")
    event = parsed(answer.data).events[0]
    assert (event.start, str(event["URL"])) == (FRIDAY_AT_TEN, HOME + link_of(visit))
    assert link_of(visit).split("/")[-1] in event["URL"]


def test_it_is_cancelled_by_the_patient_and_reading_changes_nothing(
    client: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    address = f"{link_of(visit)}/cancellation"
    assert "Cancelling now costs you nothing" in client.get(address).text
    session.refresh(visit)
    assert visit.status == "CONFIRMED"
    for _ in range(2):
        assert client.post(address, data={"reason": "Ill"}).location == link_of(visit)
    session.refresh(visit)
    assert (visit.status, visit.cancelled_by, visit.cancel_reason) == ("CANCELLED", "PATIENT", "Ill")
    assert FRIDAY_AT_TEN in [slot.starts_at for slot in slots_of(session, jane)]
    lines = select(func.count()).where(
        AppointmentChange.appointment_id == visit.id, AppointmentChange.kind == "cancelled"
    )
    assert session.scalar(lines) == 1
    assert "This appointment is cancelled" in client.get(link_of(visit)).text


def test_it_is_moved_to_another_time(
    client: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    address = f"{link_of(visit)}/rescheduling"
    other = next(slot for slot in slots_of(session, jane) if slot.starts_at > FRIDAY_AT_TEN)
    shown = client.get(address, query_string={"slot": other.id, "day": "2026-03-06", "month": "2026-03"})
    assert "Move to Friday 6 March, 11:00?" in shown.text
    assert visit.service.title not in shown.text
    assert client.post(address, data={"slot": other.id}).location == link_of(visit)
    session.refresh(visit)
    assert visit.starts_at == other.starts_at
    assert "Moved to Friday 6 March, 11:00" in client.get(link_of(visit)).text


def test_the_link_moves_it_over_nothing_that_is_in_the_way(
    client: FlaskClient, session: Session, jane: Clinician, visit: Appointment
) -> None:
    address = f"{link_of(visit)}/rescheduling"
    other = next(slot for slot in slots_of(session, jane) if slot.starts_at > FRIDAY_AT_TEN)
    an_appointment(session, clinician=jane, starts_at=other.starts_at)
    assert "Another time" not in client.get(address, query_string={"on": "2026-03-06", "time": "20:00"}).text
    refused = client.post(address, data={"slot": other.id})
    assert refused.status_code == 409
    assert "Move anyway" not in refused.text
    anyway = {"slot": other.id, "rules": ["TAKEN"], "reason": "I must"}
    assert client.post(address, data=anyway).status_code == 403
    session.refresh(visit)
    assert visit.starts_at == FRIDAY_AT_TEN


def test_the_rules_of_a_patient_hold_after_the_deadline(
    client: FlaskClient, session: Session, visit: Appointment, practice_sets: PracticeSets
) -> None:
    with clock.travel_to(FRIDAY_AT_TEN - timedelta(hours=3)):
        assert (
            "what you have paid the centre is not returned"
            in client.get(f"{link_of(visit)}/cancellation").text
        )
        assert client.get(f"{link_of(visit)}/rescheduling").status_code == 409
        practice_sets(late_cancellation=LateCancellation.REFUSE)
        assert client.post(f"{link_of(visit)}/cancellation").status_code == 409
    session.refresh(visit)
    assert visit.status == "CONFIRMED"


def test_a_wrong_link_an_old_one_and_one_for_something_else_look_alike(
    client: FlaskClient, session: Session, visit: Appointment
) -> None:
    token = link_of(visit).rpartition("/")[2]
    uid, _, signature = token.partition(".")
    other = an_appointment(session, clinician=visit.clinician)
    session.flush()
    foreign = link_of(other).rpartition("/")[2].partition(".")[0] + "." + signature
    day = visits_values([visit], language="en")["link"].rpartition("/")[2]
    wrong = ["x", "x.y", uid, f"{uid}.", f"{token}x", foreign, day, "%C3%A9.é", "A" * 90]
    token_of_the_second = re.compile(r'"X-CSRFToken": "[^"]+"')
    pages = {token_of_the_second.sub("", client.get(f"/b/{one}").text) for one in wrong}
    assert {client.get(f"/b/{one}").status_code for one in wrong} == {404}
    assert len(pages) == 1
    assert "does not lead to an appointment any more" in pages.pop()
    with clock.travel_to(visit.ends_at + timedelta(days=7, minutes=-1)):
        assert client.get(link_of(visit)).status_code == 200
    with clock.travel_to(visit.ends_at + timedelta(days=7)):
        for noun in ("", "/cancellation", "/rescheduling", "/invite.ics"):
            assert client.get(link_of(visit) + noun).status_code == 404


def test_a_corrected_phone_number_or_a_removed_patient_ends_it(
    client: FlaskClient, session: Session, ana: Patient, visit: Appointment
) -> None:
    before = link_of(visit)
    ana.phone = "+447700900999"
    session.flush()
    assert client.get(before).status_code == 404
    assert client.get(link_of(visit)).status_code == 200
    ana.deleted_at = clock.now()
    session.flush()
    assert client.get(link_of(visit)).status_code == 404


def test_whoever_tries_links_has_to_wait_and_so_does_whoever_changes_without_end(
    client: FlaskClient, visit: Appointment
) -> None:
    for _ in range(VISIT_LINK_WRONG.amount):
        assert client.get("/b/wrong").status_code == 404
    assert client.get("/b/wrong").status_code == 429
    assert client.get(link_of(visit)).status_code == 200
    for _ in range(VISIT_LINK_CHANGED.amount):
        client.post(f"{link_of(visit)}/rescheduling", data={"slot": "nonsense"})
    assert client.post(f"{link_of(visit)}/cancellation").status_code == 429


def test_nothing_else_exists_for_whoever_comes_by_the_link(session: Session, visit: Appointment) -> None:
    an_appointment(session, clinician=visit.clinician, patient=visit.patient)
    by = actor_of_link(visit)
    assert session.scalars(select(Appointment.id).where(visible_to(by))).all() == [visit.id]
    assert (by.patient_id, by.account_id, by.is_signed_in) == (None, None, False)
    assert str(payments_visible_to(by)) == "false"


def test_a_message_of_several_visits_leads_to_the_list_of_that_day(
    client: FlaskClient, session: Session, ana: Patient, visit: Appointment
) -> None:
    later = an_appointment(
        session, clinician=visit.clinician, patient=ana, starts_at=wall("2026-03-06 14:00")
    )
    next_day = an_appointment(
        session, clinician=visit.clinician, patient=ana, starts_at=wall("2026-03-09 14:00")
    )
    session.flush()
    link = visits_values([visit, later], language="en")["link"].removeprefix(HOME)
    shown = client.get(link).text
    assert all(link_of(one) in shown for one in (visit, later))
    assert link_of(next_day) not in shown
    assert client.get(f"/b/day/{link_token('', visit, Purpose.DAY)}").status_code == 404


def test_a_message_of_a_series_leads_to_all_of_its_visits_as_long_as_one_is_to_come(
    client: FlaskClient, session: Session, jane: Clinician, ana: Patient, visit: Appointment
) -> None:
    series = get_visible_series(session, SEES_ALL, a_series(session, jane, ana))
    link = series_values(series.visits, language="en")["link"].removeprefix(HOME)
    shown = client.get(link).text
    assert all(link_of(one) in shown for one in series.visits)
    assert link_of(visit) not in shown
    with clock.travel_to(series.visits[-1].starts_at):
        assert client.get(link).status_code == 200
    assert client.get(f"/b/day/{link.rpartition('/')[2]}").status_code == 404


def test_our_own_forms_are_taken_although_the_address_stays_out_of_the_referrer(
    app: Flask, session: Session, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over https a form must say which site it comes from; that much the policy of these pages leaves in."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", value=True)
    browser, address = app.test_client(), f"{link_of(visit)}/cancellation"
    form = browser.get(address, base_url="https://localhost").text
    token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
    for referrer, status in ((None, 400), ("https://evil.example/", 400), ("https://localhost/", 303)):
        headers = {"Referer": referrer} if referrer else {}
        sent = browser.post(
            address, base_url="https://localhost", data={"csrf_token": token}, headers=headers
        )
        assert sent.status_code == status
