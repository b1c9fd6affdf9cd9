"""The one message of a series tells of what stands when it leaves; not delivered, it is one line for the desk."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.appointments.series import get_visible_series
from portal.core.permissions import Actor, Role
from portal.notifications.channels import Refused
from portal.notifications.models import Channel
from portal.notifications.sending import prepare, settle_failed
from portal.notifications.undelivered import undelivered
from portal.people.models import Patient
from portal.settings import LateCancellation
from tests.api.v1.repeated import a_series
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient
from tests.notifications.test_sending import TOLD, claim, leave

ADMIN = Actor(role=Role.ADMIN)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session)


@pytest.fixture
def visits(session: Session, ana: Patient) -> list[Appointment]:
    """Three Thursdays at three, from 12 March on."""
    return get_visible_series(session, ADMIN, a_series(session, a_clinician(session), ana)).visits


def cancel(session: Session, visit: Appointment) -> None:
    commands.cancel(session, visit, by=ADMIN, at=NOW, late=LateCancellation.NO_REFUND, reason="Away")


def test_it_leaves_out_what_was_cancelled_before_it_left(session: Session, visits: list[Appointment]) -> None:
    cancel(session, visits[0])
    messages = {one.kind: one.text for one in leave(session, TOLD)}
    assert "2 appointments with" in messages["appointment-series-booked"]
    assert "Thursday 19 March, 15:00" in messages["appointment-series-booked"]


def test_of_one_that_is_left_it_tells_as_of_any_booking(session: Session, visits: list[Appointment]) -> None:
    for visit in visits[:2]:
        cancel(session, visit)
    kinds = {one.kind: one.text for one in leave(session, TOLD)}
    assert "Thursday 26 March, 15:00" in kinds["appointment-confirmed"]


def test_what_moved_before_it_left_is_told_where_it_is(session: Session, visits: list[Appointment]) -> None:
    visits[1].starts_at += timedelta(hours=1)
    visits[1].ends_at += timedelta(hours=1)
    (message,) = leave(session, TOLD)
    assert "3 appointments with" in message.text


@pytest.mark.usefixtures("visits")
def test_not_delivered_it_is_one_line_for_the_desk(session: Session) -> None:
    (one,) = claim(session, TOLD, Channel.WHATSAPP)
    assert prepare(session, one, at=TOLD) is not None
    settle_failed(session, one, Refused("no such number"), at=TOLD)
    (text,) = claim(session, TOLD, Channel.SMS)  # it goes by text instead
    assert prepare(session, text, at=TOLD) is not None
    settle_failed(session, text, Refused("no such number"), at=TOLD)
    session.flush()
    assert [line.delivery.kind for line in undelivered(session, ADMIN, at=TOLD).items] == [
        "appointment-series-booked"
    ]
