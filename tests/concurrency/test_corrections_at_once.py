"""An arrival or a start is taken back while somebody else goes on with the visit: nothing is half done."""

import pytest

from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition
from tests.cast import Cast
from tests.concurrency.acts import ROUNDS, made, on, split
from tests.concurrency.crowd import Crowd
from tests.factories import an_appointment

pytestmark = pytest.mark.concurrency


def test_a_start_that_is_taken_back_while_the_visit_is_completed(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        visit = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient, starts_at=start)
        crowd.alone(on(visit, commands.start, by=cast.bo, at=start))
        results = crowd.at_once(
            on(visit, commands.complete, by=cast.bo, at=visit.ends_at),
            *[on(visit, commands.take_back_start, by=cast.cora, at=visit.ends_at)] * 3,
        )
        assert {type(refusal) for refusal in split(results)[1]} <= {InvalidStateTransition}
        over = "SELECT 1 FROM appointment WHERE id = :id AND status = 'COMPLETED' AND started_at IS NOT NULL"
        assert crowd.count(over, id=visit.id) == 1
    crowd.check_the_books()


def test_an_arrival_that_is_taken_back_while_she_is_called_in(crowd: Crowd, cast: Cast) -> None:
    for start in ROUNDS:
        visit = made(crowd, an_appointment, clinician=cast.clinician, patient=cast.patient, starts_at=start)
        crowd.alone(on(visit, commands.mark_arrived, by=cast.fay, at=start))
        crowd.at_once(
            on(visit, commands.start, by=cast.bo, at=start),
            *[on(visit, commands.take_back_arrival, by=cast.fay, at=start)] * 3,
        )
        begun = (
            "SELECT 1 FROM appointment WHERE id = :id AND started_at IS NOT NULL AND arrived_at IS NOT NULL"
        )
        assert crowd.count(begun, id=visit.id) == 1
        taken = "SELECT 1 FROM appointment_change WHERE appointment_id = :id AND kind = 'arrival-taken-back'"
        assert crowd.count(taken, id=visit.id) <= 1
