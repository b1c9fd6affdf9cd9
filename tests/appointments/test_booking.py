"""Booking a time in one go: who may book what for whom, and what stands in the way."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition, NotBookable, SlotTaken, TooSoonOrTooFar
from portal.appointments.models import Appointment, Channel, Occupancy, SessionType, Status, Waiting
from portal.appointments.slots import Slot, SlotKey
from portal.centres.commands import add_holiday
from portal.core.errors import Forbidden, Invalid
from portal.core.permissions import SYSTEM
from portal.scheduling.commands import add_exception
from portal.scheduling.rules import Refusal
from tests.appointments.doing import book, overrides
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_hold,
    a_patient,
    a_service,
    account_of,
    an_appointment,
    an_override,
    key_for,
    service_of,
    slots_of,
    wall,
)

DETAILS = commands.Details(
    patient_notes="My left knee", questions="How long?", title="Knee", description="Since May"
)


def test_a_patient_books_a_time_that_is_listed(
    session: Session, cast: Cast, free: list[Slot], sent: Callable[[Appointment], list[str]]
) -> None:
    appointment = book(session, SlotKey.of(free[0]), cast.patient, cast.ana, details=DETAILS)
    session.flush()
    session.expire(appointment)
    assert appointment.status == Status.CONFIRMED
    assert (appointment.waiting_for, appointment.hold_expires_at) == (None, None)
    assert (appointment.starts_at, appointment.ends_at) == (free[0].starts_at, free[0].ends_at)
    assert (appointment.centre_id, appointment.time_zone) == (cast.leeds.id, "Europe/London")
    assert (appointment.fee_minor, appointment.currency) == (6000, "GBP")
    assert (appointment.patient_id, appointment.booked_by_id) == (cast.patient.id, cast.ana.account_id)
    assert (appointment.channel, appointment.booked_at) == (Channel.PORTAL, NOW)
    assert {name: getattr(appointment, name) for name in DETAILS.texts()} == DETAILS.texts()
    assert sent(appointment) == ["appointment-confirmed"]
    assert overrides(session, appointment) == []


def test_the_booked_time_is_offered_to_nobody_any_longer(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    book(session, SlotKey.of(free[0]), cast.patient, cast.ana)
    assert slots_of(session, cast.clinician) == free[1:]
    with pytest.raises(SlotTaken) as caught:
        book(session, SlotKey.of(free[0]), cast.stranger, cast.zora)
    assert caught.value.refusal is Refusal.TAKEN
    assert caught.value.alternatives == free[1:4]


def test_pauses_are_kept_free_around_a_visit(session: Session, cast: Cast) -> None:
    clinician = a_clinician(session, cast.leeds, minutes=40, pause_before=5, pause_after=15)
    first, second, third = slots_of(session, clinician)[:3]
    assert (second.starts_at - first.starts_at) == timedelta(minutes=60)
    appointment = book(session, SlotKey.of(second), cast.patient, cast.ana)
    session.flush()
    rows = session.execute(
        select(Occupancy.resource_id, Occupancy.during).where(Occupancy.appointment_id == appointment.id)
    )
    taken = {resource_id: (during.lower, during.upper) for resource_id, during in rows}
    minutes = timedelta(minutes=1)
    assert taken == {
        clinician.resource_id: (second.starts_at - 5 * minutes, second.ends_at + 15 * minutes),
        cast.patient.resource_id: (second.starts_at, second.ends_at),
    }
    assert {first, third} <= set(slots_of(session, clinician))


def test_an_appointment_keeps_length_and_price_when_the_service_changes(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    appointment = book(session, SlotKey.of(free[0]), cast.patient, cast.ana)
    service = service_of(session, cast.clinician)
    service.duration_minutes, service.price_minor, service.buffer_after_minutes = 90, 1, 10
    session.flush()
    session.expire(appointment)
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=60)
    assert (appointment.fee_minor, appointment.buffer_after_minutes) == (6000, 0)


def test_a_patient_cannot_be_in_two_places_at_once(session: Session, cast: Cast) -> None:
    other = a_clinician(session, cast.leeds)
    start = wall("2026-03-09 10:00")
    an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=start)
    with pytest.raises(SlotTaken) as caught:
        book(session, key_for(session, other, start), cast.patient, cast.ana)
    assert caught.value.refusal is Refusal.ENGAGED
    assert "You already have an appointment" in caught.value.message
    with pytest.raises(SlotTaken) as caught:
        book(session, key_for(session, other, start), cast.patient, cast.fay)
    assert "The patient already has" in caught.value.message
    assert all(slot.starts_at != start for slot in caught.value.alternatives)
    for slot in caught.value.alternatives:
        assert book(session, SlotKey.of(slot), cast.patient, cast.ana).status == Status.CONFIRMED


@pytest.mark.parametrize(
    ("start", "refusal", "words"),
    [
        ("2026-03-02 08:00", Refusal.PAST, "already passed"),
        ("2026-03-02 14:00", Refusal.TOO_SOON, "more notice"),
        ("2026-06-01 14:00", Refusal.TOO_FAR, "too far ahead"),
        ("2026-03-12 10:00", Refusal.HOLIDAY, "closed on that day"),
        ("2026-03-11 10:00", Refusal.LEAVE, "is away"),
        ("2026-03-10 17:00", Refusal.OUTSIDE_HOURS, "does not work"),
        ("2026-03-08 10:00", Refusal.OUTSIDE_HOURS, "does not work"),
        ("2026-03-10 10:05", Refusal.NOT_ON_GRID, "do not start"),
        ("2026-03-10 09:00", Refusal.TAKEN, "just taken"),
    ],
)
def test_a_time_that_is_not_offered_is_refused_with_its_reason_and_other_times(
    session: Session, cast: Cast, start: str, refusal: Refusal, words: str
) -> None:
    add_holiday(session, cast.leeds, by=SYSTEM, holiday_on=date(2026, 3, 12), name="Fair", at=NOW)
    add_exception(session, cast.clinician, starts_on=date(2026, 3, 11), ends_on=date(2026, 3, 11))
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 09:00"))
    with pytest.raises(SlotTaken) as caught:
        book(session, key_for(session, cast.clinician, wall(start)), cast.patient, cast.ana)
    breaks_a_booking_rule = refusal in {Refusal.PAST, Refusal.TOO_SOON, Refusal.TOO_FAR}
    assert caught.value.refusal is refusal
    assert words in caught.value.message
    assert type(caught.value) is (TooSoonOrTooFar if breaks_a_booking_rule else SlotTaken)
    assert caught.value.status == (400 if breaks_a_booking_rule else 409)
    assert len(caught.value.alternatives) == 3


def test_the_other_times_are_the_nearest_ones(session: Session, cast: Cast) -> None:
    start = wall("2026-03-10 12:00")
    an_appointment(session, clinician=cast.clinician, starts_at=start)
    with pytest.raises(SlotTaken) as caught:
        book(session, key_for(session, cast.clinician, start), cast.patient, cast.ana)
    assert [f"{slot.starts_at:%H:%M}" for slot in caught.value.alternatives] in (
        ["10:00", "11:00", "13:00"],
        ["11:00", "13:00", "14:00"],
    )


def test_staff_book_around_notice_and_horizon_and_that_is_audited(session: Session, cast: Cast) -> None:
    soon, far = (
        book(
            session,
            key_for(session, cast.clinician, wall(start)),
            cast.patient,
            cast.fay,
            override=an_override("Sent by her doctor"),
        )
        for start in ("2026-03-02 14:00", "2026-07-06 14:00")
    )
    usual = book(session, key_for(session, cast.clinician, wall("2026-03-10 14:00")), cast.patient, cast.fay)
    assert (soon.channel, soon.booked_by_id) == (Channel.DESK, cast.fay.account_id)
    why = {"reason": "Sent by her doctor"}
    assert overrides(session, soon) == [("appointment.override-rule", {"rules": ["TOO_SOON"], **why})]
    assert overrides(session, far) == [("appointment.override-rule", {"rules": ["TOO_FAR"], **why})]
    assert overrides(session, usual) == []


def test_somebody_at_the_desk_can_have_the_time_that_has_just_begun(session: Session, cast: Cast) -> None:
    key = key_for(session, cast.clinician, wall("2026-03-02 09:00"))
    late = {"patient": cast.patient, "channel": Channel.DESK, "override": an_override("Walked in")}
    with pytest.raises(TooSoonOrTooFar):
        commands.book(session, key, by=cast.fay, at=NOW + timedelta(minutes=16), **late)  # type: ignore[arg-type]
    walk_in = commands.book(session, key, by=cast.fay, at=NOW + timedelta(minutes=15), **late)  # type: ignore[arg-type]
    assert walk_in.status == Status.CONFIRMED


def test_a_request_waits_for_the_clinician_unless_staff_book(
    session: Session, cast: Cast, free: list[Slot], sent: Callable[[Appointment], list[str]]
) -> None:
    cast.clinician.requires_acceptance = True
    asked = book(session, SlotKey.of(free[0]), cast.patient, cast.ana)
    assert (asked.status, asked.waiting_for) == (Status.PENDING, Waiting.ACCEPTANCE)
    assert asked.hold_expires_at == asked.starts_at
    assert sent(asked) == ["appointment-requested"]
    arranged = book(session, SlotKey.of(free[1]), cast.patient, cast.fay)
    assert arranged.status == Status.CONFIRMED


def test_everybody_books_only_for_whom_they_may(session: Session, cast: Cast, free: list[Slot]) -> None:
    key = SlotKey.of(free[0])
    for by in (cast.zora, cast.zoe, cast.zack):
        with pytest.raises(Forbidden):
            book(session, key, cast.patient, by)
        with pytest.raises(Forbidden):
            commands.hold(session, key, by=by, at=NOW, minutes=10, patient=cast.patient)
    for number, by in enumerate((cast.ana, cast.bo, cast.fay, cast.cora, cast.mia, cast.max, cast.ada)):
        appointment = book(session, SlotKey.of(free[number]), cast.patient, by)
        assert appointment.status == Status.CONFIRMED


def test_nobody_is_their_own_patient(session: Session, cast: Cast, free: list[Slot]) -> None:
    patient = a_patient(session, with_account=False, full_name="Bo Larsen")
    patient.account_id = cast.clinician.account_id
    session.flush()
    for by in (cast.bo, cast.fay, cast.ada):
        with pytest.raises(Invalid, match="own patient"):
            book(session, SlotKey.of(free[0]), patient, by)
        with pytest.raises(Invalid, match="own patient"):
            commands.hold(session, SlotKey.of(free[0]), by=by, at=NOW, minutes=10, patient=patient)
    guest = a_hold(session, cast.clinician)
    with pytest.raises(Invalid, match="own patient"):
        commands.adopt(session, guest, patient, by=cast.bo, at=NOW)


def test_a_fee_is_set_by_those_who_may_and_a_changed_price_is_not_taken_for_granted(
    session: Session, cast: Cast, free: list[Slot]
) -> None:
    wished = commands.Details(fee_minor=1)
    with pytest.raises(Invalid) as caught:
        book(session, SlotKey.of(free[0]), cast.patient, cast.ana, details=wished)
    assert list(caught.value.details) == ["consultation_fee"]
    same = commands.Details(fee_minor=6000)
    assert book(session, SlotKey.of(free[0]), cast.patient, cast.ana, details=same).fee_minor == 6000
    reduced = commands.Details(fee_minor=0)
    assert book(session, SlotKey.of(free[1]), cast.patient, cast.fay, details=reduced).fee_minor == 0


@pytest.mark.parametrize(
    ("ways", "wish", "result"),
    [
        ((True, True), None, SessionType.IN_PERSON),
        ((True, True), SessionType.ONLINE, SessionType.ONLINE),
        ((True, False), SessionType.ONLINE, None),
        ((False, True), None, SessionType.ONLINE),
        ((False, True), SessionType.IN_PERSON, None),
    ],
)
def test_a_visit_takes_place_in_a_way_that_the_service_offers(
    session: Session,
    cast: Cast,
    ways: tuple[bool, bool],
    wish: SessionType | None,
    result: SessionType | None,
) -> None:
    service = a_service(session, cast.clinician, is_in_person=ways[0], is_online=ways[1])
    key = SlotKey(cast.clinician.id, cast.leeds.id, service.id, wall("2026-03-09 10:00"))
    if result is None:
        with pytest.raises(NotBookable):
            book(session, key, cast.patient, cast.ana, session_type=wish)
    else:
        assert book(session, key, cast.patient, cast.ana, session_type=wish).session_type == result


def test_somebody_without_a_centre_is_booked_online_in_their_own_zone_and_currency(
    session: Session, cast: Cast
) -> None:
    clinician = a_clinician(session, None, time_zone="Asia/Kolkata", currency="INR", price_minor=150000)
    appointment = an_appointment(session, clinician=clinician, patient=cast.patient)
    assert (appointment.session_type, appointment.centre_id) == (SessionType.ONLINE, None)
    assert (appointment.time_zone, appointment.currency) == ("Asia/Kolkata", "INR")


def test_a_clinicians_patient_can_be_a_colleague(session: Session, cast: Cast, free: list[Slot]) -> None:
    patient = a_patient(session, with_account=False, full_name="Zoe Ahmed")
    zoe = account_of(session, a_clinician(session, cast.york, full_name="Zoe Ahmed"))
    patient.account_id = zoe.id
    session.flush()
    assert book(session, SlotKey.of(free[0]), patient, cast.fay).status == Status.CONFIRMED


def test_a_state_that_was_read_before_somebody_else_changed_it_is_read_again(
    session: Session, cast: Cast
) -> None:
    appointment = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    session.execute(
        update(Appointment)
        .where(Appointment.id == appointment.id)
        .values(status="CANCELLED", cancelled_at=NOW)
        .execution_options(synchronize_session=False)
    )
    assert appointment.status == Status.CONFIRMED, "as the session remembers it"
    with pytest.raises(InvalidStateTransition):
        commands.complete(session, appointment, by=cast.bo, at=appointment.ends_at)
