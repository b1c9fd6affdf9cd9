"""A time that frees goes to one person, however many processes, patients and colleagues reach for it at once."""

import random
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel
from portal.core.permissions import SYSTEM, Role
from portal.people.models import Clinician
from portal.scheduling import commands as scheduling
from portal.settings import LateCancellation
from portal.waiting_list import commands
from portal.waiting_list.errors import OfferGone
from portal.waiting_list.models import Entry, Offer, OfferState
from portal.waiting_list.offering import note_all, offer_next, offer_times_of
from portal.waiting_list.rules import Practice
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, an_actor, an_appointment, key_for, wall, week

pytestmark = pytest.mark.concurrency
AWAKE = Practice(offer_minutes=30, offers_a_day=3, quiet_until=lambda _at, _zone: None)
TUESDAY, LATE = wall("2026-03-10 10:00"), wall("2026-03-17 10:00")


def wait_for(session: Session, clinician: Clinician, starts_at: datetime) -> Entry:
    visit = an_appointment(session, clinician=clinician, starts_at=starts_at)
    by = an_actor(session, Role.PATIENT, patient=visit.patient)
    return commands.join_for_earlier(session, visit, commands.When(), by=by, at=NOW)


def one_freed(session: Session, cast: Cast, waiting: int = 3) -> list[int]:
    """The only earlier time has just been cancelled, and some wait for it."""
    clinician = session.get_one(Clinician, cast.clinician.id)
    scheduling.replace_hours(session, clinician, week("Tue 10-11", cast.leeds), at=NOW)
    for day in ("2026-03-03", "2026-03-10", "2026-03-17", "2026-03-24", "2026-03-31"):
        an_appointment(session, clinician=clinician, starts_at=wall(f"{day} 10:00"))
    ids = []
    for number in range(waiting):
        start = wall("2026-04-07 10:00") + timedelta(days=7 * number)
        ids.append(wait_for(session, clinician, start).id)
    return ids


def free(session: Session, starts_at: datetime) -> None:
    visit = session.scalars(
        select(Appointment).where(Appointment.starts_at == starts_at, Appointment.status == "CONFIRMED")
    ).one()
    appointments.cancel(session, visit, by=SYSTEM, at=NOW, late=LateCancellation.NO_REFUND)


def looking(session: Session) -> int | None:
    return offer_next(session, AWAKE, at=NOW)


def offer_of(session: Session) -> Offer:
    """The only one, whatever has become of it by now."""
    return session.scalars(select(Offer)).one()


def offered(crowd: Crowd, cast: Cast) -> None:
    """Tuesday is kept for the first of three."""
    crowd.alone(lambda session: one_freed(session, cast))
    crowd.alone(lambda session: free(session, TUESDAY))
    while crowd.alone(looking) is not None:
        pass
    assert crowd.count("SELECT 1 FROM waiting_list_offer WHERE state = 'OPEN'") == 1


def test_several_processes_offer_one_time_once(crowd: Crowd, cast: Cast) -> None:
    crowd.alone(lambda session: one_freed(session, cast))
    crowd.alone(lambda session: free(session, TUESDAY))
    for _ in range(3):
        crowd.alone(lambda session: note_all(session, at=NOW))
    made = crowd.at_once(*[looking] * 6)
    assert sum(one for one in made if one) == 1
    first = min(crowd.rows("SELECT id FROM waiting_list_entry ORDER BY created_at, id"))[0]
    assert crowd.rows("SELECT entry_id FROM waiting_list_offer") == [(first,)]


def test_saying_yes_twice_at_once_moves_once(crowd: Crowd, cast: Cast) -> None:
    offered(crowd, cast)
    results = crowd.at_once(*[lambda session: commands.accept(session, offer_of(session), at=NOW)] * 2)
    moved = {one.id for one in results if isinstance(one, Appointment)}
    assert len(moved) == 1
    assert crowd.count("SELECT 1 FROM appointment_change WHERE kind = 'rescheduled'") == 1


def test_yes_against_the_end_of_the_offer_is_one_or_the_other(crowd: Crowd, cast: Cast) -> None:
    offered(crowd, cast)
    end = NOW + timedelta(minutes=30)
    just_before = end - timedelta(seconds=1)

    def accept(session: Session) -> Appointment:
        return commands.accept(session, offer_of(session), at=just_before)

    def expire(session: Session) -> int:
        return appointments.expire_due(session, at=end)

    yes, _ = crowd.at_once(accept, expire)
    state = crowd.rows("SELECT state FROM waiting_list_offer")[0][0]
    is_moved = isinstance(yes, Appointment)
    assert state == ("ACCEPTED" if is_moved else "EXPIRED")
    assert is_moved or isinstance(yes, OfferGone)


