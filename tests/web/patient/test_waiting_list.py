"""A patient who would like an earlier time: joining, the offer by its link, and leaving."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment
from portal.core import clock
from portal.core.permissions import SYSTEM, Role
from portal.delivery import settings
from portal.people import caring
from portal.people.models import Clinician, Patient
from portal.scheduling import commands as scheduling
from portal.settings import LateCancellation
from portal.waiting_list import commands, offering, queries
from portal.waiting_list.links import offer_token
from portal.waiting_list.models import Entry, Offer, OfferState
from portal.waiting_list.rules import Practice
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, an_actor, an_appointment, key_for, wall
from tests.web.helpers import counted, errors_in

AWAKE = Practice(offer_minutes=30, offers_a_day=3, quiet_until=lambda _at, _zone: None)
TUESDAY = wall("2026-03-03 10:00")


@pytest.fixture
def offer(session: Session, visit: Appointment, ana: Patient) -> Offer:
    """Tuesday at ten is kept for Ana, who has Friday at ten."""
    by = an_actor(session, Role.PATIENT, patient=ana)
    when = commands.When(weekdays=(2,))
    commands.join_for_earlier(session, visit, when, by=by, at=NOW)
    nine = an_appointment(session, clinician=visit.clinician, starts_at=TUESDAY - timedelta(hours=1))
    assert offering.offer_next(session, AWAKE, at=NOW) == 1
    session.flush()
    assert nine.starts_at < TUESDAY
    return queries.open_offers(session, by, NOW)[0]


def path_of(app_secret: str, offer: Offer, rest: str = "") -> str:
    return f"/waiting-list/offers/{offer_token(app_secret, offer)}{rest}"


def _secret(client: FlaskClient) -> str:
    with client.application.app_context():
        return settings().secret_key


@pytest.fixture
def link(client: FlaskClient, offer: Offer) -> str:
    return path_of(_secret(client), offer)


def test_ana_joins_says_what_suits_and_sees_that_she_waits(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    assert "Something earlier?" in anas.get(f"/patient/appointments/{visit.id}").text
    address = f"/patient/appointments/{visit.id}/earlier"
    assert "What would suit you?" in anas.get(address).text
    refused = anas.post(address, data={"parts": "MORNING"})
    assert refused.status_code == 422
    assert "Choose at least one day." in errors_in(refused)
    joined = anas.post(address, data={"weekdays": ["1", "2"], "parts": "MORNING"})
    assert joined.status_code == 303
    shown = anas.get("/patient/appointments").text
    assert "Looking for something earlier" in shown
    with counted() as asked:
        listed = anas.get("/patient/waiting-list").text
    assert len(asked) <= 8
    assert "Monday, Tuesday; mornings" in listed
    assert "You are on the waiting list" in anas.get(address).text
    entry = queries.entry_of(session, visit)
    assert entry is not None
    anas.post(f"/patient/waiting-list/{entry.id}/end")
    assert "You wait for nothing" in anas.get("/patient/waiting-list").text


def test_with_another_clinician_it_says_who_what_it_costs_and_what_becomes_of_the_visit(
    anas: FlaskClient, client: FlaskClient, session: Session, visit: Appointment, jane: Clinician
) -> None:
    address = f"/patient/appointments/{visit.id}/earlier"
    assert "Another clinician" not in anas.get(address).text, "there is none"
    otto = a_clinician(session, jane.centres[0], full_name="Otto Berg", hours="Tue 10-11", price_minor=8050)
    with counted() as asked:
        assert "Another clinician at the same place will do" in anas.get(address).text
    assert len(asked) <= 8
    wanted = {"weekdays": "2", "parts": "MORNING", "any_clinician": "y"}
    assert anas.post(address, data=wanted).status_code == 303
    scheduling.replace_hours(session, jane, [], at=NOW)
    offering.note_all(session, at=NOW)
    while offering.offer_next(session, AWAKE, at=NOW) is not None:
        pass
    [offer] = session.scalars(select(Offer)).all()
    link = path_of(_secret(client), offer)
    with counted() as asked:
        shown = client.get(link).text
    assert len(asked) <= 8
    assert "Otto Berg" in shown
    assert "Friday 6 March, 10:00" in shown
    assert "£80.50 (until now £60.00)" in shown
    assert "Your appointment with Dr Jane Smith is cancelled free of charge" in shown
    client.post(f"{link}/acceptance")
    assert "Your appointment with Dr Jane Smith is cancelled." in client.get(link).text
    session.refresh(visit)
    assert (visit.status, offer.hold.clinician_id, offer.hold.status) == ("CANCELLED", otto.id, "CONFIRMED")


def test_without_a_visit_one_waits_for_any_time(anas: FlaskClient, session: Session, jane: Clinician) -> None:
    key = key_for(session, jane, TUESDAY)
    named = f"{key.clinician_id}-{key.centre_id}-{key.service_id}-0"
    assert f"/patient/waiting-list/new?slot={named}" in anas.get(f"/clinicians/{jane.slug}").text
    address = f"/patient/waiting-list/new?slot={named}"
    assert "Tell me if something opens" in anas.get(address).text
    wish = {"weekdays": ["2"], "parts": ["MORNING"], "session_type": "IN_PERSON", "last_on": "2026-03-01"}
    refused = anas.post(address, data=wish)
    assert "Choose a date within the next six months." in errors_in(refused)
    assert anas.post(address, data={**wish, "last_on": ""}).status_code == 303
    assert "Any free time" in anas.get("/patient/waiting-list").text
    again = anas.post(address, data={**wish, "last_on": ""})
    assert "You are on the waiting list for this already." in again.text


def test_whoever_looks_after_a_child_waits_for_it_too(
    anas: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    mina = caring.add_dependant(session, ana, by=SYSTEM, relation="CHILD", full_name="Mina", at=NOW)
    key = key_for(session, jane, TUESDAY)
    address = f"/patient/waiting-list/new?slot={key.clinician_id}-{key.centre_id}-{key.service_id}-0&any=yes"
    assert re.search(r"checked[^>]*name=.any_clinician", anas.get(address).text)
    wish = {"weekdays": ["2"], "parts": ["MORNING"], "session_type": "IN_PERSON"}
    assert "Say who is coming" in errors_in(anas.post(address, data=wish))
    stranger = a_patient(session)
    assert anas.post(address, data={**wish, "patient_id": stranger.id}).status_code == 422
    assert anas.post(address, data={**wish, "patient_id": mina.id}).status_code == 303
    assert session.scalars(select(Entry.patient_id)).all() == [mina.id]
    assert "For Mina" in anas.get("/patient/waiting-list").text


def test_the_link_shows_both_times_and_yes_moves_the_visit_without_signing_in(
    client: FlaskClient, session: Session, visit: Appointment, link: str
) -> None:
    with counted() as asked:
        shown = client.get(link).text
    assert len(asked) <= 8
    assert "Tuesday 3 March, 10:00" in shown
    assert "Friday 6 March, 10:00" in shown
    assert "Held for you until 09:30" in shown
    client.get(f"{link}/end")
    session.refresh(visit)
    assert visit.starts_at != TUESDAY, "who only looks changes nothing"
    assert client.post(f"{link}/acceptance").status_code == 303
    session.refresh(visit)
    assert visit.starts_at == TUESDAY
    assert "Your appointment has moved" in client.get(link).text
    assert client.post(f"{link}/acceptance").status_code == 303


def test_no_thanks_keeps_the_visit_and_the_place_in_the_list(
    client: FlaskClient, session: Session, visit: Appointment, offer: Offer, link: str
) -> None:
    client.post(f"{link}/refusal")
    shown = client.get(link).text
    assert "You said no thanks" in shown
    assert "Other free times" in shown
    assert f"/patient/appointments/{visit.id}/rescheduling?" in shown, (
        "where the visit moves, not a second one"
    )
    session.refresh(offer)
    assert offer.state == OfferState.DECLINED
    assert session.get_one(Entry, offer.entry_id).ended_at is None


def test_one_button_ends_the_waiting(client: FlaskClient, session: Session, offer: Offer, link: str) -> None:
    assert "Stop looking for you?" in client.get(f"{link}/end").text
    client.post(f"{link}/end")
    assert "You are no longer on the waiting list" in client.get(f"{link}/end").text
    session.refresh(offer)
    assert offer.state == OfferState.DECLINED
    assert "no longer on the waiting list" in client.get(link).text


def test_what_is_answered_too_late_says_so_and_offers_others(
    client: FlaskClient, session: Session, visit: Appointment, link: str
) -> None:
    with clock.travel_to(NOW + timedelta(minutes=31)):
        assert "This time is no longer kept for you" in client.get(link).text
        client.post(f"{link}/acceptance")
    session.refresh(visit)
    assert visit.starts_at != TUESDAY


def test_a_link_that_is_not_ours_leads_nowhere(client: FlaskClient, link: str) -> None:
    assert client.get("/waiting-list/offers/rubbish").status_code == 404
    assert client.get(link[:-2]).status_code == 404
    assert client.post(f"{link}x/acceptance").status_code == 404


def test_the_list_of_who_waits_and_is_offered_a_time_asks_no_more_than_any(
    anas: FlaskClient, offer: Offer
) -> None:
    with counted() as asked:
        shown = anas.get("/patient/appointments").text
    assert "A time is kept for you" in shown
    assert "Looking for something earlier" in shown
    assert len(asked) <= 8


def test_what_was_told_in_app_leads_to_the_same_page(anas: FlaskClient, offer: Offer, link: str) -> None:
    answer = anas.get(f"/waiting-list/own-offers/{offer.id}")
    assert answer.location == link
    assert "is kept until" in anas.get("/patient/appointments").text
    assert re.search(r"A time is kept for you", anas.get("/patient/waiting-list").text)


def test_nobody_sees_or_ends_what_somebody_else_waits_for(
    anas: FlaskClient, session: Session, jane: Clinician
) -> None:
    other = a_patient(session)
    theirs = an_appointment(session, clinician=jane, patient=other, starts_at=wall("2026-03-12 10:00"))
    by = an_actor(session, Role.PATIENT, patient=other)
    entry = commands.join_for_earlier(session, theirs, commands.When(), by=by, at=NOW)
    assert anas.get(f"/patient/appointments/{theirs.id}/earlier").status_code == 404
    assert anas.post(f"/patient/waiting-list/{entry.id}/end").status_code == 404
    assert entry.ended_at is None


def test_a_cancelled_visit_is_no_longer_accepted_for(
    client: FlaskClient, session: Session, visit: Appointment, link: str
) -> None:
    appointments.cancel(session, visit, by=SYSTEM, at=NOW, late=LateCancellation.NO_REFUND)
    client.post(f"{link}/acceptance")
    session.refresh(visit)
    assert visit.status == "CANCELLED"
