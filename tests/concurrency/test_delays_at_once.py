"""Several say at once how late a clinician runs: each patient hears it once."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.delay_models import ClinicianDelay
from portal.core.permissions import Actor
from portal.notifications.delays import tell_due
from portal.people.models import Clinician
from tests.cast import Cast
from tests.concurrency.acts import START, booking, key_of
from tests.concurrency.crowd import Act, Crowd

pytestmark = pytest.mark.concurrency

AT = START - timedelta(hours=1)
TOLD = "SELECT 1 FROM delivery WHERE kind = 'appointment-running-late'"


def late(cast: Cast, minutes: int, by: Actor) -> Act:
    clinician_id = cast.clinician.id

    def act(session: Session) -> ClinicianDelay | None:
        clinician = session.get_one(Clinician, clinician_id)
        return commands.set_delay(session, clinician, minutes, by=by, at=AT)

    return act


def look(session: Session) -> None:
    tell_due(session, at=AT)


@pytest.fixture(autouse=True)
def visit(crowd: Crowd, cast: Cast) -> None:
    """Ana comes to Bo in an hour."""
    crowd.alone(booking(cast.patient, cast.ana, key_of(crowd, cast.clinician, START)))


def test_the_same_said_by_several_is_one_line_and_one_message(crowd: Crowd, cast: Cast) -> None:
    crowd.at_once(late(cast, 20, cast.fay), late(cast, 20, cast.bo), look, late(cast, 20, cast.fay), look)
    assert crowd.count("SELECT 1 FROM clinician_delay") == 1
    assert crowd.count(TOLD) == 1


def test_of_two_different_ones_the_later_stands_and_is_what_is_told(crowd: Crowd, cast: Cast) -> None:
    crowd.at_once(late(cast, 20, cast.fay), late(cast, 45, cast.bo), look)
    last = "SELECT minutes FROM clinician_delay ORDER BY id DESC LIMIT 1"
    to_go_out = f"{TOLD} AND status = 'PENDING' AND -offset_minutes = ({last})"
    assert crowd.count("SELECT 1 FROM clinician_delay") == 2
    assert crowd.count(to_go_out) == 1
    assert crowd.count(f"{TOLD} AND status = 'PENDING'") == 1