def test_yes_against_a_colleague_who_books_the_same_time(crowd: Crowd, cast: Cast) -> None:
    offered(crowd, cast)

    def accept(session: Session) -> Appointment:
        return commands.accept(session, offer_of(session), at=NOW)

    def book(session: Session) -> Appointment:
        clinician = session.get_one(Clinician, cast.clinician.id)
        return appointments.book(
            session,
            key_for(session, clinician, TUESDAY),
            patient=a_patient(session),
            by=cast.fay,
            at=NOW,
            channel=Channel.DESK,
        )

    yes, booked = crowd.at_once(accept, book)
    assert isinstance(yes, Appointment)
    assert isinstance(booked, SlotTaken), "it is kept for who was asked"


def test_who_leaves_while_being_asked_is_not_asked_again(crowd: Crowd, cast: Cast) -> None:
    ids = crowd.alone(lambda session: one_freed(session, cast, waiting=1))
    crowd.alone(lambda session: free(session, TUESDAY))

    def leave(session: Session) -> None:
        commands.leave(session, session.get_one(Entry, ids[0]), by=cast.fay, at=NOW)

    crowd.at_once(leave, looking, looking)
    while crowd.alone(looking) is not None:
        pass
    assert crowd.count("SELECT 1 FROM waiting_list_offer WHERE state = 'OPEN'") == 0


def test_yes_to_somebody_else_twice_and_the_desk_at_once_leave_one_visit(crowd: Crowd, cast: Cast) -> None:
    visit_id = crowd.alone(lambda session: _other_offered(session, cast))

    def accept(session: Session) -> Appointment:
        return commands.accept(session, offer_of(session), at=NOW)

    def cancel(session: Session) -> object:
        visit = session.get_one(Appointment, visit_id)
        return appointments.cancel(session, visit, by=cast.fay, at=NOW, late=LateCancellation.NO_REFUND)

    def move(session: Session) -> Appointment:
        visit = session.get_one(Appointment, visit_id)
        key = key_for(session, visit.clinician, wall("2026-03-24 10:00"))
        return appointments.reschedule(session, visit, key, by=cast.cora, at=NOW)

    crowd.at_once(accept, accept, cancel, move)
    state = crowd.rows("SELECT state FROM waiting_list_offer")[0][0]
    booked = "SELECT 1 FROM appointment WHERE booked_at IS NOT NULL AND status = 'CONFIRMED'"
    assert crowd.count(booked) == (state == "ACCEPTED")
    assert (
        crowd.count("SELECT 1 FROM appointment_change WHERE kind = 'cancelled' AND reason <> 'released'") == 1
    )


def _other_offered(session: Session, cast: Cast) -> int:
    """A time of Otto's is kept for who has a visit with Bo; the id of that."""
    bo = session.get_one(Clinician, cast.clinician.id)
    visit = an_appointment(session, clinician=bo, starts_at=LATE)
    otto = a_clinician(session, cast.leeds, full_name="Otto Berg", hours="Tue 10-11")
    by = an_actor(session, Role.PATIENT, patient=visit.patient)
    commands.join_for_earlier(session, visit, commands.When(), any_clinician=True, by=by, at=NOW)
    assert offer_times_of(session, otto.id, AWAKE, at=NOW) == 1
    return visit.id


@pytest.mark.slow
def test_of_a_thousand_cancellations_none_is_offered_to_two_and_nobody_is_pressed(
    crowd: Crowd, cast: Cast
) -> None:
    """Two processes look, while people cancel, answer at random, or never answer."""
    chance = random.Random(2027)
    clinicians = crowd.alone(
        lambda session: [
            a_clinician(session, cast.leeds, minutes=30, hours="Mon-Sun 8-20", notice_hours=0).id
            for _ in range(2)
        ]
    )
    visits = crowd.alone(lambda session: _fill(session, clinicians))
    crowd.alone(partial(_wish_all, clinicians=clinicians, chance=chance))
    at, cancelled = NOW, 0
    chance.shuffle(visits)
    for start in range(0, 1000, 50):
        batch = visits[start : start + 50]
        crowd.alone(partial(_cancel_all, visits=batch, at=at))
        cancelled += len(batch)
        while any(one is not None for one in crowd.at_once(*[_look(at)] * 2)):
            pass
        crowd.check_the_books()
        crowd.alone(partial(_answer_all, chance=chance, at=at))
        at += timedelta(hours=1)
        crowd.alone(partial(_expire, at=at))
    _check_fairness(crowd)
    made = crowd.count("SELECT 1 FROM waiting_list_offer")
    taken = crowd.count("SELECT 1 FROM waiting_list_offer WHERE state = 'ACCEPTED'")
    told = f"{cancelled} cancellations, {made} offers, {taken} taken: {taken * 100 // made} % of the offers"
    print(f"\n{told}")  # noqa: T201  what it is for
    assert cancelled == 1000
    assert taken > 100


