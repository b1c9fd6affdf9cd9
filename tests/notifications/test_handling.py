"""Messages that staff send: now, or once more."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.audit.models import AuditEntry
from portal.core.errors import TooManyAttempts
from portal.core.permissions import Actor
from portal.notifications import handling
from portal.notifications.errors import (
    AlreadyHandled,
    NobodyToTell,
    NoLongerTrue,
    NotConfirmed,
    NotUndelivered,
)
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.notifications.undelivered import undelivered, undelivered_figure
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_delivery, an_appointment


def waiting(session: Session, actor: Actor) -> int | None:
    return session.scalar(select(undelivered_figure(actor)), {"at": NOW})


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana's visit to Bo, of which she has been told."""
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    session.execute(update(Delivery).values(status="SENT", sent_at=NOW))
    return booked


def cancel(session: Session, visit: Appointment, cast: Cast) -> None:
    commands.cancel(session, visit, by=cast.fay, at=NOW, late=LateCancellation.NO_REFUND, reason="Ill")
    session.execute(update(Delivery).where(Delivery.status == "PENDING").values(status="SENT"))


def test_a_confirmation_is_sent_again_at_once(session: Session, cast: Cast, visit: Appointment) -> None:
    (row,) = handling.send_now(session, visit, Kind.CONFIRMED, by=cast.fay, at=NOW)
    assert (row.status, row.round, row.is_urgent, row.due_at) == ("PENDING", 1, True, NOW)
    assert (row.channel, row.recipient) == ("WHATSAPP", cast.patient.phone)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "delivery")).one()
    assert (entry.action, entry.account_id, entry.subject_id) == ("message.send", cast.fay.account_id, row.id)


def test_what_is_still_on_its_way_is_hurried_and_not_doubled(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    first = handling.send_now(session, visit, Kind.REMINDER, by=cast.max, at=NOW)
    assert handling.send_now(session, visit, Kind.REMINDER, by=cast.ada, at=NOW) == first


def test_three_in_an_hour_are_enough(session: Session, cast: Cast, visit: Appointment) -> None:
    for minute in range(3):
        at = NOW + timedelta(minutes=minute)
        for row in handling.send_now(session, visit, Kind.REMINDER, by=cast.max, at=at):
            row.status = "SENT"
    with pytest.raises(TooManyAttempts) as refused:
        handling.send_now(session, visit, Kind.REMINDER, by=cast.max, at=NOW + timedelta(minutes=30))
    assert refused.value.retry_after_seconds == 1800
    assert handling.send_now(session, visit, Kind.REMINDER, by=cast.max, at=NOW + timedelta(minutes=61))


def test_only_what_is_confirmed_and_to_come_is_told_of(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    asked = an_appointment(session, clinician=a_clinician(session, requires_acceptance=True))
    with pytest.raises(NotConfirmed):
        handling.send_now(session, asked, Kind.CONFIRMED, by=cast.ada, at=NOW)
    with pytest.raises(NotConfirmed):
        handling.send_now(session, visit, Kind.REMINDER, by=cast.ada, at=visit.starts_at)
    cancel(session, visit, cast)
    with pytest.raises(NotConfirmed):
        handling.send_now(session, visit, Kind.CONFIRMED, by=cast.ada, at=NOW)


def test_a_message_goes_again_to_the_number_of_today(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    lost = a_delivery(session, visit, recipient="+447700900999", text="Words", offset_minutes=60)
    assert cast.patient.phone != lost.recipient
    new = handling.send_again(session, lost, by=cast.fay, at=NOW)
    assert (new.recipient, new.round, new.status, new.offset_minutes) == (
        cast.patient.phone,
        1,
        "PENDING",
        60,
    )
    assert new.key != lost.key
    assert new.useful_until == visit.starts_at
    assert (lost.handled_at, lost.handled_by_id) == (NOW, cast.fay.account_id)
    with pytest.raises(AlreadyHandled):
        handling.send_again(session, lost, by=cast.cora, at=NOW)
    with pytest.raises(AlreadyHandled):
        handling.note_told(session, lost, by=cast.cora, at=NOW)


def test_what_was_lost_together_goes_again_together(session: Session, cast: Cast, visit: Appointment) -> None:
    other = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    session.execute(update(Delivery).values(status="SENT"))
    carrier = a_delivery(session, visit, kind="appointment-reminder-day")
    carried = a_delivery(session, other, bundled_into_id=carrier.id)
    told = a_delivery(session, other, bundled_into_id=carrier.id, handled_at=NOW)
    assert waiting(session, cast.fay) == 2
    new = handling.send_again(session, carrier, by=cast.fay, at=NOW)
    assert (carried.bundled_into_id, carried.status, carried.reason) == (new.id, "SKIPPED", "BUNDLED")
    assert (told.bundled_into_id, told.status) == (carrier.id, "FAILED")
    assert waiting(session, cast.fay) == 0


def test_what_is_not_so_any_more_is_not_sent_again_but_can_be_told(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    lost = a_delivery(session, visit)
    cancel(session, visit, cast)
    with pytest.raises(NoLongerTrue):
        handling.send_again(session, lost, by=cast.fay, at=NOW)
    assert lost.handled_at is None
    handling.note_told(session, lost, by=cast.fay, at=NOW)
    assert lost.handled_by_id == cast.fay.account_id


def test_only_what_did_not_arrive_is_dealt_with(session: Session, cast: Cast, visit: Appointment) -> None:
    for status in ("SENT", "PENDING", "SKIPPED"):
        with pytest.raises(NotUndelivered):
            handling.send_again(session, a_delivery(session, visit, status=status), by=cast.fay, at=NOW)


def test_somebody_without_phone_or_address_is_told_otherwise(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    lost = a_delivery(session, visit)
    cast.patient.deleted_at = NOW
    session.flush()
    with pytest.raises(NobodyToTell):
        handling.send_again(session, lost, by=cast.fay, at=NOW)


def test_the_list_begins_with_whom_it_is_not_too_late_to_call(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    past = an_appointment(
        session,
        clinician=cast.clinician,
        patient=cast.patient,
        starts_at=NOW - timedelta(days=7) + timedelta(hours=1),
        status=Status.COMPLETED,
    )
    session.execute(update(Delivery).values(status="SENT"))
    missed = a_delivery(session, visit, status="MISSED", reason="OVER")
    long_ago = a_delivery(session, past)
    a_delivery(session, visit, handled_at=NOW)
    a_delivery(session, kind="sign-in-code")
    a_delivery(session, an_appointment(session))  # of another centre
    lines = undelivered(session, cast.fay, at=NOW).items
    assert [line.delivery.id for line in lines] == [missed.id, long_ago.id]
    first, second = lines
    assert (first.name, first.phone, first.is_ahead) == (cast.patient.full_name, cast.patient.phone, True)
    assert (first.can_send_again, second.can_send_again, second.is_ahead) == (True, False, False)
    assert waiting(session, cast.fay) == 2
    assert waiting(session, cast.ada) == 3
    assert waiting(session, cast.zack) == 0
