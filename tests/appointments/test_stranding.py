"""Changes of hours that would leave somebody with an appointment outside of them: never unseen."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment, Channel, Status
from portal.centres.commands import add_holiday, set_centre_active
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception, replace_hours
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_hold, a_patient, an_appointment, an_override, key_for, wall, week


@pytest.fixture
def visits(session: Session, cast: Cast) -> dict[str, Appointment]:
    """Coming appointments of Bo, who works from Monday to Friday, 9 to 17."""
    starts = {
        "mon 9": "2026-03-09 09:00",
        "mon 11": "2026-03-09 11:00",
        "tue 16": "2026-03-10 16:00",
        "next mon 9": "2026-03-16 09:00",
        "april": "2026-04-06 09:00",
    }
    return {
        name: an_appointment(session, clinician=cast.clinician, starts_at=wall(start))
        for name, start in starts.items()
    }


def stranded_by(
    session: Session, clinicians: list[Clinician], change: Callable[[], object]
) -> list[Appointment]:
    """Whom the change would strand; it must say so before it is accepted, and do it once it is."""
    attempt = session.begin_nested()
    try:
        commands.guarded(session, clinicians, change, accepted=False, at=NOW)
    except WouldStrand as refusal:
        attempt.rollback()
        named = [one.id for one in refusal.appointments]
        accepted = commands.guarded(session, clinicians, change, accepted=True, at=NOW)
        assert [one.id for one in accepted] == named
        return accepted
    return []


def names(visits: dict[str, Appointment], found: list[Appointment]) -> list[str]:
    ids = {visit.id: name for name, visit in visits.items()}
    return [ids[one.id] for one in found]


def test_shorter_hours_strand_exactly_those_who_fall_out(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    shorter = week("Mon 10-12, Tue-Fri 9-17", cast.leeds)
    found = stranded_by(
        session, [cast.clinician], lambda: replace_hours(session, cast.clinician, shorter, at=NOW)
    )
    assert names(visits, found) == ["mon 9", "next mon 9", "april"]
    assert {visit.status for visit in visits.values()} == {Status.CONFIRMED}, "they stay as booked"


def test_leave_strands_those_of_its_days(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    found = stranded_by(
        session,
        [cast.clinician],
        lambda: add_exception(
            session, cast.clinician, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 16)
        ),
    )
    assert names(visits, found) == ["tue 16", "next mon 9"]


def test_leave_of_some_hours_strands_whom_it_touches(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    monday = date(2026, 3, 9)
    found = stranded_by(
        session,
        [cast.clinician],
        lambda: add_exception(
            session,
            cast.clinician,
            starts_on=monday,
            ends_on=monday,
            start_time=time(11, 30),
            end_time=time(12, 30),
        ),
    )
    assert names(visits, found) == ["mon 11"]


def test_a_holiday_strands_everybody_of_the_centre(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    other = a_clinician(session, cast.leeds)
    theirs = an_appointment(session, clinician=other, starts_at=wall("2026-03-09 09:00"))
    found = stranded_by(
        session,
        [cast.clinician, other],
        lambda: add_holiday(session, cast.leeds, by=SYSTEM, holiday_on=date(2026, 3, 9), name="Fair", at=NOW),
    )
    assert {one.id for one in found} == {visits["mon 9"].id, visits["mon 11"].id, theirs.id}


def test_a_centre_that_closes_strands_all_who_come(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    found = stranded_by(
        session,
        [cast.clinician],
        lambda: set_centre_active(session, cast.leeds, by=SYSTEM, is_active=False, at=NOW),
    )
    assert names(visits, found) == list(visits)


def test_a_change_that_leaves_everybody_inside_needs_no_yes(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    parted = week("Mon-Fri 8-12, Mon-Fri 12-18", cast.leeds)
    assert (
        stranded_by(session, [cast.clinician], lambda: replace_hours(session, cast.clinician, parted, at=NOW))
        == []
    )


def test_who_was_outside_before_is_not_the_changes_doing(
    session: Session, cast: Cast, visits: dict[str, Appointment]
) -> None:
    key = key_for(session, cast.clinician, wall("2026-03-11 19:00"))
    commands.book(
        session, key, patient=cast.patient, by=cast.ada, at=NOW, channel=Channel.DESK, override=an_override()
    )
    session.flush()
    shorter = week("Mon-Fri 9-16", cast.leeds)
    found = stranded_by(
        session, [cast.clinician], lambda: replace_hours(session, cast.clinician, shorter, at=NOW)
    )
    assert names(visits, found) == ["tue 16"]


def test_what_is_over_cancelled_past_or_only_held_is_not_counted(session: Session, cast: Cast) -> None:
    bo = cast.clinician
    an_appointment(session, clinician=bo, starts_at=NOW - timedelta(days=7))
    an_appointment(session, clinician=bo, starts_at=wall("2026-03-09 09:00"), status=Status.CANCELLED)
    a_hold(session, bo, starts_at=wall("2026-03-09 10:00"))
    assert (
        stranded_by(session, [bo], lambda: replace_hours(session, bo, week("Sun 9-10", cast.leeds), at=NOW))
        == []
    )


def test_a_request_that_waits_is_counted(session: Session, cast: Cast) -> None:
    cast.clinician.requires_acceptance = True
    asked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    nothing = week("Sun 9-10", cast.leeds)
    found = stranded_by(
        session, [cast.clinician], lambda: replace_hours(session, cast.clinician, nothing, at=NOW)
    )
    assert found == [asked]


def test_who_comes_to_a_clinician_or_a_centre_can_be_asked(session: Session, cast: Cast) -> None:
    both = a_clinician(
        session, cast.leeds, cast.york, hours=[*week("Mon 9-17", cast.leeds), *week("Tue 9-17", cast.york)]
    )
    ana, zora = a_patient(session), a_patient(session)
    in_leeds = an_appointment(session, clinician=both, patient=ana, starts_at=wall("2026-03-09 10:00"))
    other = an_appointment(
        session, clinician=cast.clinician, patient=zora, starts_at=wall("2026-03-09 10:00")
    )

    def coming(**where: int) -> list[Appointment]:
        return commands.coming_appointments(session, at=NOW, **where)

    assert coming(clinician_id=both.id) == [in_leeds]
    assert coming(centre_id=cast.leeds.id) == [in_leeds, other]
    assert coming(centre_id=cast.york.id) == []
    commands.check_none_coming(session, at=NOW, centre_id=cast.york.id)
    with pytest.raises(WouldStrand) as caught:
        commands.check_none_coming(session, at=NOW, clinician_id=both.id)
    assert caught.value.appointments == [in_leeds]
