"""Who waits is asked in turn, one at a time; the time is kept meanwhile, and the visit moves at a word."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel, Status
from portal.core.errors import Forbidden, Invalid, NotFound
from portal.notifications.models import Delivery, Notification
from portal.scheduling import commands as scheduling
from portal.waiting_list import commands, queries
from portal.waiting_list.errors import AlreadyWaiting, NothingToWaitFor, OfferGone
from portal.waiting_list.models import EndReason, OfferState
from portal.waiting_list.offering import note_all
from portal.waiting_list.rules import Practice
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_hold,
    a_patient,
    an_appointment,
    key_for,
    service_of,
    slots_of,
    wall,
    week,
)
from tests.waiting_list.offers import (
    FRIDAY,
    LATER,
    TUESDAY,
    a_full_day,
    cancel,
    look,
    offers_of,
    open_offer,
    waiting_to_move,
    wishing,
)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def visits(session: Session, cast: Cast) -> list[Appointment]:
    """Bo works on Tuesdays and Fridays alone, and the Tuesday that comes is full."""
    scheduling.replace_hours(session, cast.clinician, week("Tue/Fri 9-17", cast.leeds), at=NOW)
    a_full_day(session, cast.clinician)
    a_full_day(session, cast.clinician, "2026-03-03")
    a_full_day(session, cast.clinician, "2026-03-06")
    a_full_day(session, cast.clinician, "2026-03-13")
    a_full_day(session, cast.clinician, "2026-03-17")
    return list(session.scalars(select(Appointment).order_by(Appointment.starts_at)))


def at(visits: list[Appointment], starts_at: object) -> Appointment:
    return next(one for one in visits if one.starts_at == starts_at)


def test_a_time_that_frees_is_kept_for_who_has_waited_longest(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    first = waiting_to_move(session, cast.clinician, at=NOW - timedelta(days=2))
    second = wishing(session, cast.clinician, at=NOW - timedelta(days=1))
    assert look(session) == 1, "the wish alone: Friday is free, and no earlier time"
    cancel(session, at(visits, TUESDAY))
    assert look(session) == 1
    offer = open_offer(session, first)
    assert offer is not None
    assert (offer.starts_at, offer.expires_at) == (TUESDAY, NOW + timedelta(minutes=30))
    assert TUESDAY not in {slot.starts_at for slot in slots_of(session, cast.clinician)}
    assert open_offer(session, second).starts_at > TUESDAY  # type: ignore[union-attr]
    with pytest.raises(SlotTaken):
        appointments.book(
            session,
            key_for(session, cast.clinician, TUESDAY),
            patient=a_patient(session),
            by=cast.fay,
            at=NOW,
            channel=Channel.DESK,
        )


def test_the_offer_is_told_with_a_link_and_no_word_of_why(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    entry.patient.email, entry.patient.channels = "ana@example.org", ["EMAIL", "SMS"]
    cancel(session, at(visits, TUESDAY))
    look(session)
    rows = session.scalars(select(Delivery).where(Delivery.kind == "waiting-list-offer")).all()
    assert rows
    for row in rows:
        assert "/waiting-list/offers/" in row.text
        assert "Tuesday 10 March, 10:00" in row.text
        assert row.is_urgent
        assert row.useful_until == NOW + timedelta(minutes=30)
    told = session.scalars(select(Notification).where(Notification.kind == "time_offered")).one()
    assert told.account_id == entry.patient.account_id


def test_yes_moves_the_visit_and_frees_the_old_time(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    cancel(session, at(visits, TUESDAY))
    look(session)
    offer = open_offer(session, entry)
    assert offer is not None
    moved = commands.accept(session, offer, at=NOW)
    assert moved.id == entry.appointment_id
    assert (moved.starts_at, moved.status) == (TUESDAY, Status.CONFIRMED)
    assert FRIDAY in {slot.starts_at for slot in slots_of(session, cast.clinician, days=30)}
    assert entry.end_reason == EndReason.ACCEPTED
    assert commands.accept(session, offer, at=NOW) is moved, "saying yes twice is saying it once"


def test_a_wish_becomes_a_booking(session: Session, cast: Cast, visits: list[Appointment]) -> None:
    entry = wishing(session, cast.clinician, weekdays=(2,))
    cancel(session, at(visits, TUESDAY))
    look(session)
    offer = open_offer(session, entry)
    assert offer is not None
    booked = commands.accept(session, offer, at=NOW)
    assert (booked.patient_id, booked.starts_at, booked.status) == (
        entry.patient_id,
        TUESDAY,
        Status.CONFIRMED,
    )


def test_where_one_pays_first_a_wish_becomes_a_held_time(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = wishing(session, cast.clinician, weekdays=(2,))
    cancel(session, at(visits, TUESDAY))
    look(session)
    held = commands.accept(session, open_offer(session, entry), at=NOW, is_paid_first=True)  # type: ignore[arg-type]
    assert held.is_hold
    assert held.patient_id == entry.patient_id


@pytest.mark.parametrize("ends", ["declined", "expired", "left"])
def test_no_thanks_or_no_answer_passes_it_to_the_next(
    session: Session, cast: Cast, visits: list[Appointment], ends: str
) -> None:
    first = waiting_to_move(session, cast.clinician, at=NOW - timedelta(days=2))
    second = waiting_to_move(
        session, cast.clinician, starts_at=FRIDAY + timedelta(hours=1), at=NOW - timedelta(days=1)
    )
    cancel(session, at(visits, TUESDAY))
    look(session)
    offer, now = open_offer(session, first), NOW
    assert offer is not None
    if ends == "declined":
        commands.decline(session, offer, at=NOW)
    elif ends == "left":
        commands.leave(session, first, by=cast.fay, at=NOW)
    else:
        now = NOW + LATER
        appointments.expire_due(session, at=now)
    assert look(session, at=now) == 1
    following = open_offer(session, second)
    assert following is not None
    assert following.starts_at == TUESDAY
    assert open_offer(session, first) is None
    with pytest.raises(OfferGone):
        commands.accept(session, offer, at=now)
    assert look(session, at=now) == 0, "and it never comes back to who was asked before"


def test_an_offer_is_over_when_its_time_is_though_nobody_has_tidied_up(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    cancel(session, at(visits, TUESDAY))
    look(session)
    with pytest.raises(OfferGone):
        commands.accept(session, open_offer(session, entry), at=NOW + LATER)  # type: ignore[arg-type]


def test_nobody_is_asked_more_than_three_times_a_day(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    for hour in range(9, 14):
        cancel(session, at(visits, wall(f"2026-03-10 {hour:02}:00")))
        look(session)
        offer = open_offer(session, entry)
        if offer:
            commands.decline(session, offer, at=NOW)
    look(session)
    assert len(offers_of(session, entry)) == 3
    tomorrow = NOW + timedelta(days=1)
    note_all(session, at=tomorrow)
    assert look(session, at=tomorrow) == 1


def test_only_wanted_days_and_times_are_offered(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    afternoon = waiting_to_move(session, cast.clinician, parts=("AFTERNOON",))
    friday = waiting_to_move(session, cast.clinician, starts_at=FRIDAY + timedelta(hours=1), weekdays=(5,))
    cancel(session, at(visits, TUESDAY))
    assert look(session) == 0
    cancel(session, at(visits, wall("2026-03-10 14:00")))
    assert look(session) == 1
    assert open_offer(session, afternoon) is not None
    assert open_offer(session, friday) is None


def test_a_time_at_which_they_are_elsewhere_is_not_offered(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    other = a_clinician(session, cast.leeds, full_name="Otto Berg")
    an_appointment(session, clinician=other, patient=entry.patient, starts_at=TUESDAY)
    cancel(session, at(visits, TUESDAY))
    assert look(session) == 0


def test_nobody_is_woken_for_a_time_that_can_wait(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    morning = NOW + timedelta(hours=9)
    asleep = Practice(30, 3, lambda at, _zone: morning if at < morning else None)
    entry = waiting_to_move(session, cast.clinician)
    cancel(session, at(visits, TUESDAY))
    assert look(session, practice=asleep) == 0
    note_all(session, at=morning)
    assert look(session, at=morning, practice=asleep) == 1
    assert open_offer(session, entry) is not None


def test_what_would_be_too_late_in_the_morning_is_offered_at_night(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    cancel(session, at(visits, TUESDAY))
    just_before = TUESDAY - timedelta(hours=24, minutes=20)
    asleep = Practice(30, 3, lambda _at, _zone: TUESDAY)
    assert look(session, at=just_before, practice=asleep) == 1
    offer = open_offer(session, entry)
    assert offer is not None
    assert offer.expires_at == TUESDAY - timedelta(hours=24), "as long as the notice allows"


def test_a_time_below_the_notice_is_offered_to_nobody(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    waiting_to_move(session, cast.clinician)
    cancel(session, at(visits, TUESDAY))
    assert look(session, at=TUESDAY - timedelta(hours=23)) == 0


def test_any_clinician_means_the_same_service_at_the_same_centre(session: Session, cast: Cast) -> None:
    other = a_clinician(session, cast.leeds, full_name="Otto Berg", hours="Tue 9-10")
    elsewhere = a_clinician(session, cast.york, full_name="Una Voss", hours="Tue 9-10")
    assert service_of(session, other).title == service_of(session, cast.clinician).title
    scheduling.replace_hours(session, cast.clinician, [], at=NOW)
    entry = wishing(session, cast.clinician, any_clinician=True)
    note_all(session, at=NOW)
    assert look(session) == 1
    offer = open_offer(session, entry)
    assert offer is not None
    assert offer.clinician_id == other.id != elsewhere.id


def test_somebody_waits_once_and_for_what_can_still_move(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    assert entry.appointment is not None
    actor = commands.actor_of(entry.patient)
    with pytest.raises(AlreadyWaiting):
        commands.join_for_earlier(session, entry.appointment, commands.When(), by=actor, at=NOW)
    with pytest.raises(NothingToWaitFor):
        commands.join_for_earlier(
            session, entry.appointment, commands.When(), by=actor, at=FRIDAY - timedelta(hours=1)
        )
    with pytest.raises(Invalid) as refusal:
        wishing(
            session, cast.clinician, weekdays=(), parts=("NIGHT",), last_on=NOW.date() - timedelta(days=1)
        )
    assert set(refusal.value.details) == {"weekdays", "parts", "last_on"}


def test_a_visit_that_is_cancelled_is_waited_for_no_more(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    assert entry.appointment is not None
    cancel(session, entry.appointment)
    session.refresh(entry)
    assert entry.end_reason == EndReason.OVER
    stale = wishing(session, cast.clinician)
    note_all(session, at=NOW + timedelta(days=90))
    session.refresh(stale)
    assert stale.end_reason == EndReason.OVER


def test_a_hold_of_ones_own_does_not_end_the_offer(
    session: Session, cast: Cast, visits: list[Appointment]
) -> None:
    entry = waiting_to_move(session, cast.clinician)
    cancel(session, at(visits, TUESDAY))
    look(session)
    a_hold(session, a_clinician(session, cast.leeds, full_name="Otto Berg"), patient=entry.patient)
    offer = open_offer(session, entry)
    assert offer is not None
    assert offer.state == OfferState.OPEN


def test_who_sees_whom_waiting(session: Session, cast: Cast, visits: list[Appointment]) -> None:
    entry = wishing(session, cast.clinician, cast.patient)
    for name in ("ana", "fay", "cora", "mia", "max", "ada"):
        assert queries.get_visible(session, getattr(cast, name), entry.id) is entry
    with pytest.raises(Forbidden):
        queries.get_visible(session, cast.zack, entry.id)
    for name in ("zora", "zoe", "bo"):
        with pytest.raises(NotFound):
            queries.get_visible(session, getattr(cast, name), entry.id)
    assert [one.id for one in queries.waiting(session, cast.fay).items] == [entry.id]
    assert queries.waiting(session, cast.zack).items == []


def test_offers_are_seen_by_their_own(session: Session, cast: Cast, visits: list[Appointment]) -> None:
    entry = wishing(session, cast.clinician, cast.patient, weekdays=(2,))
    cancel(session, at(visits, TUESDAY))
    look(session)
    mine = queries.open_offers(session, cast.ana, NOW)
    assert [offer.entry_id for offer in mine] == [entry.id]
    assert queries.open_offers(session, cast.zora, NOW) == []
    with pytest.raises(NotFound):
        queries.get_offer(session, cast.zora, mine[0].id)
