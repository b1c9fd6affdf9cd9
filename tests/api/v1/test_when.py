"""The three ways to say a time: all find the same slot."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.api.v1.when import When, slot_key
from portal.appointments.slots import Slot
from portal.core.errors import Invalid, NotFound
from portal.people.models import Clinician
from tests.factories import a_centre, a_clinician, a_service, service_of, slots_of, wall


@pytest.fixture
def clinician(session: Session) -> Clinician:
    return a_clinician(session, a_centre(session), a_centre(session, time_zone="Asia/Kolkata"))


@pytest.fixture
def slot(session: Session, clinician: Clinician) -> Slot:
    return next(one for one in slots_of(session, clinician, days=40) if one.starts_at.month == 4)


def fields_refused(session: Session, when: When) -> set[str]:
    with pytest.raises(Invalid) as refused:
        slot_key(session, when)
    return set(refused.value.details)


def test_a_slot_a_wall_time_and_an_instant_find_the_same(
    session: Session, clinician: Clinician, slot: Slot
) -> None:
    by_id = slot_key(session, When(slot_id=slot.id))
    # The clocks have changed by then: nine in Leeds is eight in UTC.
    day, nine = slot.starts_at.date(), time(slot.starts_at.hour + 1)
    by_wall = slot_key(session, When(clinician_id=clinician.id, day=day, wall_time=nine))
    by_start = slot_key(session, When(clinician_id=clinician.id, start_at=slot.starts_at))
    by_both = slot_key(session, When(clinician_id=clinician.id, start_at=slot.starts_at, end_at=slot.ends_at))
    assert by_id == by_wall == by_start == by_both
    assert by_id.starts_at == slot.starts_at


def test_a_wall_time_is_that_of_the_centre_named(session: Session, clinician: Clinician) -> None:
    kolkata = next(one for one in clinician.centres if one.time_zone == "Asia/Kolkata")
    said = When(clinician_id=clinician.id, centre_id=kolkata.id, day=date(2026, 3, 9), wall_time=time(10))
    assert slot_key(session, said).starts_at == datetime(2026, 3, 9, 4, 30, tzinfo=UTC)
    assert slot_key(session, said).centre_id == kolkata.id


def test_who_works_at_no_centre_has_their_own_zone(session: Session) -> None:
    online = a_clinician(session, None, time_zone="America/New_York")
    key = slot_key(session, When(clinician_id=online.id, day=date(2026, 3, 9), wall_time=time(9)))
    assert (key.centre_id, key.starts_at) == (None, wall("2026-03-09 09:00", "America/New_York"))


@pytest.mark.parametrize(
    "said",
    [
        When(),
        When(slot_id="1-1-1-1773050400", start_at=datetime(2026, 3, 9, 10, tzinfo=UTC)),
        When(day=date(2026, 3, 9), wall_time=time(9), start_at=datetime(2026, 3, 9, 10, tzinfo=UTC)),
    ],
    ids=["none", "id and start", "wall and start"],
)
def test_exactly_one_way_is_needed(session: Session, clinician: Clinician, said: When) -> None:
    assert fields_refused(session, replace(said, clinician_id=clinician.id)) == {"slot_id"}


def test_half_a_wall_time_is_no_time(session: Session, clinician: Clinician) -> None:
    day = When(clinician_id=clinician.id, day=date(2026, 3, 9))
    assert fields_refused(session, day) == {"appointment_time"}
    midnight = When(clinician_id=clinician.id, wall_time=time(0))
    assert fields_refused(session, midnight) == {"appointment_date"}


def test_what_stands_beside_a_slots_id_must_agree_with_it(session: Session, slot: Slot) -> None:
    same = When(slot_id=slot.id, clinician_id=slot.clinician_id, centre_id=slot.centre_id)
    assert slot_key(session, same).service_id == slot.service_id
    wrong = replace(same, clinician_id=slot.clinician_id + 1, service_id=slot.service_id + 1)
    assert fields_refused(session, wrong) == {"clinician_id", "service_id"}
    assert fields_refused(session, When(slot_id="yesterday")) == {"slot_id"}
    assert fields_refused(session, When(slot_id="")) == {"slot_id"}


def test_the_length_chooses_among_several_services(session: Session, clinician: Clinician) -> None:
    usual, short = service_of(session, clinician), a_service(session, clinician)
    start = datetime(2026, 3, 9, 10, tzinfo=UTC)
    said = When(clinician_id=clinician.id, start_at=start)
    assert fields_refused(session, said) == {"service_id"}
    assert slot_key(session, replace(said, service_id=short.id)).service_id == short.id
    half_an_hour, an_hour = start + timedelta(minutes=30), start + timedelta(minutes=60)
    assert slot_key(session, replace(said, end_at=half_an_hour)).service_id == short.id
    assert slot_key(session, replace(said, end_at=an_hour)).service_id == usual.id
    assert slot_key(session, replace(said, duration=30)).service_id == short.id
    twin = a_service(session, clinician, title="Another half hour")
    assert fields_refused(session, replace(said, end_at=half_an_hour)) == {"service_id"}
    assert slot_key(session, replace(said, end_at=half_an_hour, service_id=twin.id)).service_id == twin.id


def test_an_end_that_fits_no_service_is_refused(session: Session, clinician: Clinician) -> None:
    start = datetime(2026, 3, 9, 10, tzinfo=UTC)
    said = When(clinician_id=clinician.id, start_at=start)
    assert fields_refused(session, replace(said, end_at=start + timedelta(minutes=59))) == {"end_at"}
    assert fields_refused(session, replace(said, end_at=start + timedelta(minutes=60, seconds=1))) == {
        "end_at"
    }
    assert fields_refused(session, replace(said, end_at=start)) == {"end_at"}
    assert fields_refused(session, replace(said, duration=45)) == {"duration"}
    both = replace(said, duration=30, end_at=start + timedelta(minutes=60))
    assert fields_refused(session, both) == {"duration"}


def test_a_centre_or_service_of_somebody_else_is_refused(session: Session, clinician: Clinician) -> None:
    other = a_clinician(session)
    said = When(clinician_id=clinician.id, start_at=datetime(2026, 3, 9, 10, tzinfo=UTC))
    assert fields_refused(session, replace(said, centre_id=other.primary_centre_id)) == {"centre_id"}
    assert fields_refused(session, replace(said, service_id=service_of(session, other).id)) == {"service_id"}
    assert fields_refused(session, replace(said, clinician_id=None)) == {"clinician_id"}


def test_whom_the_public_does_not_see_is_not_found(session: Session, clinician: Clinician) -> None:
    said = When(clinician_id=clinician.id, start_at=datetime(2026, 3, 9, 10, tzinfo=UTC))
    clinician.is_accepting = False
    session.flush()
    for missing in (clinician.id, 2**62):
        with pytest.raises(NotFound):
            slot_key(session, replace(said, clinician_id=missing))
