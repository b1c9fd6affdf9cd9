"""Putting somebody where no time is offered: staff who may can do it, never by accident, and always on record."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import SlotTaken, TooSoonOrTooFar
from portal.appointments.models import Appointment, Occupancy, Status
from portal.appointments.slots import Slot, SlotKey
from portal.centres.commands import add_holiday
from portal.core.errors import Forbidden
from portal.core.permissions import SYSTEM, Actor, Permission, Role
from portal.scheduling.commands import add_exception
from portal.scheduling.rules import Refusal
from tests.appointments.doing import book, overrides
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    an_actor,
    an_appointment,
    an_override,
    key_for,
    wall,
)


class TestOverbooking:
    """Staff who may can put a patient where no time is offered. It is never an accident, and always on record."""

    @pytest.fixture
    def taken(self, session: Session, cast: Cast) -> Appointment:
        return an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 10:00"))

    def overbook(
        self, session: Session, cast: Cast, by: Actor, start: str = "2026-03-10 10:00"
    ) -> Appointment:
        key = key_for(session, cast.clinician, wall(start))
        return book(session, key, cast.patient, by, override=an_override())

    @pytest.mark.usefixtures("taken")
    def test_it_needs_the_permission(self, session: Session, cast: Cast) -> None:
        for by in (cast.ana, cast.fay, cast.bo):
            with pytest.raises(Forbidden):
                self.overbook(session, cast, by)
        assert self.overbook(session, cast, cast.cora).status == Status.CONFIRMED

    @pytest.mark.usefixtures("taken")
    def test_it_takes_the_patients_time_but_not_the_clinicians_twice(
        self, session: Session, cast: Cast
    ) -> None:
        appointment = self.overbook(session, cast, cast.cora)
        session.flush()
        rows = select(Occupancy.resource_id).where(Occupancy.appointment_id == appointment.id)
        assert appointment.is_overbooked
        assert session.scalars(rows).all() == [cast.patient.resource_id]
        assert overrides(session, appointment) == [
            ("appointment.override-rule", {"rules": ["TAKEN"], "reason": "Urgent"})
        ]

    @pytest.mark.usefixtures("taken")
    def test_the_history_says_why(self, session: Session, cast: Cast) -> None:
        key = key_for(session, cast.clinician, wall("2026-03-10 10:00"))
        appointment = book(session, key, cast.patient, cast.cora, override=an_override("Cannot wait"))
        session.flush()
        assert [line.reason for line in appointment.history] == ["Cannot wait"]

    @pytest.mark.parametrize(
        ("start", "rule"),
        [
            ("2026-03-10 07:00", "OUTSIDE_HOURS"),
            ("2026-03-10 12:07", "NOT_ON_GRID"),
            ("2026-03-11 10:00", "LEAVE"),
            ("2026-03-12 10:00", "HOLIDAY"),
        ],
    )
    def test_a_time_that_is_nobodys_is_taken_as_usual(
        self, session: Session, cast: Cast, start: str, rule: str, taken_by: Callable[[Appointment], int]
    ) -> None:
        add_holiday(session, cast.leeds, by=SYSTEM, holiday_on=date(2026, 3, 12), name="Fair", at=NOW)
        add_exception(session, cast.clinician, starts_on=date(2026, 3, 11), ends_on=date(2026, 3, 11))
        appointment = self.overbook(session, cast, cast.cora, start)
        assert not appointment.is_overbooked
        assert taken_by(appointment) == 2
        assert overrides(session, appointment) == [
            ("appointment.override-rule", {"rules": [rule], "reason": "Urgent"})
        ]

    def test_outside_hours_and_taken_at_once_is_overbooked(
        self, session: Session, cast: Cast, taken: Appointment
    ) -> None:
        day = taken.starts_at.date()
        add_exception(session, cast.clinician, starts_on=day, ends_on=day)
        assert self.overbook(session, cast, cast.cora).is_overbooked

    def test_a_centre_where_the_clinician_has_no_hours_does_not_hide_what_is_taken(
        self, session: Session, cast: Cast
    ) -> None:
        clinician = a_clinician(session, cast.leeds, cast.york)
        start = wall("2026-03-10 10:00")
        an_appointment(session, clinician=clinician, starts_at=start)
        key = key_for(session, clinician, start)
        elsewhere = SlotKey(key.clinician_id, cast.york.id, key.service_id, start)
        assert book(session, elsewhere, cast.patient, cast.ada, override=an_override()).is_overbooked

    @pytest.mark.parametrize("start", ["2026-03-01 10:00", "2029-03-05 10:00"])
    def test_neither_the_past_nor_the_far_future_can_be_overbooked(
        self, session: Session, cast: Cast, start: str
    ) -> None:
        with pytest.raises(TooSoonOrTooFar):
            self.overbook(session, cast, cast.ada, start)

    def test_the_patient_can_still_be_in_one_place_only(
        self, session: Session, cast: Cast, taken: Appointment
    ) -> None:
        other = a_clinician(session, cast.leeds)
        an_appointment(session, clinician=other, patient=cast.patient, starts_at=taken.starts_at)
        with pytest.raises(SlotTaken) as caught:
            self.overbook(session, cast, cast.ada)
        assert caught.value.refusal is Refusal.ENGAGED

    def test_where_the_time_is_free_it_is_an_ordinary_booking(self, session: Session, cast: Cast) -> None:
        key = key_for(session, cast.clinician, wall("2026-03-10 12:00"))
        for by, patient in ((cast.cora, cast.patient), (cast.fay, cast.patient)):
            appointment = book(session, key, patient, by, override=an_override())
            assert not appointment.is_overbooked
            assert overrides(session, appointment) == []
            commands.release(session, appointment, by=by, at=NOW)
            key = key_for(session, cast.clinician, wall("2026-03-10 14:00"))

    @pytest.mark.usefixtures("taken")
    def test_moved_to_a_free_time_it_takes_the_clinicians_time_like_any_other(
        self, session: Session, cast: Cast, taken_by: Callable[[Appointment], int]
    ) -> None:
        appointment = self.overbook(session, cast, cast.cora)
        key = key_for(session, cast.clinician, wall("2026-03-10 14:00"))
        commands.reschedule(session, appointment, key, by=cast.cora, at=NOW)
        assert not appointment.is_overbooked
        assert taken_by(appointment) == 2


def test_a_practice_may_let_others_overbook(session: Session, cast: Cast, free: list[Slot]) -> None:
    book(session, SlotKey.of(free[0]), cast.patient, cast.ana)
    desk = an_actor(
        session,
        Role.FRONT_DESK,
        centre=cast.leeds,
        extra=frozenset({Permission.APPOINTMENT_OVERBOOK}),
    )
    assert book(session, SlotKey.of(free[0]), cast.stranger, desk, override=an_override()).is_overbooked
