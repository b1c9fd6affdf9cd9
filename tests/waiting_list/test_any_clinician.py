"""An earlier time with somebody else: a booking of its own, for which the visit is given up only once it is sure."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Party, Status
from portal.core.permissions import SYSTEM, Role
from portal.notifications.models import Delivery, Notification
from portal.payments.models import Refund
from portal.people import caring
from portal.people.models import Clinician
from portal.scheduling import commands as scheduling
from portal.scheduling.queries import services_of
from portal.waiting_list import commands, queries
from portal.waiting_list.commands import When
from portal.waiting_list.errors import NothingToWaitFor
from portal.waiting_list.models import EndReason, Entry, Offer
from portal.waiting_list.offering import note_all
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_actor, an_appointment, wall, week
from tests.payments.paying import a_paid
from tests.waiting_list.offers import FRIDAY, LATER, TUESDAY, cancel, look, offers_of, open_offer

FEE = 8000


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def otto(session: Session, cast: Cast) -> Clinician:
    """He works on one Tuesday morning, at Bo's centre, and costs more."""
    return a_clinician(session, cast.leeds, full_name="Otto Berg", hours="Tue 10-11", price_minor=FEE)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    """Ana sees Bo on a Friday; he has nothing before it."""
    visit = an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=FRIDAY)
    scheduling.replace_hours(session, cast.clinician, [], at=NOW)
    return visit


def wait(session: Session, cast: Cast, visit: Appointment, *, any_clinician: bool = True) -> Entry:
    return commands.join_for_earlier(
        session, visit, When(weekdays=(2,)), any_clinician=any_clinician, by=cast.ana, at=NOW
    )


def offered(session: Session, entry: Entry) -> Offer:
    note_all(session, at=NOW)
    assert look(session) == 1
    offer = open_offer(session, entry)
    assert offer is not None
    return offer


def test_yes_books_with_the_other_and_cancels_the_visit_free_of_charge(
    session: Session, cast: Cast, otto: Clinician, visit: Appointment
) -> None:
    assert queries.has_others(session, visit)
    paid = a_paid(session, cast, appointment_id=visit.id)
    entry = wait(session, cast, visit)
    offer = offered(session, entry)
    assert (offer.clinician_id, offer.replaces_visit, visit.status) == (otto.id, True, Status.CONFIRMED)
    booked = commands.accept(session, offer, at=NOW)
    assert (booked.clinician_id, booked.status, booked.fee_minor) == (otto.id, Status.CONFIRMED, FEE)
    assert (booked.patient_id, visit.status, visit.cancelled_by) == (
        cast.patient.id,
        Status.CANCELLED,
        Party.PATIENT,
    )
    assert entry.end_reason == EndReason.ACCEPTED
    [refund] = session.scalars(select(Refund).where(Refund.payment_id == paid.id))
    assert refund.amount_minor == paid.amount_minor
    assert commands.accept(session, offer, at=NOW) is booked
    told = {(row.kind, row.appointment_id) for row in session.scalars(select(Delivery))}
    assert {("appointment-confirmed", booked.id), ("appointment-cancelled", visit.id)} <= told
    both = session.scalars(select(Notification.account_id).where(Notification.related_id == visit.id))
    assert account_of(session, cast.clinician).id in set(both)


def test_where_one_pays_first_the_visit_stays_until_the_new_one_is_booked(
    session: Session, cast: Cast, otto: Clinician, visit: Appointment
) -> None:
    entry = wait(session, cast, visit)
    held = commands.accept(session, offered(session, entry), at=NOW, is_paid_first=True)
    assert held.is_hold
    assert visit.status == Status.CONFIRMED
    appointments.confirm(session, held, by=SYSTEM, at=NOW)
    assert visit.status == Status.CANCELLED


def test_who_never_pays_keeps_the_visit(
    session: Session, cast: Cast, otto: Clinician, visit: Appointment
) -> None:
    commands.accept(session, offered(session, wait(session, cast, visit)), at=NOW, is_paid_first=True)
    appointments.expire_due(session, at=NOW + LATER)
    assert visit.status == Status.CONFIRMED


