"""Clinicians and centres that go for good: nobody is left with an appointment that nobody keeps."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import NotBookable, WouldStrand
from portal.appointments.models import Appointment, Channel, Party, Status
from portal.appointments.slots import SlotKey
from portal.core.errors import Forbidden
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, an_appointment, service_of, wall, week


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient)


def test_a_clinician_with_coming_appointments_stays_until_it_is_said_what_becomes_of_them(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    with pytest.raises(WouldStrand) as caught:
        commands.retire_clinician(session, cast.clinician, by=cast.ada, force=False, at=NOW)
    assert caught.value.appointments == [visit]
    assert cast.clinician.deleted_at is None


def test_coming_appointments_are_cancelled_and_their_patients_told(
    session: Session, cast: Cast, visit: Appointment, sent: Callable[[Appointment], list[str]]
) -> None:
    held = a_hold(session, cast.clinician)
    past = an_appointment(
        session, clinician=cast.clinician, starts_at=wall("2026-02-24 10:00"), status=Status.COMPLETED
    )
    cancelled = commands.retire_clinician(
        session, cast.clinician, by=cast.ada, force=True, at=NOW, reason="Bo has retired"
    )
    assert cancelled == [visit]
    assert (visit.status, visit.cancelled_by, visit.cancel_reason) == (
        Status.CANCELLED,
        Party.CENTRE,
        "Bo has retired",
    )
    assert sent(visit)[-1] == "appointment-cancelled-by-practice"
    assert (held.status, sent(held)) == (Status.CANCELLED, [])
    assert past.status == Status.COMPLETED
    assert cast.clinician.deleted_at == NOW


def test_afterwards_nothing_can_be_booked_or_confirmed(session: Session, cast: Cast) -> None:
    held = a_hold(session, cast.clinician, patient=cast.patient)
    commands.retire_clinician(session, cast.clinician, by=cast.ada, force=True, at=NOW)
    session.flush()
    with pytest.raises(NotBookable):
        commands.confirm(session, held, by=cast.ana, at=NOW)
    with pytest.raises(NotBookable):
        commands.book(
            session, SlotKey.of(held), patient=cast.patient, by=cast.ana, at=NOW, channel=Channel.PORTAL
        )


def test_a_manager_does_not_cancel_what_another_centre_has_promised(session: Session, cast: Cast) -> None:
    both = a_clinician(
        session, cast.leeds, cast.york, hours=[*week("Mon 9-12", cast.leeds), *week("Tue 9-12", cast.york)]
    )
    start = wall("2026-03-10 09:00")
    key = SlotKey(both.id, cast.york.id, service_of(session, both).id, start)
    commands.book(session, key, patient=cast.patient, by=cast.ana, at=NOW, channel=Channel.PORTAL)
    session.flush()
    with pytest.raises(Forbidden):
        commands.retire_clinician(session, both, by=cast.mia, force=True, at=NOW)


def test_a_centre_closes_for_good_once_nobody_comes_there_any_more(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    with pytest.raises(WouldStrand) as caught:
        commands.retire_centre(session, cast.leeds, by=cast.ada, at=NOW)
    assert caught.value.appointments == [visit]
    held = a_hold(session, cast.clinician)
    commands.retire_centre(session, cast.leeds, by=cast.ada, at=visit.starts_at)
    assert cast.leeds.deleted_at == visit.starts_at
    assert held.status == Status.CANCELLED


class TestSwitchedOff:
    """A clinician, or a centre, that takes no bookings for now: what is booked stays, what is held does not."""

    @pytest.fixture
    def held(self, session: Session, cast: Cast) -> Appointment:
        return a_hold(session, cast.clinician, patient=cast.patient)

    def test_a_clinician_lets_go_of_what_is_held_and_keeps_what_is_booked(
        self, session: Session, cast: Cast, held: Appointment, sent: Callable[[Appointment], list[str]]
    ) -> None:
        booked = an_appointment(session, clinician=cast.clinician, patient=cast.stranger)
        commands.switch_clinician(session, cast.clinician, by=cast.ada, is_active=False, at=NOW)
        assert (held.status, held.cancelled_by, sent(held)) == (Status.CANCELLED, Party.CENTRE, [])
        assert booked.status == Status.CONFIRMED

    def test_the_time_of_a_clinician_cannot_be_confirmed(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        commands.switch_clinician(session, cast.clinician, by=cast.ada, is_active=False, at=NOW)
        with pytest.raises(NotBookable):
            commands.confirm(session, held, by=cast.ana, at=NOW)

    def test_a_centre_lets_go_of_what_is_held_there_and_only_there(
        self, session: Session, cast: Cast, held: Appointment
    ) -> None:
        elsewhere = a_hold(session, a_clinician(session, cast.york))
        commands.switch_centre(session, cast.leeds, by=cast.ada, is_active=False, at=NOW)
        assert (held.status, elsewhere.status) == (Status.CANCELLED, Status.PENDING)
        with pytest.raises(NotBookable):
            commands.confirm(session, held, by=cast.ana, at=NOW)

    def test_switching_on_lets_go_of_nothing(self, session: Session, cast: Cast, held: Appointment) -> None:
        commands.switch_clinician(session, cast.clinician, by=cast.ada, is_active=True, at=NOW)
        commands.switch_centre(session, cast.leeds, by=cast.ada, is_active=True, at=NOW)
        assert commands.confirm(session, held, by=cast.ana, at=NOW).status == Status.CONFIRMED
