"""Who comes soon hears that the clinician runs late: once for each step, and never of what is not so any more."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core import clock
from portal.notifications.composing import preview
from portal.notifications.delays import tell_due
from portal.notifications.models import Delivery, DeliveryStatus, Notification
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment, wall

BEFORE = NOW - timedelta(days=3)
MINUTE = timedelta(minutes=1)
Say = Callable[..., list[str]]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def visits(session: Session, cast: Cast) -> list[Appointment]:
    """Ana at ten, somebody at half past eleven, both on the Monday on which it is nine."""
    return [
        an_appointment(session, clinician=cast.clinician, patient=patient, starts_at=wall(start), at=BEFORE)
        for patient, start in ((cast.patient, "2026-03-02 10:00"), (cast.stranger, "2026-03-02 12:00"))
    ]


@pytest.fixture
def say(session: Session, cast: Cast, visits: list[Appointment]) -> Say:
    """Bo says how late he is; then what has been written to Ana since she booked, in order."""

    def said(minutes: int, at: datetime = NOW, *, goes_out: bool = True) -> list[str]:
        with clock.travel_to(at):
            commands.set_delay(session, cast.clinician, minutes, by=cast.bo, at=at)
        session.flush()
        rows = rows_of(session, visits[0])
        if goes_out:
            for row in rows:
                if row.status == DeliveryStatus.PENDING:
                    row.status = DeliveryStatus.SENT
            session.flush()
        return [f"{row.kind} {-(row.offset_minutes or 0)} {row.status}" for row in rows]

    return said


def rows_of(session: Session, visit: Appointment) -> list[Delivery]:
    delays = ("appointment-running-late", "appointment-on-time-again")
    found = select(Delivery).where(Delivery.appointment_id == visit.id, Delivery.kind.in_(delays))
    return list(session.scalars(found.order_by(Delivery.id).execution_options(populate_existing=True)))


def test_those_of_the_next_two_hours_are_told_and_nobody_else(
    session: Session, visits: list[Appointment], say: Say
) -> None:
    assert say(20) == ["appointment-running-late 20 SENT"]
    assert rows_of(session, visits[1]) == []
    said = preview(session, rows_of(session, visits[0])[0])
    assert "Bo Larsen is running about 20 minutes late" in said.text
    assert "10:00" in said.text


def test_each_step_of_ten_minutes_is_told_once(say: Say) -> None:
    assert say(5) == []
    assert say(20) == ["appointment-running-late 20 SENT"]
    assert say(25, NOW + MINUTE) == ["appointment-running-late 20 SENT"]
    assert say(40, NOW + 2 * MINUTE)[1:] == ["appointment-running-late 40 SENT"]
    assert say(20, NOW + 3 * MINUTE)[2:] == ["appointment-running-late 20 SENT"]
    assert say(0, NOW + 4 * MINUTE)[3:] == ["appointment-on-time-again 0 SENT"]


def test_what_is_corrected_before_it_has_gone_out_is_told_as_it_is(say: Say) -> None:
    say(20, goes_out=False)
    assert say(30, NOW + MINUTE, goes_out=False) == [
        "appointment-running-late 20 SKIPPED",
        "appointment-running-late 30 PENDING",
    ]
    assert say(0, NOW + 2 * MINUTE, goes_out=False) == [
        "appointment-running-late 20 SKIPPED",
        "appointment-running-late 30 SKIPPED",
    ]


def test_who_comes_near_later_is_told_then_and_once(
    session: Session, visits: list[Appointment], say: Say
) -> None:
    say(20)
    for at in (NOW + 30 * MINUTE, NOW + 61 * MINUTE, NOW + 62 * MINUTE):
        tell_due(session, at=at)
        session.flush()
    assert [row.created_at for row in rows_of(session, visits[1])] == [NOW + 61 * MINUTE]
    assert len(rows_of(session, visits[0])) == 1


def test_who_has_an_account_reads_it_in_the_portal_too(
    session: Session, cast: Cast, visits: list[Appointment], say: Say
) -> None:
    ana = cast.ana
    say(20)
    told = select(Notification).where(
        Notification.account_id == ana.account_id, Notification.kind == "meeting_delayed"
    )
    [note] = session.scalars(told)
    assert (note.title, note.related_id) == ("Dr Bo Larsen is running late", visits[0].id)


def test_a_visit_that_has_begun_or_was_cancelled_is_not_told_of(
    session: Session, cast: Cast, visits: list[Appointment], say: Say
) -> None:
    commands.start(session, visits[0], by=cast.bo, at=NOW + 50 * MINUTE)
    assert say(20, NOW + 51 * MINUTE) == []
