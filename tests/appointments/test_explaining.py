"""Why a time is offered or not: the explanation never disagrees with the list."""

from datetime import timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.appointments.availability import Asking
from portal.appointments.explaining import Explanation, Rule, explain
from portal.appointments.slots import SlotKey
from portal.core.permissions import Actor
from portal.people.models import Clinician
from portal.scheduling.rules import Refusal
from tests.appointments.practices import DAYS, Facts, build, facts
from tests.appointments.test_availability import undone
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment, key_for, service_of, wall

HALF_AN_HOUR = timedelta(minutes=30)
QUICKLY = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=15, phases=QUICKLY)
@given(facts=facts(), data=st.data())
def test_a_time_is_said_to_be_offered_exactly_when_it_is_listed(
    session: Session, facts: Facts, data: st.DataObject
) -> None:
    with undone(session):
        practice = build(session, facts)
        listed = {slot.starts_at for slot in practice.listed(session)}
        anywhere = st.integers(-12, (DAYS - 2) * 48).map(lambda halves: facts.now + halves * HALF_AN_HOUR)
        drawn = data.draw(st.lists(anywhere, min_size=8, max_size=12))
        asking = Asking.for_patient(practice.patient, facts.now)
        for start in {*drawn, *sorted(listed)[:3]}:
            key = practice.key(session, start)
            service = service_of(session, practice.clinician)
            found = explain(session, practice.clinician, service, key, asking, by=practice.by)
            assert found.is_offered is (start in listed)
            first = next((one.rule.value for one in found.findings if not one.is_kept), None)
            assert first == practice.oracle.refusal(start), (
                "the first rule broken is the reason a booking hears"
            )


def ask(session: Session, clinician: Clinician, start: str, by: Actor) -> Explanation:
    key: SlotKey = key_for(session, clinician, wall(start))
    return explain(session, clinician, service_of(session, clinician), key, Asking(NOW), by=by)


def broken(found: Explanation) -> list[Rule]:
    return [one.rule for one in found.findings if one.is_kept is False]


def test_what_takes_the_time_is_named_to_those_who_may_see_it(session: Session, cast: Cast) -> None:
    visit = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 10:00"))
    for person, seen in ((cast.bo, visit.id), (cast.fay, visit.id), (cast.zack, None)):
        found = ask(session, cast.clinician, "2026-03-10 10:00", person)
        assert (broken(found), found.appointment_id) == ([Rule.TAKEN], seen)


def test_who_is_not_listed_is_not_offered_whatever_the_hours(session: Session, cast: Cast) -> None:
    closed = a_clinician(session, cast.leeds)
    closed.approved_at, closed.is_accepting = None, False
    assert broken(ask(session, closed, "2026-03-10 10:00", cast.max)) == [Rule.APPROVED, Rule.ACCEPTING]


def test_every_reason_is_one_of_the_rules() -> None:
    assert {reason.value for reason in Refusal} <= {rule.value for rule in Rule}
