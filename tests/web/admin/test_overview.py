"""The start page: honest figures, and what needs a decision."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.scheduling.commands import replace_hours
from portal.settings import OnlinePayment
from tests.conftest import NOW, PracticeSets
from tests.factories import a_clinician, an_appointment, wall
from tests.web.helpers import HTMX, counted


def figures(text: str, centre: str) -> list[str]:
    """The figures in the row of a centre: appointments, arrived, requests, asking to cancel."""
    row = text.partition(f">{centre}</a>")[2].partition("</tr>")[0]
    return [part.partition("<")[0].strip() for part in row.replace('<span class="big">', "").split('">')[1:5]]


@pytest.fixture
def busy(session: Session, riverside: Centre) -> list[Appointment]:
    """At Riverside two visits today, one of whom has arrived, and a request for tomorrow."""
    clinician = a_clinician(session, riverside)
    visits = [
        an_appointment(
            session, clinician=clinician, starts_at=wall(f"2026-03-02 {hour}:00"), at=NOW - timedelta(days=3)
        )
        for hour in (11, 15)
    ]
    visits[0].arrived_at = NOW
    asked = a_clinician(session, riverside, full_name="Ivy Asked", requires_acceptance=True, notice_hours=0)
    visits.append(an_appointment(session, clinician=asked, starts_at=wall("2026-03-03 09:00")))
    session.flush()
    return visits


def test_todays_figures_are_those_of_each_centre(
    admin: FlaskClient, riverside: Centre, harbour: Centre, busy: list[Appointment]
) -> None:
    text = admin.get("/admin").text
    assert figures(text, "Riverside") == ["2", "1", "1", "0"]
    assert figures(text, "Harbour") == ["0", "0", "0", "0"]
    piece = admin.get("/admin", headers=HTMX).text
    assert piece.strip() in text


def test_a_request_that_lapses_soon_is_named(admin: FlaskClient, busy: list[Appointment]) -> None:
    text = admin.get("/admin").text
    assert "1 request lapses within a day" in text
    assert f"/appointments/{busy[-1].id}" in text
    assert f"/appointments/{busy[-1].id}" in admin.get("/admin/waiting").text


def test_ways_to_send_that_are_not_set_up_are_told_to_those_who_run_the_practice(
    admin: FlaskClient, practice_sets: PracticeSets
) -> None:
    assert "No message leaves the practice" in admin.get("/admin").text
    practice_sets(smtp_host="mail.example.org", mail_from="bookings@example.org")
    text = admin.get("/admin").text
    assert "Not set up: WhatsApp, Text message" in text
    assert "Messages go another way: Email." in text
    practice_sets(
        **dict.fromkeys(("gallabox_api_key", "gallabox_api_secret", "gallabox_channel_id"), "x"),
        **dict.fromkeys(("sms_base_url", "sms_api_key", "sms_sender"), "x"),
    )
    assert "Not set up" not in admin.get("/admin").text


def test_currencies_that_patients_cannot_pay_in_are_told_unless_nobody_is_to_pay_online(
    admin: FlaskClient, busy: list[Appointment], practice_sets: PracticeSets
) -> None:
    assert "Not set up: payments in GBP" in admin.get("/admin").text
    practice_sets(stripe_secret_key="sk_test_ours")
    assert "payments in" not in admin.get("/admin").text
    practice_sets(stripe_secret_key="", online_payment=OnlinePayment.OFF)
    assert "payments in" not in admin.get("/admin").text


def test_somebody_who_asks_to_cancel_is_named(
    admin: FlaskClient, session: Session, busy: list[Appointment]
) -> None:
    busy[1].cancellation_requested_at = NOW
    session.flush()
    text = admin.get("/admin").text
    assert "1 patient asks to cancel" in text
    assert figures(text, "Riverside") == ["2", "1", "1", "1"]


def test_appointments_that_nobody_works_for_are_found(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    clinician = a_clinician(session, riverside)
    visit = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-09 10:00"))
    assert "to rearrange" not in admin.get("/admin").text
    replace_hours(session, clinician, [], at=NOW)
    session.flush()
    text = admin.get("/admin").text
    assert "1 appointment to rearrange" in text
    assert "1 clinician cannot be booked yet" in text
    assert f"/appointments/{visit.id}" in admin.get("/staff/affected").text


def test_a_centre_manager_sees_their_own_centre(
    centre_manager: FlaskClient, session: Session, harbour: Centre, busy: list[Appointment]
) -> None:
    a_clinician(session, harbour, full_name="Zed Other", hours=[])
    text = centre_manager.get("/admin").text
    assert figures(text, "Riverside") == ["2", "1", "1", "0"]
    assert "Harbour" not in text
    assert "Zed Other" not in text


def test_the_start_page_asks_the_database_little(
    admin: FlaskClient, session: Session, busy: list[Appointment]
) -> None:
    replace_hours(session, busy[0].clinician, [], at=NOW)
    session.flush()
    for path in ("/admin", "/admin/waiting", "/staff/affected"):
        with counted() as queries:
            assert admin.get(path).status_code == 200
        assert len(queries) <= 8, path


def test_a_practice_without_centres_is_told_where_to_begin(admin: FlaskClient) -> None:
    assert "Open the first one" in admin.get("/admin").text
