"""Changes of hours that the API refuses: what makes no sense, whom they would strand, whose they are not."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Status
from portal.scheduling.commands import add_exception
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_clinician, account_of, an_appointment, wall, week

MORNING = {"startTime": "09:00", "endTime": "12:00"}
OPEN = {"isAvailable": True}


def path(cast: Cast) -> str:
    return f"/clinicians/{cast.clinician.id}/availability"


def hours_of(response: Any) -> list[str]:
    """The week in short: "MONDAY 09:00-17:00"."""
    return [
        f"{rule['dayOfWeek']} {rule['startTime'][:5]}-{rule['endTime'][:5]}"
        for rule in data_of(response)["rules"]
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"rules": {"monday": ["13:00-17:00"]}},
        {"weeklyPattern": {"monday": {"enabled": False}}},
        {"dateExceptions": [{"date": "2026-03-09"}]},
    ],
    ids=["shorter", "no monday", "leave"],
)
def test_a_change_that_strands_somebody_is_made_only_when_forced(
    session: Session, cast: Cast, program: ProgramOf, body: dict[str, Any]
) -> None:
    booked = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-09 10:00"))
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 10:00"))
    bo = program(cast.bo)
    before = data_of(bo.get(path(cast)))
    refused = bo.patch(path(cast), body)
    assert refusal_of(refused) == (409, "CONFLICT")
    assert details_of(refused) == {"stranded": str(booked.id)}
    assert data_of(bo.get(path(cast))) == before
    forced = data_of(bo.patch(path(cast), {**body, "force": True}))
    assert forced["stranded"] == [{"id": booked.id, "startAt": "2026-03-09T10:00:00Z"}]
    session.refresh(booked)
    assert (booked.status, booked.starts_at) == (Status.CONFIRMED, wall("2026-03-09 10:00"))


def test_who_is_stranded_elsewhere_is_not_told_to_another_centre(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    both = a_clinician(
        session, cast.leeds, cast.york, hours=[*week("Mon 9-12", cast.leeds), *week("Mon 13-17", cast.york)]
    )
    here = an_appointment(session, clinician=both, starts_at=wall("2026-03-09 10:00"))
    there = an_appointment(session, clinician=both, starts_at=wall("2026-03-16 10:00"))
    there.centre_id, there.starts_at = cast.york.id, wall("2026-03-09 14:00")
    there.ends_at = wall("2026-03-09 15:00")
    session.flush()
    body = {"dateExceptions": [{"date": "2026-03-09"}]}
    refused = program(cast.mia).patch(f"/clinicians/{both.id}/availability", body)
    assert details_of(refused) == {"stranded": str(here.id)}
    forced = program(cast.mia).patch(f"/clinicians/{both.id}/availability", {**body, "force": True})
    assert [one["id"] for one in data_of(forced)["stranded"]] == [here.id]


def test_a_change_that_strands_nobody_says_so_when_forced(cast: Cast, program: ProgramOf) -> None:
    assert data_of(program(cast.bo).put(path(cast), {"rules": [], "force": True}))["stranded"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": [{"dayOfWeek": 1, "startTime": "12:00", "endTime": "09:00"}]}, "rules.0.endTime"),
        ({"rules": [{"dayOfWeek": 1, "startTime": "09:00", "endTime": "09:00"}]}, "rules.0.endTime"),
        (
            {
                "rules": [
                    {"dayOfWeek": 2, **MORNING},
                    {"dayOfWeek": 1, **MORNING},
                    {"dayOfWeek": "monday", **MORNING},
                ]
            },
            "rules.2.startTime",
        ),
        (
            {
                "rules": [
                    {"dayOfWeek": 1, **MORNING, "isAvailable": False},
                    {"dayOfWeek": 1, "startTime": "11:00", "endTime": "10:00"},
                ]
            },
            "rules.1.endTime",
        ),
        (
            {"weeklyPattern": {"monday": {"slots": [MORNING, {"startTime": "11:00", "endTime": "13:00"}]}}},
            "weeklyPattern.monday.slots.1.startTime",
        ),
        ({"rules": [{"dayOfWeek": 0, **MORNING}]}, "rules.0.dayOfWeek"),
        ({"rules": [{"dayOfWeek": 8, **MORNING}]}, "rules.0.dayOfWeek"),
        ({"rules": [{"dayOfWeek": True, **MORNING}]}, "rules.0.dayOfWeek"),
        ({"rules": [{"dayOfWeek": "Caturday", **MORNING}]}, "rules.0.dayOfWeek"),
        ({"rules": [{"dayOfWeek": 1, "startTime": "9", "endTime": "12:00"}]}, "rules.0.startTime"),
        ({"rules": [{"dayOfWeek": 1, "startTime": "09:00", "endTime": "24:00"}]}, "rules.0.endTime"),
        ({"rules": [{"dayOfWeek": 1, "startTime": "09:00", "endTime": "12:00:30"}]}, "rules.0.endTime"),
        ({"rules": [{"dayOfWeek": 1, "startTime": None, "endTime": "12:00"}]}, "rules.0.startTime"),
        ({"rules": [{"dayOfWeek": 1, **MORNING, "slotDuration": 4}]}, "rules.0.slotDuration"),
        ({"rules": [{"dayOfWeek": 1, **MORNING, "weekOfMonth": 6}]}, "rules.0.weekOfMonth"),
        ({"rules": [{"dayOfWeek": 1, **MORNING, "centreId": 2**63}]}, "rules.0.centreId"),
        ({"rules": [{"dayOfWeek": 1, **MORNING, "centreId": 2**63 - 1}]}, "centreId"),
        ({"rules": [{"dayOfWeek": 1, **MORNING}] * 101}, "rules"),
        ({"rules": {"monday": ["9-12"]}}, "rules"),
        ({"rules": {"caturday": ["09:00-12:00"]}}, "rules"),
        ({"rules": {"monday": "09:00-12:00"}}, "rules"),
        ({"rules": "always"}, "rules"),
        ({"rules": [], "weeklyPattern": {}}, "body"),
        ({"type": "yearly"}, "type"),
        ({"timezone": "Asia/Kolkata"}, "timezone"),
        ({"bookingRules": {"minBookingNotice": 721}}, "bookingRules.minBookingNotice"),
        ({"bookingRules": {"maxAdvanceBooking": 0}}, "bookingRules.maxAdvanceBooking"),
        ({"bookingRules": {"cancellationDeadline": None}}, "bookingRules.cancellationDeadline"),
        ({"dateExceptions": [{"date": "2026-03-01"}]}, "dateExceptions.0.date"),
        ({"dateExceptions": [{"date": "9999-12-31"}]}, "dateExceptions.0.date"),
        ({"dateExceptions": [{"date": "2032-01-01"}]}, "dateExceptions.0.date"),
        (
            {"dateExceptions": [{"date": "2026-03-20"}, {"date": "2026-03-20", "endDate": "2026-03-19"}]},
            "dateExceptions.1.endDate",
        ),
        ({"dateExceptions": [{"date": "2026-03-20", "startTime": "09:00"}]}, "dateExceptions.0.startTime"),
        (
            {"dateExceptions": [{"date": "2026-03-20", "startTime": "12:00", "endTime": "09:00"}]},
            "dateExceptions.0.endTime",
        ),
        ({"dateExceptions": [{"date": "2026-03-20", **OPEN}]}, "dateExceptions.0.startTime"),
        (
            {"dateExceptions": [{"date": "2026-03-20", **OPEN, **MORNING, "centreId": 2**62}]},
            "dateExceptions.0.centreId",
        ),
        ({"dateExceptions": [{"date": "2026-03-20", "reason": "x" * 201}]}, "dateExceptions.0.reason"),
        ({"force": None}, "force"),
        ({"force": 1}, "force"),
        ({"bookingRules": {"minBookingNotice": "2"}}, "bookingRules.minBookingNotice"),
        ({"workingHours": {}}, "workingHours"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    cast: Cast, program: ProgramOf, body: dict[str, Any], field: str
) -> None:
    bo = program(cast.bo)
    before = data_of(bo.get(path(cast)))
    for send in (bo.put, bo.patch):
        answer = send(path(cast), body)
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")
        assert list(details_of(answer)) == [field]
    assert data_of(bo.get(path(cast))) == before


def test_hours_are_ones_own_or_those_of_ones_centre(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    other = a_clinician(session, cast.york)
    theirs = f"/clinicians/{other.id}/availability"
    body: dict[str, Any] = {"rules": []}
    for send in ("put", "patch"):
        assert refusal_of(getattr(program(cast.bo), send)(theirs, body)) == (404, "NOT_FOUND")
        assert refusal_of(getattr(program(cast.mia), send)(theirs, body)) == (403, "FORBIDDEN")
        for nobody in (cast.ana, cast.fay, cast.cora):
            assert refusal_of(getattr(program(nobody), send)(path(cast), body)) == (403, "FORBIDDEN")
        assert refusal_of(getattr(visitor, send)(path(cast), body)) == (401, "UNAUTHORIZED")
    assert refusal_of(program(cast.ada).put("/clinicians/me/availability", body)) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.ada).put(f"/clinicians/{2**70}/availability", body)) == (404, "NOT_FOUND")
    assert len(hours_of(visitor.get(theirs))) == 5
    assert hours_of(program(cast.max).put(theirs, body)) == []


def test_a_manager_of_one_centre_leaves_the_hours_elsewhere(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    both = a_clinician(
        session,
        cast.york,
        cast.leeds,
        hours=[*week("Mon 9-12", cast.leeds), *week("Mon/Tue 13-17", cast.york)],
    )
    day, mine, mia = date(2026, 3, 20), f"/clinicians/{both.id}/availability", program(cast.mia)
    for number, centre in enumerate((cast.leeds, cast.york, None)):
        on = day.replace(day=day.day + number)
        add_exception(
            session,
            both,
            starts_on=on,
            ends_on=on,
            centre_id=centre.id if centre else None,
            start_time=time(9),
            end_time=time(10),
        )
    session.flush()
    # Hours without a centre are at hers, although the clinician mainly works in York.
    changed = mia.put(mine, {"rules": {"wednesday": ["09:00-12:00"]}, "dateExceptions": []})
    assert hours_of(changed) == ["MONDAY 13:00-17:00", "TUESDAY 13:00-17:00", "WEDNESDAY 09:00-12:00"]
    assert data_of(changed)["rules"][2]["centreId"] == cast.leeds.id
    assert [one["centreId"] for one in data_of(changed)["dateExceptions"]] == [cast.york.id]
    at_york = {"rules": [{"dayOfWeek": 5, **MORNING, "centreId": cast.york.id}]}
    assert refusal_of(mia.patch(mine, at_york)) == (403, "FORBIDDEN")
    away_there = {"dateExceptions": [{"date": "2026-03-25", "centreId": cast.york.id}]}
    assert refusal_of(mia.patch(mine, away_there)) == (403, "FORBIDDEN")
    overlap = mia.patch(mine, {"rules": [{"dayOfWeek": 1, "startTime": "12:00", "endTime": "14:00"}]})
    assert list(details_of(overlap)) == ["rules.0.startTime"]


def test_who_works_at_no_centre_has_hours_in_their_own_zone(session: Session, program: ProgramOf) -> None:
    online = a_clinician(session, None, time_zone="Asia/Kolkata")
    own = program(account_of(session, online))
    body = {"timezone": "Asia/Kolkata", "rules": [{"dayOfWeek": 1, **MORNING}]}
    shown = data_of(own.put("/clinicians/me/availability", body))
    assert (shown["timezone"], shown["rules"][0]["centreId"]) == ("Asia/Kolkata", None)
