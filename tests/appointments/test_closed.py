"""What is not open for bookings cannot be booked, whatever the hours say."""

import pytest
from sqlalchemy.orm import Session

from portal.appointments.errors import NotBookable
from portal.appointments.slots import Slot, SlotKey
from portal.centres.commands import set_centre_active
from portal.core.permissions import SYSTEM
from portal.people.commands import set_accepting, set_clinician_active
from tests.appointments.doing import book
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    an_override,
    key_for,
    service_of,
    wall,
)


class TestWhatIsClosed:
    """What is not open for bookings cannot be booked, whatever the hours say."""

    def refused(self, session: Session, cast: Cast, key: SlotKey) -> None:
        for by in (cast.ana, cast.fay, cast.ada):
            with pytest.raises(NotBookable):
                book(session, key, cast.patient, by, override=an_override())

    def test_a_service_that_is_switched_off(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        service_of(session, cast.clinician).is_active = False
        session.flush()
        self.refused(session, cast, SlotKey.of(free[0]))

    def test_a_clinician_who_takes_no_patients(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        set_accepting(session, cast.clinician, by=SYSTEM, is_accepting=False, at=NOW)
        session.flush()
        self.refused(session, cast, SlotKey.of(free[0]))

    def test_a_clinician_who_is_switched_off(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        set_clinician_active(session, cast.clinician, by=SYSTEM, is_active=False, at=NOW)
        session.flush()
        self.refused(session, cast, SlotKey.of(free[0]))

    def test_a_closed_centre(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        set_centre_active(session, cast.leeds, by=SYSTEM, is_active=False, at=NOW)
        session.flush()
        self.refused(session, cast, SlotKey.of(free[0]))

    def test_a_centre_where_the_clinician_does_not_work(self, session: Session, cast: Cast) -> None:
        abroad = a_centre(session, currency="EUR", time_zone="Europe/Paris")
        key = key_for(session, cast.clinician, wall("2026-03-09 10:00"))
        for centre_id in (abroad.id, None, 0):
            with pytest.raises(NotBookable):
                book(
                    session,
                    SlotKey(key.clinician_id, centre_id, key.service_id, key.starts_at),
                    cast.patient,
                    cast.ada,
                    override=an_override(),
                )

    def test_a_service_of_somebody_else(self, session: Session, cast: Cast, free: list[Slot]) -> None:
        other = service_of(session, a_clinician(session, cast.leeds))
        key = SlotKey(cast.clinician.id, cast.leeds.id, other.id, free[0].starts_at)
        self.refused(session, cast, key)
