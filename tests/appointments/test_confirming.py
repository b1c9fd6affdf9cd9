"""Saying yes to a time that was held: in time, twice, or too late."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import (
    BookingExpired,
    InvalidStateTransition,
    NotBookable,
    SlotTaken,
    TooSoonOrTooFar,
)
from portal.appointments.models import Appointment, Status, Waiting
from portal.appointments.slots import Slot, SlotKey
from portal.centres.commands import add_holiday
from portal.core.errors import Invalid
from portal.core.permissions import SYSTEM, VISITOR
from portal.people.commands import set_accepting, set_clinician_active
from portal.scheduling.commands import add_exception, replace_hours
from portal.scheduling.rules import Refusal
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, service_of, slots_of, wall, week

MINUTE = timedelta(minutes=1)
LATER = NOW + 11 * MINUTE
"""When a hold of ten minutes has run out."""


def test_nobody_confirms_a_hold_that_has_no_patient(session: Session, cast: Cast) -> None:
    held = a_hold(session, cast.clinician)
    with pytest.raises(BookingExpired):
        commands.confirm(session, held, by=VISITOR, at=NOW)
    commands.expire_due(session, at=LATER)
    with pytest.raises(BookingExpired):
        commands.confirm(session, held, by=VISITOR, at=LATER)


def test_confirming_twice_is_confirming_once(
    session: Session,
    cast: Cast,
    sent: Callable[[Appointment], list[str]],
    story: Callable[[Appointment], list[str]],
) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    first, second = (commands.confirm(session, held, by=cast.ana, at=NOW + MINUTE) for _ in range(2))
    assert first is second
    assert story(held) == ["held PENDING", "confirmed CONFIRMED"]
    assert sent(held) == ["appointment-confirmed"]


def test_confirming_says_what_the_patient_wrote_and_keeps_the_price_that_was_shown(
    session: Session, cast: Cast
) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    details = commands.Details(patient_notes="Stairs hurt", questions="Why?", title="Knee")
    with pytest.raises(Invalid):
        commands.confirm(session, held, by=cast.ana, at=NOW, details=commands.Details(fee_minor=1))
    commands.confirm(session, held, by=cast.ana, at=NOW, details=details)
    assert (held.patient_notes, held.questions, held.title) == ("Stairs hurt", "Why?", "Knee")
    assert held.fee_minor == 6000


def test_a_patient_of_a_careful_clinician_confirms_a_request(
    session: Session, cast: Cast, sent: Callable[[Appointment], list[str]]
) -> None:
    cast.clinician.requires_acceptance = True
    held = a_hold(session, cast.clinician, patient=cast.patient)
    commands.confirm(session, held, by=cast.ana, at=NOW)
    assert (held.status, held.waiting_for) == (Status.PENDING, Waiting.ACCEPTANCE)
    assert sent(held) == ["appointment-requested"]


class TestRunOut:
    """A hold that has run out when the patient says yes."""

    @pytest.fixture
    def held(self, session: Session, cast: Cast, free: list[Slot]) -> Appointment:
        """Held a day ahead of the shortest notice."""
        return a_hold(session, cast.clinician, patient=cast.patient, starts_at=free[9].starts_at)

    def confirm(self, session: Session, cast: Cast, held: Appointment) -> Appointment:
        return commands.confirm(session, held, by=cast.ana, at=LATER)

    def test_is_confirmed_as_it_is_while_nobody_has_noticed(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        assert self.confirm(session, cast, held) is held
        assert held.status == Status.CONFIRMED

    def test_is_taken_anew_when_the_time_is_still_free(
        self,
        session: Session,
        cast: Cast,
        held: Appointment,
        sent: Callable[[Appointment], list[str]],
    ) -> None:
        held.fee_minor = 5500
        commands.expire_due(session, at=LATER)
        again = self.confirm(session, cast, held)
        assert (held.status, again.status) == (Status.CANCELLED, Status.CONFIRMED)
        assert again.id != held.id
        assert again.starts_at == held.starts_at
        assert again.fee_minor == 5500, "the price that was shown"
        assert (sent(held), sent(again)) == ([], ["appointment-confirmed"])

    def test_and_taken_anew_is_taken_once_however_often_the_patient_says_yes(
        self, session: Session, cast: Cast, held: Appointment, sent: Callable[[Appointment], list[str]]
    ) -> None:
        commands.expire_due(session, at=LATER)
        first, second = self.confirm(session, cast, held), self.confirm(session, cast, held)
        assert first is second
        assert sent(first) == ["appointment-confirmed"]

    def test_and_is_somebody_elses_by_now_offers_other_times(
        self, session: Session, cast: Cast, held: Appointment, free: list[Slot]
    ) -> None:
        rival = commands.hold(
            session, SlotKey.of(free[9]), by=cast.zora, at=LATER, minutes=10, patient=cast.stranger
        )
        with pytest.raises(SlotTaken) as caught:
            self.confirm(session, cast, held)
        assert caught.value.refusal is Refusal.TAKEN
        assert len(caught.value.alternatives) == 3
        assert rival.is_hold

    def test_and_is_too_soon_by_now_says_so(self, session: Session, cast: Cast, held: Appointment) -> None:
        late = held.starts_at - timedelta(hours=1)
        commands.expire_due(session, at=late)
        with pytest.raises(TooSoonOrTooFar):
            commands.confirm(session, held, by=cast.ana, at=late)

    def test_and_was_let_go_of_by_the_patient_is_gone(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        commands.release(session, held, by=cast.ana, at=NOW)
        with pytest.raises(InvalidStateTransition):
            self.confirm(session, cast, held)

    def test_and_whose_time_has_come_is_gone(self, session: Session, cast: Cast, held: Appointment) -> None:
        with pytest.raises(BookingExpired):
            commands.confirm(session, held, by=cast.ana, at=held.starts_at)


class TestTimeThatBeginsAtOnce:
    """Where no notice is needed, the first time on the list may begin while its patient is still signing in."""

    @pytest.fixture
    def held(self, session: Session, cast: Cast) -> Appointment:
        at_once = a_clinician(session, cast.leeds, hours="Mon-Sun 0-23", notice_hours=0)
        [first, *_] = slots_of(session, at_once)
        assert first.starts_at == NOW, "shown, and begins now"
        return commands.hold(
            session, SlotKey.of(first), by=cast.ana, at=NOW, minutes=10, patient=cast.patient
        )

    def test_is_theirs_until_the_hold_ends(self, session: Session, cast: Cast, held: Appointment) -> None:
        in_time = NOW + timedelta(minutes=9)
        assert commands.confirm(session, held, by=cast.ana, at=in_time).status == Status.CONFIRMED

    def test_is_gone_when_the_hold_has_ended(self, session: Session, cast: Cast, held: Appointment) -> None:
        with pytest.raises(BookingExpired):
            commands.confirm(session, held, by=cast.ana, at=NOW + timedelta(minutes=10))

    def test_leaves_the_clinician_time_to_answer(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        held.clinician.requires_acceptance = True
        asked_at = NOW + timedelta(minutes=9)
        commands.confirm(session, held, by=cast.ana, at=asked_at)
        commands.expire_due(session, at=asked_at + timedelta(minutes=9))
        commands.accept(session, held, by=cast.bo, at=asked_at + timedelta(minutes=9))
        assert held.status == Status.CONFIRMED


class TestHeldWhileTheWorkChanges:
    """Held on Monday 9 March at 10; then the clinician is not there after all."""

    DAY = date(2026, 3, 9)

    @pytest.fixture
    def held(self, session: Session, cast: Cast) -> Appointment:
        return a_hold(session, cast.clinician, patient=cast.patient, starts_at=wall("2026-03-09 10:00"))

    def refusal(self, session: Session, cast: Cast, held: Appointment) -> Refusal | None:
        """Why it cannot be confirmed, with other times that can be booked."""
        session.flush()
        with pytest.raises(SlotTaken) as caught:
            commands.confirm(session, held, by=cast.ana, at=NOW)
        assert len(caught.value.alternatives) == 3
        assert held.starts_at not in {slot.starts_at for slot in caught.value.alternatives}
        assert held.booked_at is None
        return caught.value.refusal

    def test_leave_over_it_offers_other_times(self, session: Session, cast: Cast, held: Appointment) -> None:
        add_exception(session, cast.clinician, starts_on=self.DAY, ends_on=self.DAY)
        assert self.refusal(session, cast, held) is Refusal.LEAVE

    def test_leave_over_a_part_of_it_too(self, session: Session, cast: Cast, held: Appointment) -> None:
        add_exception(
            session,
            cast.clinician,
            starts_on=self.DAY,
            ends_on=self.DAY,
            start_time=time(10, 30),
            end_time=time(12),
        )
        assert self.refusal(session, cast, held) is Refusal.LEAVE

    def test_a_holiday_does(self, session: Session, cast: Cast, held: Appointment) -> None:
        add_holiday(session, cast.leeds, by=SYSTEM, holiday_on=self.DAY, name="Fair", at=NOW)
        assert self.refusal(session, cast, held) is Refusal.HOLIDAY

    def test_shorter_hours_do(self, session: Session, cast: Cast, held: Appointment) -> None:
        replace_hours(session, cast.clinician, week("Mon-Fri 12-17", cast.leeds), at=NOW)
        assert self.refusal(session, cast, held) is Refusal.OUTSIDE_HOURS

    def test_hours_that_only_start_otherwise_do_not(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        replace_hours(session, cast.clinician, week("Mon-Fri 9:30-17", cast.leeds), at=NOW)
        session.flush()
        assert commands.confirm(session, held, by=cast.ana, at=NOW).status == Status.CONFIRMED

    def test_who_is_switched_off_or_takes_no_patients_is_booked_by_nobody(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        set_accepting(session, cast.clinician, by=SYSTEM, is_accepting=False, at=NOW)
        session.flush()
        with pytest.raises(NotBookable):
            commands.confirm(session, held, by=cast.ana, at=NOW)
        set_accepting(session, cast.clinician, by=SYSTEM, is_accepting=True, at=NOW)
        set_clinician_active(session, cast.clinician, by=SYSTEM, is_active=False, at=NOW)
        session.flush()
        with pytest.raises(NotBookable):
            commands.confirm(session, held, by=cast.ana, at=NOW)

    def test_nor_is_a_service_that_is_offered_no_longer(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        service_of(session, cast.clinician).is_active = False
        session.flush()
        with pytest.raises(NotBookable):
            commands.confirm(session, held, by=cast.ana, at=NOW)

    def test_what_is_booked_already_stays_booked_however_often_it_is_said(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        commands.confirm(session, held, by=cast.ana, at=NOW)
        add_exception(session, cast.clinician, starts_on=self.DAY, ends_on=self.DAY)
        session.flush()
        assert commands.confirm(session, held, by=cast.ana, at=NOW).status == Status.CONFIRMED
