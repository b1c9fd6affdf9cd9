"""The history of messages and its figures, for those who run the practice."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from tests.factories import a_clinician, a_delivery, a_patient, an_account, an_appointment
from tests.web.helpers import counted, signed_in


@pytest.fixture
def visit(session: Session, riverside: Centre) -> Appointment:
    ana = a_patient(session, phone="+447700900111")
    return an_appointment(session, clinician=a_clinician(session, riverside), patient=ana)


@pytest.fixture
def lost(session: Session, visit: Appointment) -> Delivery:
    return a_delivery(session, visit, error="470: not on WhatsApp", text="secret words")


def test_the_history_is_found_by_type_state_and_day(manager: FlaskClient, lost: Delivery) -> None:
    path = (
        "/admin/deliveries?type=APPOINTMENT_REMINDER&status=FAILED&start_date=2026-03-02&end_date=2026-03-02"
    )
    with counted() as queries:
        shown = manager.get(path).text
    assert len(queries) <= 8
    assert "1 message<" in shown
    assert "+44 ••• 111" in shown
    assert "No messages" in manager.get("/admin/deliveries?end_date=2020-01-01").text
    assert "0 messages<" in manager.get("/admin/deliveries?appointment_id=999999").text


@pytest.mark.parametrize("path", ["/admin/deliveries", "/admin/deliveries/statistics"])
def test_a_date_that_makes_no_sense_comes_back_with_an_error(admin: FlaskClient, path: str) -> None:
    answer = admin.get(f"{path}?start_date=soon&type=x&status=x")
    assert answer.status_code == 422
    assert "Enter a date, like 2027-06-04" in answer.text
    assert 'value="soon"' in answer.text
    turned = admin.get(f"{path}?start_date=2026-03-02&end_date=2026-03-01")
    assert "The end must not be before the start." in turned.text


def test_one_message_is_told_of_without_its_words(admin: FlaskClient, lost: Delivery) -> None:
    shown = admin.get(f"/admin/deliveries/{lost.id}").text
    assert "470: not on WhatsApp" in shown
    assert "+44 ••• 111" in shown
    assert "secret words" not in shown
    assert admin.get("/admin/deliveries/999999").status_code == 404


def test_centre_managers_read_of_their_own_centre_and_the_desk_of_none(
    app: Flask, session: Session, riverside: Centre, harbour: Centre, lost: Delivery
) -> None:
    def status(role: Role, centre: Centre, path: str) -> int:
        return signed_in(app, an_account(session, role, centre=centre)).get(path).status_code

    one = f"/admin/deliveries/{lost.id}"
    assert status(Role.CENTRE_MANAGER, riverside, one) == 200
    assert status(Role.CENTRE_MANAGER, harbour, one) == 403
    assert status(Role.CENTRE_MANAGER, riverside, "/admin/deliveries") == 403
    assert status(Role.CENTRE_MANAGER, riverside, "/admin/deliveries/statistics") == 403
    assert status(Role.FRONT_DESK, riverside, one) == 403


def test_figures_say_how_much_arrived(
    admin: FlaskClient, session: Session, visit: Appointment, lost: Delivery
) -> None:
    for _ in range(2):
        a_delivery(session, visit, status="SENT", reason="")
    shown = " ".join(admin.get("/admin/deliveries/statistics").text.split())
    assert 'Attempts</span> <span class="stat__value">3<' in shown
    assert "66.7 %" in shown
    assert (
        "No messages in this period"
        in admin.get("/admin/deliveries/statistics?start_date=2020-01-01&end_date=2020-01-02").text
    )


def test_the_overview_says_how_many_wait(admin: FlaskClient, lost: Delivery) -> None:
    assert "1 message did not arrive" in admin.get("/admin").text
