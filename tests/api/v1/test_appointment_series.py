"""A series by the API: the same dates, refusals and cancelling as on the page."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.series import get_visible_series
from portal.audit.models import AuditEntry
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.api.v1.repeated import a_series
from tests.cast import Cast
from tests.factories import an_appointment, service_of, wall

SERIES = "/appointment-series"


@pytest.fixture
def wanted(session: Session, cast: Cast) -> dict[str, Any]:
    """Each Tuesday at ten with Bo, the clocks going forward after the third."""
    return {
        "patientId": cast.patient.id,
        "clinicianId": cast.clinician.id,
        "serviceId": service_of(session, cast.clinician).id,
        "appointmentDate": "2026-03-10",
        "appointmentTime": "10:00",
        "rhythm": "weekly",
        "count": 4,
    }


def test_a_program_looks_at_the_dates_and_books_nothing(
    session: Session, cast: Cast, program: ProgramOf, wanted: dict[str, Any]
) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-17 10:00"))
    looked = data_of(program(cast.fay).post(SERIES, wanted | {"dryRun": True}))
    assert (looked["id"], looked["appointments"]) == (None, [])
    assert [one["isFree"] for one in looked["dates"]] == [True, False, True, True]
    taken = looked["dates"][1]
    assert taken["refusal"] == "TAKEN"
    assert taken["nextFree"]["startAt"] == "2026-03-18T09:00:00Z"
    assert "2026-03-17T11:00:00Z" in [one["startAt"] for one in taken["sameDay"]]


def test_what_is_in_the_way_is_named_by_number_and_settled(
    session: Session, cast: Cast, program: ProgramOf, wanted: dict[str, Any]
) -> None:
    for day in ("17", "24"):
        an_appointment(session, clinician=cast.clinician, starts_at=wall(f"2026-03-{day} 10:00"))
    fay = program(cast.fay)
    refused = fay.post(SERIES, wanted)
    assert refusal_of(refused) == (409, "SLOT_UNAVAILABLE")
    assert details_of(refused) == {"visits": "2, 3"}
    instead = [{"number": 2, "startAt": "2026-03-17T11:00:00Z"}, {"number": 3}]
    booked = data_of(fay.post(SERIES, wanted | {"instead": instead}))
    assert [one["startAt"] for one in booked["appointments"]] == [
        "2026-03-10T10:00:00Z",
        "2026-03-17T11:00:00Z",
        "2026-03-31T09:00:00Z",
    ]
    assert data_of(fay.get(f"{SERIES}/{booked['id']}")) == booked
    first = data_of(fay.get(f"/appointments/{booked['appointments'][0]['id']}"))
    assert first["seriesId"] == booked["id"]


def test_a_request_that_is_sent_again_books_one_series(
    cast: Cast, program: ProgramOf, wanted: dict[str, Any]
) -> None:
    mia = program(cast.mia)
    first, again = (data_of(mia.post(SERIES, wanted, key="once")) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    "change",
    [
        {"count": 1},
        {"count": 27},
        {"rhythm": "DAILY"},
        {"instead": [{"number": 9}]},
        {"instead": [{"number": 1, "startAt": "2027-03-17T11:00:00Z"}]},
        {"instead": [{"number": 1, "slotId": "x"}]},
    ],
)
def test_what_is_no_series_is_refused(
    cast: Cast, program: ProgramOf, wanted: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = program(cast.fay).post(SERIES, wanted | change)
    assert answer.status_code == 400
    assert details_of(answer)


def test_patients_read_their_series_and_staff_are_noted(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    series_id = a_series(session, cast.clinician, cast.patient)
    assert len(data_of(program(cast.ana).get(f"{SERIES}/{series_id}"))["appointments"]) == 3
    data_of(program(cast.fay).get(f"{SERIES}/{series_id}"))
    views = select(AuditEntry.by_name).where(AuditEntry.action == "appointment.view")
    assert session.scalars(views).all() == [cast.fay.full_name]


def test_the_rest_is_cancelled_with_a_reason(session: Session, cast: Cast, program: ProgramOf) -> None:
    series_id = a_series(session, cast.clinician, cast.patient)
    fay = program(cast.fay)
    assert details_of(fay.delete(f"{SERIES}/{series_id}")) == {
        "reason": "Say why, so that the patient can be told."
    }
    rest = f"{SERIES}/{series_id}?reason=Moved"
    assert "3 appointments are cancelled." in fay.delete(rest).text
    session.expire_all()
    assert {one.status for one in get_visible_series(session, cast.fay, series_id).visits} == {"CANCELLED"}
    assert "0 appointments are cancelled." in fay.delete(rest).text
