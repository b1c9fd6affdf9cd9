"""A clinician runs late, by the API. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment, wall


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana comes to Bo today at ten."""
    before = NOW - timedelta(days=3)
    at_ten = wall("2026-03-02 10:00")
    return an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=at_ten, at=before
    )


def test_it_is_said_changed_and_taken_back_and_the_visit_tells(
    cast: Cast, program: ProgramOf, visit: Appointment
) -> None:
    path, ana = f"/clinicians/{cast.clinician.id}/delay", program(cast.ana)
    said = data_of(program(cast.fay).put(path, {"minutes": 20}))
    assert said == {
        "clinicianId": cast.clinician.id,
        "centreId": cast.leeds.id,
        "minutes": 20,
        "until": "2026-03-03T00:00:00Z",
        "byName": cast.fay.full_name,
    }
    assert data_of(ana.get(f"/appointments/{visit.id}"))["delayMinutes"] == 20
    assert data_of(program(cast.bo).put("/clinicians/me/delay", {"minutes": 35}))["minutes"] == 35
    for _ in range(2):
        assert program(cast.bo).delete("/clinicians/me/delay").status_code == 200
    assert data_of(ana.get(f"/appointments/{visit.id}"))["delayMinutes"] == 0


def test_another_centres_desk_another_clinician_and_patients_may_not(cast: Cast, program: ProgramOf) -> None:
    path, body = f"/clinicians/{cast.clinician.id}/delay", {"minutes": 20}
    for who, refused in (
        (cast.zack, (403, "FORBIDDEN")),
        (cast.zoe, (404, "NOT_FOUND")),
        (cast.ana, (403, "FORBIDDEN")),
    ):
        assert refusal_of(program(who).put(path, body)) == refused
        assert refusal_of(program(who).delete(path)) == refused


@pytest.mark.parametrize("minutes", [0, -5, 241, "soon", None])
def test_minutes_that_make_no_sense_are_named(cast: Cast, program: ProgramOf, minutes: object) -> None:
    answer = program(cast.fay).put(f"/clinicians/{cast.clinician.id}/delay", {"minutes": minutes})
    assert (refusal_of(answer), list(details_of(answer))) == ((400, "VALIDATION_ERROR"), ["minutes"])


def test_a_centre_where_they_do_not_work_is_named(cast: Cast, program: ProgramOf) -> None:
    body = {"minutes": 20, "centreId": cast.york.id}
    answer = program(cast.ada).put(f"/clinicians/{cast.clinician.id}/delay", body)
    assert list(details_of(answer)) == ["centreId"]