def test_whose_payment_outlived_the_hold_and_the_deadline_loses_nothing(
    session: Session, cast: Cast, otto: Clinician, visit: Appointment
) -> None:
    paid = a_paid(session, cast, appointment_id=visit.id)
    entry = wait(session, cast, visit)
    held = commands.accept(session, offered(session, entry), at=NOW, is_paid_first=True)
    appointments.expire_due(session, at=NOW + LATER)
    visit.starts_at = NOW + timedelta(hours=20)
    booked = appointments.confirm(session, held, by=SYSTEM, at=NOW + LATER)
    assert booked.id != held.id
    assert (visit.status, visit.cancelled_by) == (Status.CANCELLED, Party.SYSTEM)
    [refund] = session.scalars(select(Refund).where(Refund.payment_id == paid.id))
    assert refund.amount_minor == paid.amount_minor


@pytest.mark.parametrize("why", ["own only", "elsewhere", "declines some", "another service", "too late"])
def test_what_would_not_do_is_not_offered(session: Session, cast: Cast, visit: Appointment, why: str) -> None:
    other = a_clinician(
        session,
        cast.york if why == "elsewhere" else cast.leeds,
        full_name="Otto Berg",
        hours="Tue 10-11",
        requires_acceptance=why == "declines some",
    )
    if why == "another service":
        scheduling.edit_service(session, services_of(session, other.id)[0], title="Massage")
    if why == "too late":  # Bo's rule says until when his visit can be given up, not Otto's
        scheduling.change_booking_rules(
            session, cast.clinician, notice_hours=24, advance_days=90, deadline_hours=18 * 24 - 1, at=NOW
        )
    wait(session, cast, visit, any_clinician=why != "own only")
    at = NOW + timedelta(hours=2) if why == "too late" else NOW
    note_all(session, at=at)
    assert look(session, at=at) == 0
    assert queries.has_others(session, visit) == (why in {"own only", "too late"})


def test_bo_himself_moves_the_visit_as_before(session: Session, cast: Cast, visit: Appointment) -> None:
    entry = wait(session, cast, visit)
    scheduling.replace_hours(session, cast.clinician, week("Tue 10-11", cast.leeds), at=NOW)
    moved = commands.accept(session, offered(session, entry), at=NOW)
    assert moved is visit
    assert visit.starts_at == wall("2026-03-03 10:00")


def test_a_visit_that_was_cancelled_meanwhile_is_given_up_for_nothing(
    session: Session, cast: Cast, otto: Clinician, visit: Appointment
) -> None:
    offer = offered(session, wait(session, cast, visit))
    cancel(session, visit)
    with pytest.raises(NothingToWaitFor):
        commands.accept(session, offer, at=NOW)


def test_whoever_looks_after_a_child_is_told_of_its_time(
    session: Session, cast: Cast, otto: Clinician
) -> None:
    carer = cast.patient
    carer.email, carer.channels = "ana@example.org", ["EMAIL"]
    child = caring.add_dependant(session, carer, by=SYSTEM, relation="CHILD", full_name="Mina", at=NOW)
    by = an_actor(session, Role.PATIENT, patient=carer)
    visit = an_appointment(
        session, clinician=otto, patient=child, starts_at=TUESDAY + timedelta(days=7), by=SYSTEM
    )
    entry = commands.join_for_earlier(session, visit, When(), by=by, at=NOW)
    offer = offered(session, entry)
    [row] = session.scalars(select(Delivery).where(Delivery.kind == "waiting-list-offer"))
    assert (row.recipient, row.patient_id) == ("ana@example.org", carer.id)
    assert "Mina" in row.text
    told = session.scalars(select(Notification).where(Notification.kind == "time_offered")).one()
    assert (told.account_id, told.related_id) == (carer.account_id, offer.id)
    assert offers_of(session, entry) == [offer]
