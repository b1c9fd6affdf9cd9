"""Somebody calls for a child or a parent. It is Monday 2 March 2026, 9:00 in Leeds."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.permissions import SYSTEM
from portal.notifications.models import Delivery
from portal.people.caring import add_dependant
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.web.desk.conftest import slot_at, take
from tests.web.helpers import counted


@pytest.fixture
def tom(session: Session, ana: Patient) -> Patient:
    """Ana's son, who has neither phone nor address."""
    return add_dependant(session, ana, by=SYSTEM, relation="CHILD", full_name="Tom Silva", at=NOW)


def people(page: str) -> list[str]:
    return re.findall(r">([^<]+)</a></li>", page.partition('id="for-whom"')[2].partition("</nav>")[0])


def new(patient: Patient) -> str:
    return f"/desk/bookings/new?patient_id={patient.id}"


def test_a_caller_books_for_the_people_they_look_after(
    fay: FlaskClient, jane: Clinician, ana: Patient, tom: Patient
) -> None:
    with counted() as queries:
        shown = fay.get(new(ana)).text
    assert len(queries) <= 8
    assert people(shown) == ["Ana Silva", "Tom Silva"]
    assert f'href="{new(tom)}' in shown.replace("&amp;", "&").replace("patient_id=", "patient_id=", 1)
    his = fay.get(new(tom)).text
    assert people(his) == ["Ana Silva", "Tom Silva"]
    assert "Looked after by Ana Silva, who hears of every visit too." in his


def test_the_carer_is_told_of_what_was_booked(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient, tom: Patient
) -> None:
    held = take(fay, session, tom, slot_at(session, jane, "2026-03-05 10:00"))
    assert fay.post(f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": "60"}).status_code == 303
    sent = select(Delivery.recipient, Delivery.patient_id).where(
        Delivery.appointment_id == held.id, Delivery.kind == "appointment-confirmed"
    )
    assert [tuple(row) for row in session.execute(sent)] == [(ana.phone, ana.id)]


def test_who_looks_after_nobody_is_not_asked_for_whom(
    fay: FlaskClient, jane: Clinician, ana: Patient
) -> None:
    assert 'id="for-whom"' not in fay.get(new(ana)).text
