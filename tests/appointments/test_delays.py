"""A clinician runs late: who may say so, how long it holds, and which visits it is about. It is Monday, 9:00."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.commands.delaying import DELAYED
from portal.appointments.delay_models import ClinicianDelay
from portal.appointments.delays import delays_of, late_by
from portal.appointments.models import Appointment
from portal.core.errors import Forbidden, Invalid
from portal.core.permissions import Actor
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, an_appointment, wall

HOUR = timedelta(hours=1)
BEFORE = NOW - timedelta(days=3)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana comes to Bo at ten."""
    at_ten = wall("2026-03-02 10:00")
    return an_appointment(
        session, clinician=cast.clinician, patient=cast.patient, starts_at=at_ten, at=BEFORE
    )


def late(session: Session, cast: Cast, minutes: int, by: Actor | None = None) -> ClinicianDelay | None:
    return commands.set_delay(session, cast.clinician, minutes, by=by or cast.fay, at=NOW)


def test_it_is_about_visits_of_today_that_have_not_begun(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    tomorrow = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-03 14:00"))
    assert late_by(session, [visit, tomorrow], NOW) == {}
    late(session, cast, 20)
    assert late_by(session, [visit, tomorrow], NOW) == {visit.id: 20}
    commands.start(session, visit, by=cast.bo, at=visit.starts_at)
    assert late_by(session, [visit], visit.starts_at) == {}


def test_the_last_word_counts_and_every_word_is_kept(session: Session, cast: Cast) -> None:
    for minutes in (20, 20, 35, 0):
        late(session, cast, minutes, by=cast.bo)
    assert delays_of(session, [cast.clinician.id], NOW) == {}
    kept = select(ClinicianDelay.minutes, ClinicianDelay.by_name).order_by(ClinicianDelay.id)
    name = cast.bo.full_name
    assert [tuple(row) for row in session.execute(kept)] == [(20, name), (35, name), (0, name)]


def test_on_time_all_along_leaves_no_line(session: Session, cast: Cast) -> None:
    assert late(session, cast, 0) is None
    assert session.scalar(select(func.count(ClinicianDelay.id))) == 0


def test_it_ends_with_the_day_of_the_centre(session: Session, cast: Cast) -> None:
    sydney = a_centre(session, name="Sydney", time_zone="Australia/Sydney")
    clinician = a_clinician(session, sydney)
    commands.set_delay(session, clinician, 30, by=cast.ada, at=NOW)
    midnight_there = wall("2026-03-03 00:00", "Australia/Sydney")
    there = {(clinician.id, sydney.id)}
    assert set(delays_of(session, [clinician.id], midnight_there - timedelta(seconds=1))) == there
    assert delays_of(session, [clinician.id], midnight_there) == {}


def test_it_holds_at_the_centre_where_it_was_said(session: Session, cast: Cast) -> None:
    clinician = a_clinician(session, cast.leeds, cast.york)
    commands.set_delay(session, clinician, 30, centre_id=cast.york.id, by=cast.zack, at=NOW)
    assert set(delays_of(session, [clinician.id], NOW)) == {(clinician.id, cast.york.id)}
    with pytest.raises(Forbidden):
        commands.set_delay(session, clinician, 30, centre_id=cast.leeds.id, by=cast.zack, at=NOW)
    with pytest.raises(Invalid):
        commands.set_delay(session, clinician, 30, centre_id=a_centre(session).id, by=cast.ada, at=NOW)


@pytest.mark.parametrize("minutes", [-1, 241])
def test_minutes_that_make_no_sense(session: Session, cast: Cast, minutes: int) -> None:
    with pytest.raises(Invalid):
        late(session, cast, minutes)


def test_open_pages_of_the_desk_and_of_who_comes_today_hear_of_it(
    session: Session, cast: Cast, visit: Appointment
) -> None:
    ana = cast.ana
    session.info.pop("announcements", None)
    late(session, cast, 20)
    said = {one.name: one.audience for one in session.info["announcements"]}
    assert f"centre:{cast.leeds.id}" in said[DELAYED]
    assert f"account:{ana.account_id}" in said["appointment.changed"]