def _look(at: datetime) -> Act:
    return lambda session: offer_next(session, AWAKE, at=at)


def _fill(session: Session, clinicians: list[int]) -> list[int]:
    """Every half hour of three weeks, whoever it is with: 1,000 visits of people who do not wait."""
    visits = []
    people = [a_patient(session, with_account=False) for _ in range(4)]
    for clinician_id in clinicians:
        clinician = session.get_one(Clinician, clinician_id)
        for number in range(500):
            start = wall("2026-03-04 08:00") + timedelta(days=number // 24, minutes=30 * (number % 24))
            patient = people[clinicians.index(clinician_id)]
            visit = an_appointment(session, clinician=clinician, patient=patient, starts_at=start, by=SYSTEM)
            visits.append(visit.id)
    return visits


def _wish_all(session: Session, clinicians: list[int], chance: random.Random) -> None:
    for _ in range(240):
        _wish(session, clinicians, chance)


def _wish(session: Session, clinicians: list[int], chance: random.Random) -> None:
    patient = a_patient(session, with_account=False)
    clinician = session.get_one(Clinician, chance.choice(clinicians))
    days = tuple(chance.sample(range(1, 8), chance.randint(1, 7)))
    parts = tuple(chance.sample(["MORNING", "AFTERNOON", "EVENING"], chance.randint(1, 3)))
    when = commands.When(days, parts, wall("2026-03-24 10:00").date())
    commands.join_for_any(
        session,
        key_for(session, clinician, TUESDAY),
        patient,
        when,
        any_clinician=chance.random() < 0.3,
        session_type=None,
        by=SYSTEM,
        at=NOW + timedelta(seconds=chance.randint(0, 600)),
    )


def _cancel_all(session: Session, visits: list[int], at: datetime) -> None:
    for visit in session.scalars(select(Appointment).where(Appointment.id.in_(visits))):
        appointments.cancel(session, visit, by=SYSTEM, at=at, late=LateCancellation.NO_REFUND)


def _answer_all(session: Session, chance: random.Random, at: datetime) -> None:
    for offer in session.scalars(select(Offer).where(Offer.state == OfferState.OPEN).order_by(Offer.id)):
        said = chance.random()
        if said < 0.4:
            commands.accept(session, offer, at=at)
        elif said < 0.7:
            commands.decline(session, offer, at=at)


def _expire(session: Session, at: datetime) -> None:
    while appointments.expire_due(session, at=at):
        pass


def _check_fairness(crowd: Crowd) -> None:
    rules = {
        "no time is offered to two people at once": """
            SELECT a.id FROM waiting_list_offer a JOIN waiting_list_offer b
            ON a.clinician_id = b.clinician_id AND a.starts_at = b.starts_at AND a.id < b.id
            AND a.offered_at < coalesce(b.settled_at, b.expires_at)
            AND b.offered_at < coalesce(a.settled_at, a.expires_at)""",
        "no time is offered twice to one person": """
            SELECT patient_id FROM waiting_list_offer GROUP BY patient_id, clinician_id, starts_at
            HAVING count(*) > 1""",
        "nobody is asked more than three times in a day": """
            SELECT a.id FROM waiting_list_offer a JOIN waiting_list_offer b ON a.patient_id = b.patient_id
            AND b.offered_at > a.offered_at - interval '1 day' AND b.offered_at <= a.offered_at
            GROUP BY a.id HAVING count(*) > 3""",
        "whoever took a time is asked no more": """
            SELECT o.id FROM waiting_list_offer o JOIN waiting_list_entry e ON e.id = o.entry_id
            WHERE e.ended_at < o.offered_at""",
    }
    for rule, query in rules.items():
        assert crowd.rows(query) == [], rule
