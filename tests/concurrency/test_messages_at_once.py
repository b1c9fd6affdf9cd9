"""Colleagues who deal with the same message at the same moment: it goes out once."""

import pytest

from portal.notifications.errors import AlreadyHandled
from portal.notifications.handling import note_told, send_again, send_now
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from tests.cast import Cast
from tests.concurrency.acts import made
from tests.concurrency.crowd import Crowd
from tests.conftest import NOW
from tests.factories import a_delivery, an_appointment

pytestmark = pytest.mark.concurrency


def test_one_of_many_sends_what_was_lost_again_and_one_reminder_goes_out(crowd: Crowd, cast: Cast) -> None:
    visit = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient)
    lost: Delivery = crowd.alone(lambda session: a_delivery(session, visit))
    again = [lambda session, by=by: send_again(session, lost, by=by, at=NOW) for by in (cast.fay, cast.cora)]
    told = [lambda session: note_told(session, lost, by=cast.fay, at=NOW)]
    results = crowd.at_once(*again * 2, *told * 2)
    assert sum(isinstance(result, AlreadyHandled) for result in results) == 5
    crowd.at_once(*[lambda session: send_now(session, visit, Kind.REMINDER, by=cast.fay, at=NOW)] * 4)
    assert (
        crowd.count("SELECT 1 FROM delivery WHERE kind = 'appointment-reminder' AND status = 'PENDING'") == 1
    )
