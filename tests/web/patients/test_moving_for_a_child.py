"""Who moves the visit of somebody who is looked after: whoever does so for their own patients, and her mother."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core.permissions import SYSTEM
from portal.notifications.models import Delivery
from portal.people import caring
from portal.people.models import Patient
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment, slots_of, wall
from tests.web.helpers import signed_in

BEFORE = wall("2026-03-12 10:00")
ANSWERS = {
    **dict.fromkeys(("ana", "bo", "cora", "mia", "max", "ada"), 303),
    "fay": 403,  # who answers the phone at the desk asks a coordinator
    "zack": 403,
    "zoe": 404,
    "zora": 404,
}


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana's daughter sees Bo, and only Ana can be told."""
    mina: Patient = caring.add_dependant(
        session, cast.patient, by=SYSTEM, relation="CHILD", full_name="Mina Silva", at=NOW
    )
    return an_appointment(session, clinician=cast.clinician, patient=mina, by=cast.fay, starts_at=BEFORE)


@pytest.mark.parametrize("who", ANSWERS)
def test_it_moves_for_whoever_may_and_her_mother_hears_of_it(
    app: Flask, session: Session, cast: Cast, visit: Appointment, who: str
) -> None:
    actor = getattr(cast, who)
    browser = signed_in(app, session.get_one(Account, actor.account_id))
    home = "/appointments" if actor.is_staff else "/patient/appointments"
    slot = slots_of(session, cast.clinician)[2]
    answer = browser.post(f"{home}/{visit.id}/rescheduling", data={"slot": slot.id, "reason": "As she asked"})
    assert answer.status_code == ANSWERS[who]
    session.refresh(visit)
    is_moved = ANSWERS[who] == 303
    assert visit.starts_at == (slot.starts_at if is_moved else BEFORE)
    told = select(Delivery.id).where(
        Delivery.appointment_id == visit.id,
        Delivery.patient_id == cast.patient.id,
        Delivery.starts_at == slot.starts_at,
    )
    assert bool(session.scalars(told).all()) == is_moved
