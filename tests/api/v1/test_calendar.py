"""A clinician's month by the API."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_centre, a_clinician, a_service, an_appointment, wall
from tests.web.helpers import counted


def path(cast: Cast) -> str:
    return f"/clinicians/{cast.clinician.id}/calendar"


def test_a_month_holds_each_dates_times(session: Session, cast: Cast, visitor: Program) -> None:
    booked = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-09 10:00"))
    answer = visitor.get(path(cast), month="2026-03")
    month = data_of(answer)
    assert (month["clinicianId"], month["clinicianName"]) == (cast.clinician.id, cast.clinician.full_name)
    assert (month["timezone"], month["currency"]) == ("Europe/London", "GBP")
    day = month["calendar"]["2026-03-09"]
    assert day[1] == {
        "id": f"{booked.clinician_id}-{booked.centre_id}-{booked.service_id}-{int(booked.starts_at.timestamp())}",
        "startTime": "10:00:00",
        "endTime": "11:00:00",
        "status": "booked",
        "price": 60.0,
    }
    assert [one["status"] for one in day].count("available") == 7
    assert list(month["calendar"]) == sorted(month["calendar"])
    assert (min(month["calendar"]), max(month["calendar"])) == ("2026-03-03", "2026-03-31")
    assert "2026-03-14" not in month["calendar"]


def test_nothing_is_told_of_who_is_booked(session: Session, cast: Cast, visitor: Program) -> None:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    answer = visitor.get(path(cast))
    assert "booked" in answer.text
    for secret in (cast.patient.full_name, cast.patient.phone, "appointmentId", str(booked.uid)):
        assert secret
        assert secret not in answer.text


def test_what_is_free_in_the_month_is_what_is_listed(cast: Cast, visitor: Program) -> None:
    month = data_of(visitor.get(path(cast), month="2026-03", timezone="Asia/Kolkata"))["calendar"]
    free = {(day, one["id"]) for day, some in month.items() for one in some if one["status"] == "available"}
    query: dict[str, Any] = {"startDate": "2026-03-01", "endDate": "2026-03-31", "timezone": "Asia/Kolkata"}
    listed: set[tuple[str, str]] = set()
    for page in (1, 2):
        found = visitor.get("/slots", clinicianId=cast.clinician.id, limit=100, page=page, **query)
        listed |= {(one["date"], one["id"]) for one in data_of(found)}
    assert free == listed


def test_the_viewers_zone_decides_the_date(session: Session, visitor: Program) -> None:
    clinician = a_clinician(session, hours="Wed 0-2")
    month = data_of(
        visitor.get(f"/clinicians/{clinician.slug}/calendar", month="2026-03", timezone="America/New_York")
    )
    assert month["timezone"] == "America/New_York"
    # Wednesday, 1 April, midnight in Leeds is still March in New York; Wednesday the 4th is the 3rd there.
    assert list(month["calendar"]) == ["2026-03-03", "2026-03-10", "2026-03-17", "2026-03-24", "2026-03-31"]
    assert [one["startTime"] for one in month["calendar"]["2026-03-31"]] == ["19:00:00", "20:00:00"]
    # Clocks change on different Sundays: three weeks of March are an hour nearer.
    assert [one["startTime"] for one in month["calendar"]["2026-03-17"]] == ["20:00:00", "21:00:00"]


@pytest.mark.parametrize(
    ("zone", "month", "day", "starts"),
    [
        ("Europe/London", "2026-03", "2026-03-29", ["00:00:00", "02:00:00", "03:00:00"]),
        (
            "Europe/London",
            "2026-10",
            "2026-10-25",
            ["00:00:00", "01:00:00", "01:00:00", "02:00:00", "03:00:00"],
        ),
        ("America/New_York", "2026-03", "2026-03-08", ["00:00:00", "01:00:00", "03:00:00"]),
        (
            "America/New_York",
            "2026-11",
            "2026-11-01",
            ["00:00:00", "01:00:00", "01:00:00", "02:00:00", "03:00:00"],
        ),
    ],
)
def test_the_day_the_clocks_change_has_the_hours_that_it_has(
    session: Session, visitor: Program, *, zone: str, month: str, day: str, starts: list[str]
) -> None:
    clinician = a_clinician(session, a_centre(session, time_zone=zone), hours="Sun 0-4", advance_days=300)
    found = data_of(visitor.get(f"/clinicians/{clinician.id}/calendar", month=month))["calendar"][day]
    assert [one["startTime"] for one in found] == starts


def test_a_service_and_a_centre_choose(session: Session, cast: Cast, visitor: Program) -> None:
    short = a_service(session, cast.clinician)
    month = data_of(visitor.get(path(cast), month="2026-03", serviceId=short.id))["calendar"]
    assert len(month["2026-03-09"]) == 16
    assert data_of(visitor.get(path(cast), month="2026-03", centreId=cast.york.id))["calendar"] == {}
    assert data_of(visitor.get(path(cast), month="2026-03", serviceId=2**62))["calendar"] == {}


def test_the_past_and_what_lies_beyond_the_horizon_are_empty(cast: Cast, visitor: Program) -> None:
    for month in ("2026-02", "2026-07", "1999-12", "2199-12"):
        assert data_of(visitor.get(path(cast), month=month))["calendar"] == {}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"month": "2026-13"}, "month"),
        ({"month": "March"}, "month"),
        ({"month": "9999-12"}, "month"),
        ({"month": ""}, "month"),
        ({"timezone": "Mars"}, "timezone"),
        ({"year": 2026}, "year"),
    ],
)
def test_what_is_no_month_is_refused_by_field(
    cast: Cast, visitor: Program, query: dict[str, Any], field: str
) -> None:
    assert set(details_of(visitor.get(path(cast), **query))) == {field}


def test_whom_the_public_does_not_see_is_not_found(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    cast.clinician.is_accepting = False
    session.flush()
    assert refusal_of(visitor.get(path(cast))) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.ana).get(path(cast))) == (404, "NOT_FOUND")
    assert data_of(program(cast.bo).get("/clinicians/me/calendar"))["calendar"] == {}
    assert refusal_of(visitor.get("/clinicians/me/calendar")) == (401, "UNAUTHORIZED")
    assert refusal_of(visitor.get(f"/clinicians/{2**70}/calendar")) == (404, "NOT_FOUND")


def test_a_month_takes_five_queries_and_is_not_sent_twice(
    session: Session, cast: Cast, visitor: Program
) -> None:
    for hour in range(9, 16):
        an_appointment(session, clinician=cast.clinician, starts_at=wall(f"2026-03-09 {hour:02}:00"))
    address = path(cast)
    session.expire_all()
    with counted() as statements:
        first = visitor.get(address, month="2026-03")
    asked = [one for one in statements if "rate_limit" not in one and one.startswith(("SELECT", "WITH"))]
    assert len(asked) <= 5
    known = {"If-None-Match": first.headers["ETag"]}
    again = visitor.send("GET", address, query_string={"month": "2026-03"}, headers=known)
    assert again.status_code == 304
