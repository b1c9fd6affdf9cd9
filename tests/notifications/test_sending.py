"""A message leaves once, tells what is so at that moment, and whatever stops it is there for staff to see."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.events import CodeSent
from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core.permissions import SYSTEM, Role
from portal.notifications.channels import NotConfigured, Outgoing, Refused, Unavailable
from portal.notifications.commands import code_sent
from portal.notifications.handling import send_again
from portal.notifications.models import Channel, Delivery
from portal.notifications.planning import plan_reminders
from portal.notifications.sending import Claim, claim_due, prepare, settle_failed, settle_sent
from portal.people.models import Clinician
from portal.settings import LateCancellation
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, account_of, an_actor, an_appointment, key_for, wall

GRACE, LEASE = timedelta(minutes=2), timedelta(minutes=1)
THURSDAY, FRIDAY = wall("2026-03-05 10:00"), wall("2026-03-06 15:00")
TOLD = NOW + GRACE


@pytest.fixture
def clinician(session: Session) -> Clinician:
    return a_clinician(session, notice_hours=0, full_name="Bo Larsen", title="Dr")


@pytest.fixture
def visit(session: Session, clinician: Clinician) -> Appointment:
    return an_appointment(session, clinician=clinician, starts_at=THURSDAY)


def claim(session: Session, at: datetime, channel: Channel = Channel.WHATSAPP) -> list[Claim]:
    session.flush()
    taken = [
        one
        for is_urgent in (True, False)
        for one in claim_due(session, channel, is_urgent=is_urgent, limit=50, at=at, lease=LEASE)
    ]
    session.expire_all()
    return taken


def leave(session: Session, at: datetime, channel: Channel = Channel.WHATSAPP) -> list[Outgoing]:
    """All that is due over the channel goes out at that instant."""
    sent = []
    for one in claim(session, at, channel):
        message = prepare(session, one, at=at)
        if message is not None:
            settle_sent(session, one, message, "provider-1", at=at)
            sent.append(message)
        session.flush()
    session.expire_all()
    return sent


def state(session: Session, visit: Appointment) -> list[str]:
    session.flush()
    session.expire_all()
    rows = session.scalars(select(Delivery).where(Delivery.appointment_id == visit.id).order_by(Delivery.id))
    return [
        f"{row.kind.removeprefix('appointment-')} {row.channel} {row.status} {row.reason}".strip()
        for row in rows
    ]


def cancel(session: Session, visit: Appointment, at: datetime) -> None:
    commands.cancel(session, visit, by=SYSTEM, at=at, late=LateCancellation.NO_REFUND)
    session.flush()


def move(session: Session, visit: Appointment, at: datetime, to: datetime = FRIDAY) -> None:
    commands.reschedule(session, visit, key_for(session, visit.clinician, to), by=SYSTEM, at=at)
    session.flush()


def test_a_booking_is_told_once_after_the_grace(session: Session, visit: Appointment) -> None:
    assert leave(session, TOLD - timedelta(seconds=1)) == []
    (message,) = leave(session, TOLD)
    assert "with Dr Bo Larsen is booked for Thursday 5 March, 10:00" in message.text
    assert leave(session, TOLD + timedelta(days=1)) == []
    assert state(session, visit) == ["confirmed WHATSAPP SENT"]


def test_who_moves_within_the_grace_reads_one_message_with_the_new_time(
    session: Session, visit: Appointment
) -> None:
    move(session, visit, NOW + GRACE / 2)
    (message,) = leave(session, TOLD + GRACE)
    assert "is booked for Friday 6 March, 15:00" in message.text
    assert "5 March" not in message.text


def test_who_moves_later_reads_both_times(session: Session, visit: Appointment) -> None:
    leave(session, TOLD)
    move(session, visit, NOW + timedelta(hours=1))
    (message,) = leave(session, NOW + timedelta(hours=2))
    assert "now on Friday 6 March, 15:00" in message.text
    assert "no longer on Thursday 5 March, 10:00" in message.text


def test_who_moves_twice_at_once_reads_no_time_that_they_were_never_told(
    session: Session, visit: Appointment
) -> None:
    leave(session, TOLD)
    later = NOW + timedelta(hours=1)
    for text in ("2026-03-06 11:00", "2026-03-06 15:00"):
        move(session, visit, later, wall(text))
    (message,) = leave(session, later + GRACE)
    assert "now on Friday 6 March, 15:00" in message.text
    assert "no longer on Thursday 5 March, 10:00" in message.text


def test_what_is_sent_again_of_a_move_names_two_times_though_a_note_was_changed_since(
    session: Session, visit: Appointment
) -> None:
    leave(session, TOLD)
    later = NOW + timedelta(hours=1)
    move(session, visit, later)
    (one,) = claim(session, later + GRACE)
    settle_failed(session, one, Refused("no such number"), at=later + GRACE)
    (other,) = claim(session, later + GRACE, Channel.SMS)
    settle_failed(session, other, Refused("no such number"), at=later + GRACE)
    commands.edit(session, visit, by=SYSTEM, at=later + GRACE, patient_notes="Ring twice")
    failed = session.get_one(Delivery, other.delivery_id)
    send_again(session, failed, by=an_actor(session, Role.ADMIN), at=later + GRACE)
    (message,) = leave(session, later + GRACE, Channel.SMS)
    assert "now on Friday 6 March, 15:00" in message.text
    assert "no longer on Thursday 5 March, 10:00" in message.text


def test_who_cancels_within_the_grace_reads_one_message(session: Session, visit: Appointment) -> None:
    cancel(session, visit, NOW + GRACE / 2)
    (message,) = leave(session, TOLD + GRACE)
    assert message.kind == "appointment-cancelled-by-practice"


Change = Callable[[Session, Appointment, datetime], None]
REMIND = THURSDAY - timedelta(days=1)


@pytest.mark.parametrize("change", [cancel, move])
class TestBetweenClaimAndSending:
    """A visit that is given up in any gap on the way of its message: nothing leaves for the old time."""

    def test_before_the_claim(self, session: Session, visit: Appointment, change: Change) -> None:
        leave(session, TOLD)
        self._plan(session)
        change(session, visit, REMIND)
        assert self._told_of_thursday(leave(session, REMIND)) == []

    def test_after_the_claim(self, session: Session, visit: Appointment, change: Change) -> None:
        leave(session, TOLD)
        self._plan(session)
        claims = claim(session, REMIND)
        change(session, visit, REMIND)
        assert [prepare(session, one, at=REMIND) for one in claims] == [None] * len(claims)
        assert state(session, visit)[1].startswith("reminder WHATSAPP SKIPPED")

    def test_after_a_failed_attempt(self, session: Session, visit: Appointment, change: Change) -> None:
        leave(session, TOLD)
        self._plan(session)
        (one,) = claim(session, REMIND)
        assert prepare(session, one, at=REMIND) is not None
        settle_failed(session, one, Unavailable("busy"), at=REMIND)
        change(session, visit, REMIND)
        assert self._told_of_thursday(leave(session, REMIND + timedelta(hours=1))) == []

    def test_after_the_process_died_with_it(
        self, session: Session, visit: Appointment, change: Change
    ) -> None:
        leave(session, TOLD)
        self._plan(session)
        assert len(claim(session, REMIND)) == 1
        change(session, visit, REMIND)
        assert self._told_of_thursday(leave(session, REMIND + LEASE)) == []

    def test_news_of_it(self, session: Session, visit: Appointment, change: Change) -> None:
        claims = claim(session, TOLD)
        change(session, visit, TOLD)
        assert [prepare(session, one, at=TOLD) for one in claims] == [None]

    def _plan(self, session: Session) -> None:
        plan_reminders(session, at=NOW)
        while plan_reminders(session, at=REMIND):
            pass

    def _told_of_thursday(self, messages: list[Outgoing]) -> list[str]:
        return [one.text for one in messages if one.kind.startswith("appointment-reminder")]


def test_a_claim_is_one_process_s_until_its_lease_ends(session: Session, visit: Appointment) -> None:
    (first,) = claim(session, TOLD)
    assert claim(session, TOLD + LEASE / 2) == []
    (second,) = claim(session, TOLD + LEASE)
    assert second.delivery_id == first.delivery_id
    assert prepare(session, first, at=TOLD + LEASE) is None  # the one that came back late
    settle_failed(session, first, Refused("too late to say"), at=TOLD + LEASE)
    assert state(session, visit) == ["confirmed WHATSAPP SENDING"]


def test_the_key_stays_the_same_from_attempt_to_attempt(session: Session, visit: Appointment) -> None:
    (first,) = claim(session, TOLD)
    before = prepare(session, first, at=TOLD)
    settle_failed(session, first, Unavailable("busy", retry_after=90), at=TOLD)
    assert claim(session, TOLD + timedelta(seconds=89)) == []
    (again,) = leave(session, TOLD + timedelta(seconds=90))
    assert before is not None
    assert again.key == before.key


def test_a_refused_whatsapp_goes_by_text_and_then_to_the_desk(session: Session, visit: Appointment) -> None:
    (one,) = claim(session, TOLD)
    settle_failed(session, one, Refused("The number is not on WhatsApp."), at=TOLD)
    (other,) = claim(session, TOLD, Channel.SMS)
    settle_failed(session, other, Refused("The number does not exist."), at=TOLD)
    assert state(session, visit) == ["confirmed WHATSAPP FAILED REFUSED", "confirmed SMS FAILED REFUSED"]
    undelivered = select(Delivery.channel).where(Delivery.status == "FAILED", Delivery.handled_at.is_(None))
    assert session.scalars(undelivered).all() == ["SMS"]


@pytest.mark.parametrize(("channels", "mailed"), [(["WHATSAPP"], 0), (["WHATSAPP", "EMAIL"], 1), (None, 1)])
def test_who_stopped_mails_is_not_reminded_by_mail(
    session: Session, visit: Appointment, channels: list[str] | None, mailed: int
) -> None:
    assert visit.patient is not None
    visit.patient.email, visit.patient.channels = "ana@example.org", channels
    plan_reminders(session, at=NOW)
    while plan_reminders(session, at=REMIND):
        pass
    for channel in (Channel.WHATSAPP, Channel.SMS):
        for one in claim(session, REMIND, channel):
            settle_failed(session, one, Refused("no such number"), at=REMIND)
    session.flush()
    reminders = [row for row in state(session, visit) if row.startswith("reminder EMAIL")]
    assert len(reminders) == mailed


def test_who_gives_up_reminders_gets_none_by_another_way_either(session: Session, visit: Appointment) -> None:
    leave(session, TOLD)
    plan_reminders(session, at=NOW)
    while plan_reminders(session, at=REMIND):
        pass
    (one,) = claim(session, REMIND)
    settle_failed(session, one, Refused("The number is not on WhatsApp."), at=REMIND)
    assert visit.patient is not None
    visit.patient.wants_reminders = False
    assert leave(session, REMIND, Channel.SMS) == []
    assert state(session, visit)[-1] == "reminder SMS SKIPPED OPTED_OUT"


def test_a_dead_number_is_not_tried_again(session: Session, visit: Appointment) -> None:
    (one,) = claim(session, TOLD)
    settle_failed(session, one, NotConfigured("no keys"), at=TOLD)
    assert claim(session, TOLD + timedelta(days=1)) == []


def test_what_cannot_be_sent_in_time_is_missed(session: Session, visit: Appointment) -> None:
    assert leave(session, THURSDAY + timedelta(minutes=1)) == []
    assert state(session, visit) == ["confirmed WHATSAPP MISSED OVER"]


def test_an_old_number_gets_nothing(session: Session, visit: Appointment) -> None:
    assert visit.patient is not None
    visit.patient.phone = "+447700900999"
    session.flush()
    (message,) = leave(session, TOLD)
    assert message.recipient == "+447700900999"


def test_who_gives_up_a_channel_gets_nothing_more_over_it(session: Session, visit: Appointment) -> None:
    assert visit.patient is not None
    visit.patient.email, visit.patient.channels = "ana@example.org", ["EMAIL"]
    session.flush()
    assert leave(session, TOLD) == []
    assert state(session, visit) == ["confirmed WHATSAPP SKIPPED OPTED_OUT"]


def test_of_a_day_with_several_visits_only_those_that_stand_are_told(
    session: Session, clinician: Clinician
) -> None:
    plan_reminders(session, at=NOW)
    patient = a_patient(session)
    nine, noon, four = (
        an_appointment(session, clinician=clinician, patient=patient, starts_at=wall(f"2026-03-05 {hour}:00"))
        for hour in ("09", "12", "16")
    )
    leave(session, TOLD)
    at = nine.starts_at - timedelta(days=1)
    while plan_reminders(session, at=at):
        pass
    cancel(session, nine, at)
    (message,) = [one for one in leave(session, at) if "reminder" in one.kind]
    assert "09:00" not in message.text
    assert "12:00" in message.text
    assert "16:00" in message.text
    cancel(session, noon, at)
    assert state(session, four)[-1] == "reminder WHATSAPP SKIPPED BUNDLED"


def test_a_code_waits_for_nothing_and_is_worth_nothing_when_it_has_run_out(session: Session) -> None:
    night = wall("2026-03-02 23:30")
    for phone, at in (("+447700900111", night), ("+447700900222", night - timedelta(minutes=6))):
        code_sent(session, CodeSent(phone, "PATIENT", "WHATSAPP", "424242", 5, at))
    (message,) = leave(session, night)
    assert (message.recipient, message.parameters) == ("+447700900111", {"code": "424242", "minutes": "5"})
    lapsed = select(Delivery).where(Delivery.recipient == "+447700900222")
    assert [(row.status, row.reason) for row in session.scalars(lapsed)] == [("MISSED", "EXPIRED")]


def test_a_cancellation_at_night_waits_for_the_morning_unless_the_visit_is_before(
    session: Session, clinician: Clinician
) -> None:
    night = wall("2026-03-04 22:00")
    early = an_appointment(
        session, clinician=a_clinician(session, hours="Thu 6-8"), starts_at=wall("2026-03-05 06:00")
    )
    later = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-05 16:00"))
    leave(session, TOLD)
    for visit in (early, later):
        cancel(session, visit, night)
    due = {
        row.appointment_id: row.due_at
        for row in session.scalars(select(Delivery).where(Delivery.kind.contains("cancelled")))
    }
    assert due[early.id] == night + GRACE
    assert due[later.id] == wall("2026-03-05 08:00")


def test_who_books_at_night_reads_of_it_at_once(session: Session, clinician: Clinician) -> None:
    night = wall("2026-03-02 23:00")
    visit = an_appointment(session, clinician=clinician, starts_at=THURSDAY, at=night)
    assert len(leave(session, night + GRACE)) == 1
    assert state(session, visit) == ["confirmed WHATSAPP SENT"]


def test_a_mail_carries_the_calendar_file_and_the_way_out(session: Session, clinician: Clinician) -> None:
    patient = a_patient(session, phone=None, email="ana@example.org", with_account=False)
    visit = an_appointment(
        session, clinician=clinician, patient=patient, starts_at=THURSDAY, by=an_actor(session, Role.ADMIN)
    )
    (message,) = leave(session, TOLD, Channel.EMAIL)
    (file,) = message.attachments
    assert (file.method, message.recipient) == ("REQUEST", "ana@example.org")
    assert str(visit.uid).encode() in file.content
    assert "/unsubscribe/" in message.unsubscribe_url
    assert f'<a href="{message.unsubscribe_url}"' in message.html
    assert message.footer == f"Stop these mails: {message.unsubscribe_url}"
    cancel(session, visit, NOW + timedelta(hours=1))
    (message,) = leave(session, NOW + timedelta(hours=2), Channel.EMAIL)
    assert message.attachments[0].method == "CANCEL"


def test_a_clinician_who_cancels_gets_the_file_that_takes_it_out_of_the_calendar(
    session: Session, clinician: Clinician
) -> None:
    account_of(session, clinician).email_verified_at = NOW
    visit = an_appointment(session, clinician=clinician, starts_at=THURSDAY)
    leave(session, TOLD, Channel.EMAIL)
    bo = an_actor(session, Role.CLINICIAN, clinician=clinician)
    commands.cancel(session, visit, by=bo, at=TOLD, late=LateCancellation.NO_REFUND)
    (message,) = leave(session, TOLD + GRACE, Channel.EMAIL)
    assert message.attachments[0].method == "CANCEL"


def test_a_clinician_hears_nothing_of_what_came_and_went(session: Session, clinician: Clinician) -> None:
    account_of(session, clinician).email_verified_at = NOW
    visit = an_appointment(session, clinician=clinician, starts_at=THURSDAY)
    cancel(session, visit, NOW + GRACE / 2)
    assert leave(session, TOLD + GRACE, Channel.EMAIL) == []


def test_a_clinician_with_a_confirmed_address_hears_of_it_by_mail_and_in_app(
    session: Session, clinician: Clinician
) -> None:
    account_of(session, clinician).email_verified_at = NOW
    an_appointment(session, clinician=clinician, starts_at=THURSDAY)
    (message,) = leave(session, TOLD, Channel.EMAIL)
    assert message.kind == "clinician-appointment-booked"
    assert message.attachments[0].method == "REQUEST"
