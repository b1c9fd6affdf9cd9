"""A clinician's hours by the API."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.scheduling.commands import add_exception
from tests.api.client import Program, data_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import slots_of

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


def test_everybody_reads_the_week_and_the_booking_rules(cast: Cast, visitor: Program) -> None:
    shown = data_of(visitor.get(path(cast)))
    assert shown["rules"][0] == {
        "dayOfWeek": "MONDAY",
        "startTime": "09:00:00",
        "endTime": "17:00:00",
        "isAvailable": True,
        "centreId": cast.leeds.id,
        "slotDuration": None,
        "weekOfMonth": None,
    }
    assert len(shown["rules"]) == 5
    assert shown["bookingRules"] == {
        "minBookingNotice": 24,
        "maxAdvanceBooking": 90,
        "cancellationDeadline": 24,
    }
    assert (shown["clinicianId"], shown["type"], shown["timezone"]) == (
        cast.clinician.id,
        "weekly",
        "Europe/London",
    )
    assert (shown["isActive"], shown["dateExceptions"], shown["stranded"]) == (True, [], None)


def test_why_somebody_is_away_is_not_for_everybody(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    day = date(2026, 3, 20)
    add_exception(session, cast.clinician, starts_on=day, ends_on=day, reason="Operation on the knee")
    session.flush()
    for reader in (cast.bo, cast.mia, cast.max, cast.ada):
        assert "knee" in program(reader).get(path(cast)).text
    strangers = [program(one) for one in (cast.ana, cast.zoe, cast.zack, cast.fay)]
    for stranger in (visitor, *strangers):
        shown = data_of(stranger.get(path(cast)))["dateExceptions"][0]
        assert (shown["date"], shown["endDate"], shown["reason"]) == ("2026-03-20", "2026-03-20", None)


@pytest.mark.parametrize(
    "week_given",
    [
        {"rules": [{"dayOfWeek": "Monday", **MORNING}, {"dayOfWeek": "WEDNESDAY", **MORNING}]},
        {"rules": [{"dayOfWeek": 1, **MORNING}, {"dayOfWeek": 3, **MORNING}]},
        {"rules": {"monday": ["09:00-12:00"], "Wednesday": ["09:00-12:00"]}},
        {
            "weeklyPattern": {
                "monday": {"enabled": True, "slots": [MORNING]},
                "Wednesday": {"slots": [MORNING]},
                "friday": {"enabled": False, "slots": [MORNING]},
            }
        },
        {
            "rules": [
                {"dayOfWeek": "monday", **MORNING},
                {"dayOfWeek": "wednesday", **MORNING},
                {"dayOfWeek": "friday", **MORNING, "isAvailable": False},
            ]
        },
    ],
    ids=["names", "numbers", "by day", "pattern", "not available"],
)
def test_the_week_is_replaced_in_each_documented_form(
    session: Session, cast: Cast, program: ProgramOf, week_given: dict[str, Any]
) -> None:
    bo = program(cast.bo)
    assert hours_of(bo.put(path(cast), week_given)) == ["MONDAY 09:00-12:00", "WEDNESDAY 09:00-12:00"]
    assert hours_of(bo.get(path(cast))) == ["MONDAY 09:00-12:00", "WEDNESDAY 09:00-12:00"]
    assert {slot.starts_at.isoweekday() for slot in slots_of(session, cast.clinician)} == {1, 3}


def test_several_windows_a_day_and_their_own_steps(cast: Cast, program: ProgramOf) -> None:
    body = {
        "rules": [
            {"dayOfWeek": 2, "startTime": "09:00", "endTime": "12:00", "slotDuration": 30},
            {"dayOfWeek": 2, "startTime": "13:00:00", "endTime": "15:00:00", "weekOfMonth": 1},
        ],
        "slotDuration": 45,
    }
    shown = data_of(program(cast.bo).put("/clinicians/me/availability", body))
    assert [(rule["slotDuration"], rule["weekOfMonth"]) for rule in shown["rules"]] == [(30, None), (45, 1)]
    assert shown["type"] == "monthly"


def test_a_part_of_the_week_leaves_the_rest(cast: Cast, program: ProgramOf) -> None:
    bo = program(cast.bo)
    changed = bo.patch(path(cast), {"rules": {"monday": ["10:00-12:00", "13:00-14:00"], "friday": []}})
    assert hours_of(changed) == [
        "MONDAY 10:00-12:00",
        "MONDAY 13:00-14:00",
        "TUESDAY 09:00-17:00",
        "WEDNESDAY 09:00-17:00",
        "THURSDAY 09:00-17:00",
    ]
    off = bo.patch(path(cast), {"weeklyPattern": {"tuesday": {"enabled": False}}})
    assert "TUESDAY 09:00-17:00" not in hours_of(off)
    assert len(hours_of(bo.patch(path(cast), {}))) == 4


def test_booking_rules_change_in_part(cast: Cast, program: ProgramOf) -> None:
    bo = program(cast.bo)
    for send in (bo.patch, bo.put):
        shown = data_of(send(path(cast), {"bookingRules": {"minBookingNotice": 2}}))
        assert shown["bookingRules"] == {
            "minBookingNotice": 2,
            "maxAdvanceBooking": 90,
            "cancellationDeadline": 24,
        }
    assert len(hours_of(bo.get(path(cast)))) == 5


def test_who_takes_no_new_bookings_is_not_offered(cast: Cast, program: ProgramOf, visitor: Program) -> None:
    assert data_of(program(cast.mia).patch(path(cast), {"isActive": False}))["isActive"] is False
    assert data_of(visitor.get("/slots", clinicianId=cast.clinician.id)) == []


def test_dates_are_added_and_by_put_replaced(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    bo = program(cast.bo)
    away = {"date": "2026-03-09", "endDate": "2026-03-13", "reason": "Skiing"}
    extra = {"date": "2026-03-14", "startTime": "10:00", "endTime": "12:00", **OPEN}
    assert bo.patch(path(cast), {"dateExceptions": [away]}).status_code == 200
    shown = data_of(bo.patch(path(cast), {"dateExceptions": [extra]}))["dateExceptions"]
    assert [(one["date"], one["isAvailable"], one["centreId"]) for one in shown] == [
        ("2026-03-09", False, None),
        ("2026-03-14", True, cast.leeds.id),
    ]
    assert data_of(visitor.get("/slots", clinicianId=cast.clinician.id, date="2026-03-10")) == []
    assert len(data_of(visitor.get("/slots", clinicianId=cast.clinician.id, date="2026-03-14"))) == 2
    lunch = {"date": "2026-03-10", "startTime": "12:00", "endTime": "13:00"}
    shown = data_of(bo.put(path(cast), {"dateExceptions": [lunch]}))["dateExceptions"]
    assert [(one["date"], one["startTime"]) for one in shown] == [("2026-03-10", "12:00:00")]
    assert len(data_of(visitor.get("/slots", clinicianId=cast.clinician.id, date="2026-03-10"))) == 7
    assert len(hours_of(bo.get(path(cast)))) == 5
