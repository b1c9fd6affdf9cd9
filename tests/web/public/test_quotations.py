"""Maya opens the link in her mail, answers, and books at the price she was quoted."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.payments import offering, quoting
from portal.payments.quotation_models import Quotation
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import account_of, slots_of
from tests.payments.quotes import a_quotation, accepted, sent
from tests.web.helpers import signed_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def quotation(session: Session, cast: Cast) -> Quotation:
    return a_quotation(session, cast)


def opened(client: FlaskClient, token: str) -> str:
    """Open the link; the address it leads to, which has no secret in it."""
    answer = client.get(f"/quotations/{token}")
    assert answer.status_code == 303
    assert token not in answer.location
    return str(answer.location)


def test_opening_the_link_shows_it_and_changes_nothing(
    session: Session, client: FlaskClient, quotation: Quotation
) -> None:
    token = sent(session, quotation)
    shown = client.get(opened(client, token))
    for said in ("Q-2026-000001", "Maya Okoro", "Assessment", "£70.00", "noindex"):
        assert said in shown.text
    assert token not in shown.text
    assert shown.headers["Referrer-Policy"] == "same-origin"
    session.refresh(quotation)
    assert quotation.status == "SENT"


def test_whoever_has_not_opened_the_link_sees_nothing(
    session: Session, client: FlaskClient, quotation: Quotation
) -> None:
    sent(session, quotation)
    for address in ("", ".pdf", "/refusal"):
        answer = client.get(f"/quotations/{quotation.id}{address}")
        assert answer.status_code == 404
        assert "open the link in our mail" in answer.text
    assert client.post(f"/quotations/{quotation.id}/acceptance").status_code == 404
    assert client.get("/quotations/no-such-secret").status_code == 400


def test_a_withdrawn_quotation_is_gone_for_who_has_it_open(
    session: Session, client: FlaskClient, quotation: Quotation
) -> None:
    address = opened(client, sent(session, quotation))
    quoting.remove(session, quotation, at=NOW)
    session.flush()
    answer = client.get(address)
    assert answer.status_code == 400
    assert "Assessment" not in answer.text


def test_two_quotations_open_at_once_are_answered_apart(
    session: Session, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    other = a_quotation(session, cast)
    first, second = opened(client, sent(session, quotation)), opened(client, sent(session, other))
    client.post(f"{first}/acceptance")
    client.post(f"{second}/refusal")
    session.refresh(quotation)
    session.refresh(other)
    assert (quotation.status, other.status) == ("ACCEPTED", "DECLINED")


def test_declining_says_first_what_it_means(
    session: Session, client: FlaskClient, quotation: Quotation
) -> None:
    address = opened(client, sent(session, quotation))
    assert "You cannot accept it afterwards" in client.get(f"{address}/refusal").text
    assert "You have declined" in client.post(f"{address}/refusal", follow_redirects=True).text
    assert client.post(f"{address}/acceptance").status_code == 409


def test_after_the_last_day_it_says_so(session: Session, client: FlaskClient, quotation: Quotation) -> None:
    address = opened(client, sent(session, quotation))
    with clock.travel_to(quotation.expires_at + timedelta(minutes=1)):
        shown = client.get(address).text
        assert "no longer valid" in shown
        assert "Accept" not in shown
        assert client.post(f"{address}/acceptance").status_code == 409


def test_a_replaced_one_points_to_the_latest_mail(
    session: Session, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    address = opened(client, sent(session, quotation))
    offering.send(session, quoting.revise(session, quotation, by=cast.bo, at=NOW), at=NOW)
    session.flush()
    assert "A newer version" in client.get(address).text
    answer = client.post(f"{address}/acceptance")
    assert answer.status_code == 409
    assert "newer version" in answer.text


def times(client: FlaskClient, address: str) -> str:
    """The address of the calendar to which an accepted quotation leads."""
    found = re.search(r'href="(/clinicians/[^"]+quotation=\d+)"', client.get(address).text)
    assert found
    return found[1].replace("&amp;", "&")


def test_the_calendar_offers_that_service_at_that_price(
    session: Session, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    shown = client.get(times(client, opened(client, accepted(session, quotation)))).text
    assert "At the quoted price: £70.00" in shown
    assert f'name="quotation" value="{quotation.id}"' in shown
    assert "£60.00" not in shown


def test_maya_books_at_the_quoted_price_and_others_at_the_usual_one(
    session: Session, app: Flask, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    opened(client, accepted(session, quotation))
    slots = slots_of(session, cast.clinician)
    held = client.post("/holds", data={"slot": slots[5].id, "quotation": str(quotation.id)})
    assert "£70.00" in client.get(held.location).text
    another = app.test_client()
    other = another.post("/holds", data={"slot": slots[8].id})
    assert "£60.00" in another.get(other.location).text
    mine = session.scalars(select(Appointment).order_by(Appointment.id).limit(1)).one()
    assert (mine.fee_minor, mine.status) == (7000, Status.PENDING)


def test_a_quotation_in_use_is_refused_in_words(
    session: Session, app: Flask, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    token, slots = accepted(session, quotation), slots_of(session, cast.clinician)
    opened(client, token)
    client.post("/holds", data={"slot": slots[5].id, "quotation": str(quotation.id)})
    elsewhere = app.test_client()
    opened(elsewhere, token)
    answer = elsewhere.post("/holds", data={"slot": slots[8].id, "quotation": str(quotation.id)})
    assert answer.status_code == 409
    assert "at the price of this quotation already" in answer.text


def test_a_time_that_is_gone_leads_back_to_the_calendar_with_the_quotation(
    session: Session, app: Flask, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    opened(client, accepted(session, quotation))
    slot = slots_of(session, cast.clinician)[5].id
    app.test_client().post("/holds", data={"slot": slot})
    answer = client.post("/holds", data={"slot": slot, "quotation": str(quotation.id)})
    assert f"quotation={quotation.id}" in answer.location
    assert "Someone has just taken that time" in client.get(answer.location).text


def test_letting_the_time_go_leads_back_to_the_quoted_times(
    session: Session, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    opened(client, accepted(session, quotation))
    slot = slots_of(session, cast.clinician)[5].id
    held = client.post("/holds", data={"slot": slot, "quotation": str(quotation.id)}).location
    assert f"quotation={quotation.id}" in client.post(f"{held}/release").location


def test_a_hold_that_ran_out_is_held_again_at_the_quoted_price(
    session: Session, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    opened(client, accepted(session, quotation))
    slot = slots_of(session, cast.clinician)[5].id
    held = client.post("/holds", data={"slot": slot, "quotation": str(quotation.id)}).location
    with clock.travel_to(NOW + timedelta(minutes=11)):
        over = client.get(held).text
        assert f'name="quotation" value="{quotation.id}"' in over
        again = client.post("/holds", data={"slot": slot, "quotation": str(quotation.id)})
        assert "£70.00" in client.get(again.location).text


def test_a_patient_who_is_signed_in_books_it_as_theirs(
    session: Session, app: Flask, cast: Cast, quotation: Quotation
) -> None:
    token = accepted(session, quotation)
    browser = signed_in(app, account_of(session, cast.patient))
    address = opened(browser, token)
    slot = slots_of(session, cast.clinician)[5].id
    held = browser.post("/holds", data={"slot": slot, "quotation": str(quotation.id)}).location
    browser.post(f"{held}/confirmation", data={"description": "Assessment"})
    session.expire_all()
    assert quotation.visit is not None
    assert (quotation.visit.status, quotation.visit.fee_minor) == (Status.CONFIRMED, 7000)
    assert "Your visit is booked" in browser.get(address).text


def test_a_withdrawn_quotation_keeps_nobody_from_booking(
    session: Session, cast: Cast, client: FlaskClient, quotation: Quotation
) -> None:
    opened(client, sent(session, quotation))
    quoting.remove(session, quotation, at=NOW)
    session.flush()
    held = client.post("/holds", data={"slot": slots_of(session, cast.clinician)[5].id})
    assert "£60.00" in client.get(held.location).text
    assert client.get(f"/clinicians/{cast.clinician.slug}?quotation={quotation.id}").status_code == 200
    assert client.post(f"{held.location}/release").status_code == 303


def test_a_form_that_names_a_quotation_never_books_at_another_price(
    session: Session, app: Flask, cast: Cast, quotation: Quotation
) -> None:
    accepted(session, quotation)
    stranger, slot = app.test_client(), slots_of(session, cast.clinician)[5].id
    for name in (str(quotation.id), "rubbish"):
        answer = stranger.post("/holds", data={"slot": slot, "quotation": name})
        assert answer.status_code == 404
        assert "open the link in our mail" in answer.text
    assert session.scalar(select(Appointment.id)) is None
