"""Slots published, and hours opened beside the week, by the API."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.scheduling.models import DateException
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import (
    a_clinician,
    an_appointment,
    wall,
)

MONDAY = "2026-03-09"


def ids(response: Any) -> list[str]:
    return [slot["id"] for slot in data_of(response)]


def test_a_range_is_published_by_itself(session: Session, cast: Cast, program: ProgramOf) -> None:
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-09 10:00"))
    body = {"startDate": MONDAY, "endDate": "2026-03-10", "overwrite": True}
    made = program(cast.bo).post("/slots", body)
    assert made.status_code == 201
    assert data_of(made)["generated"] == len(data_of(made)["items"]) == 15
    assert session.scalars(select(Appointment)).one().starts_at == wall("2026-03-09 10:00")


def test_a_clinician_opens_hours_beside_the_week(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    body = {
        "slots": [
            {"date": "2026-03-14", "startTime": "10:00", "endTime": "12:00"},
            {"startAt": "2026-04-11T09:00:00+01:00", "endAt": "2026-04-11T10:00:00+01:00"},
        ]
    }
    made = data_of(program(cast.bo).post("/slots", body))
    assert made["generated"] == len(made["items"])
    saturdays = [
        (one["date"], one["startTime"])
        for one in made["items"]
        if one["date"] in {"2026-03-14", "2026-04-11"}
    ]
    assert saturdays == [
        ("2026-03-14", "10:00:00"),
        ("2026-03-14", "11:00:00"),
        ("2026-04-11", "09:00:00"),
    ]
    assert len(ids(visitor.get("/slots", clinicianId=cast.clinician.id, date="2026-03-14"))) == 2
    again = data_of(program(cast.bo).post("/slots", body))
    assert again == made
    assert len(session.scalars(select(DateException)).all()) == 2


def test_a_manager_opens_hours_for_somebody(cast: Cast, program: ProgramOf) -> None:
    body = {
        "clinicianId": cast.clinician.id,
        "slots": [{"date": "2026-03-14", "startTime": "10:00", "endTime": "12:00"}],
    }
    assert program(cast.mia).post("/slots", body).status_code == 201
    nobody = program(cast.ada).post("/slots", {"slots": body["slots"]})
    assert details_of(nobody) == {"clinicianId": "Say which clinician is meant."}


def test_nobody_opens_hours_for_strangers(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    other = a_clinician(session, cast.york)
    body = {
        "clinicianId": other.id,
        "slots": [{"date": "2026-03-14", "startTime": "10:00", "endTime": "12:00"}],
    }
    assert refusal_of(program(cast.bo).post("/slots", body)) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.mia).post("/slots", body)) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.fay).post("/slots", body)) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.ana).post("/slots", body)) == (403, "FORBIDDEN")
    assert refusal_of(visitor.post("/slots", body)) == (401, "UNAUTHORIZED")
    both = a_clinician(session, cast.leeds, cast.york)
    elsewhere = {**body, "clinicianId": both.id, "centreId": cast.york.id}
    assert refusal_of(program(cast.mia).post("/slots", elsewhere)) == (403, "FORBIDDEN")
    assert session.scalars(select(DateException)).all() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slots": [{"date": "2026-03-14", "startTime": "12:00", "endTime": "10:00"}]}, "slots.0.endTime"),
        ({"slots": [{"date": "2026-03-14", "startTime": "10:00"}]}, "slots.0"),
        ({"slots": [{"date": "2026-03-14", "startTime": 36000, "endTime": "12:00"}]}, "slots.0.startTime"),
        (
            {"slots": [{"date": "2026-03-14", "startTime": "10:00:30", "endTime": "12:00"}]},
            "slots.0.startTime",
        ),
        ({"slots": [{"date": "2026-03-14", "startTime": "10:00Z", "endTime": "12:00"}]}, "slots.0.startTime"),
        ({"slots": [{"date": "2026-02-28", "startTime": "10:00", "endTime": "12:00"}]}, "slots.0.date"),
        ({"slots": [{"startAt": "2026-03-14T10:00:00", "endAt": "2026-03-14T11:00:00Z"}]}, "slots.0.startAt"),
        ({"slots": [{"startAt": "2026-03-14T23:00:00Z", "endAt": "2026-03-15T01:00:00Z"}]}, "slots.0.endAt"),
        ({"slots": [{"startAt": "2026-03-14T11:00:00Z", "endAt": "2026-03-14T11:00:00Z"}]}, "slots.0.endAt"),
        (
            {"slots": [{"startAt": "2026-10-25T01:30:00Z", "endAt": "2026-10-25T03:00:00Z"}]},
            "slots.0.startAt",
        ),
        ({"slots": [{"startAt": "0001-01-01T00:00:00+14:00", "endAt": "9999-12-31T23:59:59-14:00"}]}, None),
        ({"slots": [{}]}, "slots.0"),
        ({"slots": None}, "slots"),
        ({"overwrite": 0}, "overwrite"),
        ({"slots": [{"date": "2026-03-14", "startTime": "10:00", "endTime": "11:00"}] * 101}, "slots"),
        ({"startDate": "2026-03-10", "endDate": "2026-03-09"}, "endDate"),
        ({"startDate": "2026-03-10", "endDate": "2026-06-09"}, "endDate"),
        ({"startDate": "2026-03-10", "generated": 3}, "generated"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_field(
    session: Session, cast: Cast, program: ProgramOf, body: dict[str, Any], field: str | None
) -> None:
    wrong = set(details_of(program(cast.bo).post("/slots", body)))
    assert wrong == ({field} if field else {"slots.0.startAt", "slots.0.endAt"})
    assert session.scalars(select(DateException)).all() == []


def test_who_is_not_seen_by_the_public_yet_can_prepare(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    cast.clinician.is_accepting = False
    session.flush()
    body = {"slots": [{"date": "2026-03-14", "startTime": "10:00", "endTime": "12:00"}]}
    made = program(cast.bo).post("/slots", body)
    assert (made.status_code, data_of(made)) == (201, {"generated": 0, "items": []})
    assert len(session.scalars(select(DateException)).all()) == 1
