"""Reminders are planned once for each visit, time and offset; what nobody could send in time, staff can see."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core.permissions import SYSTEM, Role
from portal.notifications.kinds import REMINDERS
from portal.notifications.models import Delivery
from portal.notifications.planning import plan_reminders
from portal.people.models import Clinician
from portal.settings import LateCancellation
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    a_patient,
    account_of,
    an_actor,
    an_appointment,
    an_override,
    key_for,
    wall,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THURSDAY = wall("2026-03-05 10:00")


def plan(session: Session, *instants: datetime) -> None:
    """The job looks at each of these instants."""
    for at in instants:
        while plan_reminders(session, at=at):
            pass
        session.flush()


def reminders(session: Session, visit: Appointment | None = None) -> list[Delivery]:
    found = select(Delivery).where(Delivery.kind.in_(REMINDERS)).order_by(Delivery.id)
    return [row for row in session.scalars(found) if visit is None or row.appointment_id == visit.id]


def told(session: Session, visit: Appointment) -> list[str]:
    return [f"{row.offset_minutes} {row.status} {row.reason}".strip() for row in reminders(session, visit)]


@pytest.fixture
def clinician(session: Session) -> Clinician:
    return a_clinician(session, notice_hours=0)


@pytest.fixture
def visit(session: Session, clinician: Clinician) -> Appointment:
    """On Thursday at ten, booked on Monday at nine; the job has looked at that instant already."""
    plan_reminders(session, at=NOW)
    return an_appointment(session, clinician=clinician, starts_at=THURSDAY)


def test_a_visit_is_reminded_of_a_day_and_an_hour_before(session: Session, visit: Appointment) -> None:
    plan(session, THURSDAY - DAY - timedelta(seconds=1))
    assert told(session, visit) == []
    plan(session, THURSDAY - DAY)
    assert told(session, visit) == ["1440 PENDING"]
    plan(session, THURSDAY - HOUR)
    assert told(session, visit) == ["1440 PENDING", "60 PENDING"]


def test_looking_twice_reminds_once(session: Session, visit: Appointment) -> None:
    plan(session, *[THURSDAY - DAY + timedelta(minutes=minutes) for minutes in (0, 0, 1, 5, 11)])
    assert told(session, visit) == ["1440 PENDING"]


def test_the_very_first_look_reminds_of_nothing_that_was_due_before(
    session: Session, clinician: Clinician
) -> None:
    visit = an_appointment(session, clinician=clinician, starts_at=THURSDAY)
    plan(session, THURSDAY - HOUR)
    assert told(session, visit) == []


def test_an_edited_note_brings_no_second_reminder(session: Session, visit: Appointment) -> None:
    plan(session, THURSDAY - DAY)
    commands.edit(session, visit, by=SYSTEM, at=THURSDAY - DAY, title="Second opinion")
    plan(session, THURSDAY - DAY + timedelta(minutes=1))
    assert len(reminders(session, visit)) == 1


def test_whoever_books_within_the_day_is_not_reminded_of_what_they_have_just_read(
    session: Session, clinician: Clinician
) -> None:
    plan_reminders(session, at=NOW)
    late = NOW + timedelta(hours=20)
    visit = an_appointment(session, clinician=clinician, starts_at=NOW + timedelta(hours=25), at=late)
    plan(session, late + HOUR)
    assert told(session, visit) == []
    plan(session, visit.starts_at - HOUR)
    assert told(session, visit) == ["60 PENDING"]


def test_a_cancelled_visit_is_not_planned(session: Session, visit: Appointment) -> None:
    commands.cancel(session, visit, by=SYSTEM, at=NOW, late=LateCancellation.NO_REFUND)
    plan(session, THURSDAY - DAY, THURSDAY)
    assert told(session, visit) == []


def test_a_visit_that_moved_is_reminded_of_at_its_new_time(session: Session, visit: Appointment) -> None:
    plan(session, THURSDAY - DAY)
    later = wall("2026-03-06 15:00")
    key = key_for(session, visit.clinician, later)
    commands.reschedule(session, visit, key, by=SYSTEM, at=THURSDAY - timedelta(hours=20))
    plan(session, later - DAY, later - HOUR)
    assert [(row.offset_minutes, row.starts_at) for row in reminders(session, visit)] == [
        (1440, THURSDAY),
        (1440, later),
        (60, later),
    ]


def test_who_wants_no_reminders_gets_none_and_staff_see_why(session: Session, visit: Appointment) -> None:
    assert visit.patient is not None
    visit.patient.wants_reminders = False
    plan(session, THURSDAY - DAY)
    assert told(session, visit) == ["1440 SKIPPED OPTED_OUT"]


def test_after_six_hours_down_what_is_still_of_use_is_sent_and_what_is_not_is_listed(
    session: Session, clinician: Clinician
) -> None:
    down = wall("2026-03-05 08:00")
    gone = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-05 10:00"))
    ada = an_actor(session, Role.ADMIN)
    soon = an_appointment(
        session, clinician=clinician, starts_at=wall("2026-03-05 14:20"), override=an_override(), by=ada
    )
    tomorrow = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-06 13:00"))
    plan(session, down, down + 6 * HOUR)
    assert told(session, gone) == ["60 MISSED OVER"]
    assert told(session, soon) == ["60 MISSED OVER"]  # twenty minutes before: half of its hour has gone
    assert told(session, tomorrow) == ["1440 PENDING"]


def test_a_visit_that_was_held_while_the_jobs_were_down_is_listed_too(
    session: Session, clinician: Clinician
) -> None:
    visit = an_appointment(session, clinician=clinician, starts_at=THURSDAY)
    plan(session, THURSDAY - 2 * HOUR)
    commands.complete(session, visit, by=SYSTEM, at=THURSDAY + HOUR)
    plan(session, THURSDAY + 4 * HOUR)
    assert told(session, visit) == ["60 MISSED OVER"]


def test_several_visits_of_one_day_are_told_in_one_message_the_day_before(
    session: Session, clinician: Clinician
) -> None:
    plan_reminders(session, at=NOW)
    patient = a_patient(session)
    morning, noon, other_day = (
        an_appointment(session, clinician=clinician, patient=patient, starts_at=wall(f"2026-03-{when}"))
        for when in ("05 09:00", "05 14:00", "06 09:00")
    )
    plan(session, morning.starts_at - DAY)
    assert [row.kind for row in reminders(session, morning)] == ["appointment-reminder-day"]
    assert told(session, noon) == ["1440 SKIPPED BUNDLED"]
    assert told(session, other_day) == []
    plan(session, noon.starts_at - DAY, noon.starts_at - HOUR)
    assert told(session, noon) == ["1440 SKIPPED BUNDLED", "60 PENDING"]


def test_what_is_too_late_carries_nothing_that_is_not(session: Session, clinician: Clinician) -> None:
    plan_reminders(session, at=NOW)
    patient = a_patient(session)
    early = an_appointment(session, clinician=clinician, patient=patient, starts_at=wall("2026-03-05 09:00"))
    late = an_appointment(session, clinician=clinician, patient=patient, starts_at=wall("2026-03-05 16:00"))
    plan(session, early.starts_at - 5 * HOUR)
    assert told(session, early)[0] == "1440 MISSED OVER"
    assert told(session, late) == ["1440 PENDING"]


def test_a_visit_at_seven_is_not_announced_at_seven_the_day_before(session: Session) -> None:
    plan_reminders(session, at=NOW)
    visit = an_appointment(
        session, clinician=a_clinician(session, hours="Thu 7-12"), starts_at=wall("2026-03-05 07:00")
    )
    plan(session, visit.starts_at - DAY)
    assert reminders(session, visit)[0].due_at == wall("2026-03-04 08:00")


def test_night_is_where_the_patient_is(session: Session, visit: Appointment) -> None:
    assert visit.patient is not None
    visit.patient.time_zone = "America/New_York"  # five in the morning there
    plan(session, THURSDAY - DAY)
    assert reminders(session, visit)[0].due_at == wall("2026-03-04 08:00", "America/New_York")


@pytest.mark.parametrize(
    ("zone", "starts", "due"),
    [
        (
            "Europe/London",
            "2026-03-29 12:00",
            "2026-03-28 11:00",
        ),  # clocks go forward in between: 24 hours are 24
        ("Europe/London", "2026-10-25 12:00", "2026-10-24 13:00"),
        ("America/New_York", "2026-03-08 12:00", "2026-03-07 11:00"),
        ("Australia/Lord_Howe", "2026-10-04 12:00", "2026-10-03 11:30"),
    ],
)
def test_a_day_before_is_24_hours_before_when_the_clocks_change(
    session: Session, zone: str, starts: str, due: str
) -> None:
    clinician = a_clinician(
        session, a_centre(session, time_zone=zone), hours="Mon-Sun 9-17", advance_days=365
    )
    starts_at, due_at = wall(starts, zone), wall(due, zone)
    visit = an_appointment(session, clinician=clinician, starts_at=starts_at)
    plan(session, due_at - timedelta(minutes=1))
    assert told(session, visit) == []
    plan(session, due_at)
    assert told(session, visit) == ["1440 PENDING"]
    plan(session, starts_at - HOUR, starts_at - HOUR + timedelta(minutes=1), starts_at)
    assert told(session, visit) == ["1440 PENDING", "60 PENDING"]


def test_everybody_due_is_planned_in_batches_without_asking_for_each(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.notifications.planning.BATCH", 3)
    plan_reminders(session, at=NOW)
    clinician = a_clinician(session, hours="Thu 9-17")
    visits = [
        an_appointment(session, clinician=clinician, starts_at=wall(f"2026-03-05 {hour}:00"))
        for hour in ("09", "10", "11", "12", "13", "14", "15")
    ]
    plan(session, wall("2026-03-04 15:30"))
    assert [told(session, visit) for visit in visits] == [["1440 PENDING"]] * 7


def test_email_beside_whatsapp_only_for_who_chose_both(session: Session, visit: Appointment) -> None:
    assert visit.patient is not None
    account_of(session, visit.patient).email = visit.patient.email = "ana@example.org"
    account_of(session, visit.patient).email_verified_at = NOW
    plan(session, THURSDAY - DAY)
    visit.patient.channels = ["WHATSAPP", "EMAIL"]
    plan(session, THURSDAY - HOUR)
    assert [(row.offset_minutes, row.channel) for row in reminders(session, visit)] == [
        (1440, "WHATSAPP"),
        (60, "WHATSAPP"),
        (60, "EMAIL"),
    ]
