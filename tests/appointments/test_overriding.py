"""Booking around several rules at once: all are named, each needs who may, and why stays with the visit."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.commands import Override, may_override
from portal.appointments.errors import SlotTaken, TooSoonOrTooFar
from portal.appointments.models import Appointment, Channel, Occupancy
from portal.appointments.slots import SlotKey
from portal.core.errors import Forbidden, Invalid
from portal.core.permissions import Actor
from portal.scheduling.rules import Refusal
from tests.appointments.doing import book, overrides
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment, key_for, wall

TEN = wall("2026-03-10 10:00")


def around(*rules: Refusal, reason: str = "She cannot wait") -> Override:
    return Override(frozenset(rules), reason)


@pytest.fixture
def twice(session: Session, cast: Cast) -> SlotKey:
    """Bo at ten, when he sees somebody else and Ana is with a colleague of his."""
    an_appointment(session, clinician=cast.clinician, starts_at=TEN)
    an_appointment(session, clinician=a_clinician(session, cast.leeds), patient=cast.patient, starts_at=TEN)
    return key_for(session, cast.clinician, TEN)


def resources_of(session: Session, visit: Appointment) -> list[int]:
    session.flush()
    return list(session.scalars(select(Occupancy.resource_id).where(Occupancy.appointment_id == visit.id)))


def test_all_rules_in_the_way_are_named_at_once(session: Session, cast: Cast, twice: SlotKey) -> None:
    with pytest.raises(SlotTaken) as caught:
        book(session, twice, cast.patient, cast.cora)
    assert caught.value.rules == [Refusal.TAKEN, Refusal.ENGAGED]


def test_one_that_was_not_named_stands_in_the_way(session: Session, cast: Cast, twice: SlotKey) -> None:
    with pytest.raises(SlotTaken) as caught:
        book(session, twice, cast.patient, cast.cora, override=around(Refusal.TAKEN))
    assert (caught.value.refusal, caught.value.rules) == (Refusal.ENGAGED, [Refusal.ENGAGED])


def test_a_patient_who_is_elsewhere_is_booked_beside_it_on_purpose(
    session: Session, cast: Cast, twice: SlotKey
) -> None:
    visit = book(session, twice, cast.patient, cast.cora, override=around(Refusal.TAKEN, Refusal.ENGAGED))
    assert visit.is_overbooked
    assert visit.is_patient_engaged
    assert resources_of(session, visit) == []
    said = {"rules": ["TAKEN", "ENGAGED"], "reason": "She cannot wait"}
    assert overrides(session, visit) == [("appointment.override-rule", said)]
    assert (visit.history[-1].overridden, visit.history[-1].reason) == (said["rules"], said["reason"])


def test_moved_to_where_nothing_is_in_the_way_it_takes_everybodys_time_again(
    session: Session, cast: Cast, twice: SlotKey
) -> None:
    visit = book(session, twice, cast.patient, cast.cora, override=around(Refusal.TAKEN, Refusal.ENGAGED))
    commands.reschedule(
        session, visit, key_for(session, cast.clinician, wall("2026-03-12 14:00")), by=cast.cora, at=NOW
    )
    assert (visit.is_overbooked, visit.is_patient_engaged) == (False, False)
    assert len(resources_of(session, visit)) == 2


def test_a_visit_is_moved_over_another_on_purpose(session: Session, cast: Cast, twice: SlotKey) -> None:
    visit = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-12 14:00"))
    assert visit.patient is not None
    with pytest.raises(SlotTaken):
        commands.reschedule(session, visit, twice, by=cast.cora, at=NOW, reason="Urgent")
    rules = frozenset({Refusal.TAKEN})
    with pytest.raises(Forbidden):
        commands.reschedule(session, visit, twice, by=cast.bo, at=NOW, reason="Urgent", overriding=rules)
    commands.reschedule(session, visit, twice, by=cast.cora, at=NOW, reason="Urgent", overriding=rules)
    assert visit.is_overbooked
    assert resources_of(session, visit) == [visit.patient.resource_id]


def test_without_a_reason_nothing_is_overridden(session: Session, cast: Cast, twice: SlotKey) -> None:
    rules = (Refusal.TAKEN, Refusal.ENGAGED)
    with pytest.raises(Invalid) as caught:
        book(session, twice, cast.patient, cast.cora, override=around(*rules, reason="  "))
    assert list(caught.value.details) == ["reason"]


def test_where_nothing_is_in_the_way_no_reason_is_kept(session: Session, cast: Cast) -> None:
    key = key_for(session, cast.clinician, wall("2026-03-12 14:00"))
    visit = book(session, key, cast.patient, cast.cora, override=around(*Refusal))
    assert (visit.history[-1].overridden, visit.history[-1].reason) == ([], "")
    assert overrides(session, visit) == []


def test_the_past_is_never_overridden_even_where_the_clinician_has_no_hours(
    session: Session, cast: Cast
) -> None:
    clinician = a_clinician(session, cast.leeds, cast.york)
    key = key_for(session, clinician, wall("2026-03-01 10:00"))
    elsewhere = SlotKey(key.clinician_id, cast.york.id, key.service_id, key.starts_at)
    for one in (key, elsewhere):
        with pytest.raises(TooSoonOrTooFar):
            book(session, one, cast.patient, cast.ada, override=around(*Refusal))


def test_who_may_override_what(cast: Cast) -> None:
    near, over = (Refusal.TOO_SOON, Refusal.TOO_FAR), (Refusal.TAKEN,)
    may: dict[str, tuple[Actor, bool, bool]] = {
        "ana": (cast.ana, False, False),
        "bo": (cast.bo, True, False),
        "fay": (cast.fay, True, False),
        "cora": (cast.cora, True, True),
        "ada": (cast.ada, True, True),
    }
    for name, (by, window, time) in may.items():
        assert (may_override(by, near), may_override(by, over)) == (window, time), name
    assert not may_override(cast.ada, [Refusal.PAST])


def test_no_patient_overrides_anything(session: Session, cast: Cast, twice: SlotKey) -> None:
    with pytest.raises(Forbidden):
        book(session, twice, cast.patient, cast.ana, override=around(*Refusal))


def test_a_time_that_staff_held_around_a_rule_is_booked_with_a_reason(session: Session, cast: Cast) -> None:
    key = key_for(session, cast.clinician, wall("2026-03-02 14:00"))
    held = commands.hold(session, key, by=cast.fay, at=NOW, minutes=10, patient=cast.patient)
    assert commands.held_around(session, held) == (Refusal.TOO_SOON,)
    with pytest.raises(Invalid):
        commands.confirm(session, held, by=cast.fay, at=NOW)
    visit = commands.confirm(session, held, by=cast.fay, at=NOW, reason="Walked in")
    assert visit.channel == Channel.DESK
    said = {"rules": ["TOO_SOON"], "reason": "Walked in"}
    assert overrides(session, visit) == [("appointment.override-rule", said)]
