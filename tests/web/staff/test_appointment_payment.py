"""The desk's page for the money of a visit: what is taken there, links, and who sees none of it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from portal.payments import linking
from portal.payments.models import Payment
from portal.settings import OnlinePayment
from tests.conftest import NOW, PracticeSets
from tests.factories import a_clinician, an_account, an_appointment
from tests.web.helpers import HTMX, counted
from tests.web.staff.conftest import BrowserOf


@pytest.fixture(autouse=True)
def online(practice_sets: PracticeSets) -> None:
    """The practice has keys for Stripe; nobody asks it anything here."""
    practice_sets(stripe_secret_key="sk_test_1")


def payments(session: Session) -> list[Payment]:
    session.expire_all()
    return list(session.scalars(select(Payment).order_by(Payment.id)))


def page_of(visit: Appointment) -> str:
    return f"/appointments/{visit.id}/payment"


@pytest.mark.parametrize(("way", "method"), [("cash", "CASH"), ("terminal", "TERMINAL")])
def test_fay_reads_what_it_means_takes_the_money_and_has_the_receipt_at_hand(
    session: Session, fay: FlaskClient, visit: Appointment, way: str, method: str
) -> None:
    shown = fay.get(page_of(visit))
    assert "£60.00" in shown.text
    assert f'href="{page_of(visit)}/{way}"' in shown.text
    asked = fay.get(f"{page_of(visit)}/{way}").text
    assert "A mistake can only be put right by a refund." in asked
    taken = fay.post(f"{page_of(visit)}/{way}", data={"amount_minor": "6000"}, follow_redirects=True)
    assert "£60.00 taken" in taken.text
    (payment,) = payments(session)
    assert (payment.method, payment.status) == (method, "PAID")
    assert f"/staff/payments/{payment.id}/receipt" in taken.text
    assert "Send a payment link" not in taken.text


def test_what_has_been_paid_meanwhile_is_said_and_not_taken_again(
    session: Session, fay: FlaskClient, cora: FlaskClient, visit: Appointment
) -> None:
    cora.post(f"{page_of(visit)}/terminal", data={"amount_minor": "6000"})
    refused = fay.post(f"{page_of(visit)}/cash", data={"amount_minor": "6000"}, follow_redirects=True)
    assert "This appointment has been paid already." in refused.text
    assert len(payments(session)) == 1
    assert fay.get(f"{page_of(visit)}/cash").status_code == 303


def test_a_price_that_has_changed_is_shown_before_it_is_taken(
    session: Session, fay: FlaskClient, visit: Appointment
) -> None:
    session.execute(update(Appointment).values(fee_minor=6500))
    shown = fay.post(f"{page_of(visit)}/cash", data={"amount_minor": "6000"})
    assert shown.status_code == 422
    assert "The price has changed. Please check it." in shown.text
    assert "Take £65.00 in cash" in shown.text
    assert payments(session) == []


def test_a_link_is_sent_seen_and_sent_anew(session: Session, fay: FlaskClient, visit: Appointment) -> None:
    sent = fay.post(f"{page_of(visit)}/link", follow_redirects=True).text
    assert "Payment link created and sent via WhatsApp and email." in sent
    (link,) = payments(session)
    assert f"/payments/{link.key}" in sent
    assert "The old one stops working then." in sent
    for kind in ("WhatsApp", "Email", "On its way"):
        assert kind in sent
    again = fay.post(f"{page_of(visit)}/link", data={"instead_of": link.id}, follow_redirects=True).text
    old, new = payments(session)
    assert (old.status, new.status) == ("FAILED", "PENDING")
    assert f"/payments/{new.key}" in again


def test_whoever_presses_twice_sends_one(session: Session, fay: FlaskClient, visit: Appointment) -> None:
    fay.post(f"{page_of(visit)}/link")
    told = fay.post(f"{page_of(visit)}/link", data={"instead_of": "rubbish"}, follow_redirects=True).text
    assert "A payment link has been sent meanwhile." in told
    assert len(payments(session)) == 1


def test_nobody_sends_one_link_after_the_other(
    session: Session, fay: FlaskClient, visit: Appointment
) -> None:
    for _ in range(linking.MOST_LINKS):
        last = payments(session)[-1:]
        fay.post(f"{page_of(visit)}/link", data={"instead_of": last[0].id if last else ""})
    last = payments(session)[-1:]
    told = fay.post(f"{page_of(visit)}/link", data={"instead_of": last[0].id}, follow_redirects=True).text
    assert "Several links have been sent within the hour." in told
    assert len(payments(session)) == linking.MOST_LINKS


def test_a_link_that_has_run_out_is_said_to_have(
    session: Session, fay: FlaskClient, visit: Appointment
) -> None:
    fay.post(f"{page_of(visit)}/link")
    session.execute(update(Payment).values(expires_at=NOW - timedelta(minutes=1)))
    shown = fay.get(page_of(visit)).text
    assert "The link that was sent has run out." in shown
    assert "Send a new link" in shown


@pytest.mark.parametrize(
    "setting", [{"stripe_secret_key": ""}, {"online_payment": OnlinePayment.OFF}], ids=["no keys", "off"]
)
def test_without_payments_on_the_internet_the_desk_still_takes_money(
    fay: FlaskClient, visit: Appointment, practice_sets: PracticeSets, setting: dict[str, object]
) -> None:
    practice_sets(**{"stripe_secret_key": "sk_test_1", **setting})
    shown = fay.get(page_of(visit)).text
    assert "Send a payment link" not in shown
    assert "not set up" in shown
    assert f"{page_of(visit)}/cash" in shown
    told = fay.post(f"{page_of(visit)}/link", follow_redirects=True).text
    assert "cannot take payments on the internet" in told


def test_the_money_is_for_those_who_handle_it(
    zed: FlaskClient, janes: FlaskClient, fay: FlaskClient, visit: Appointment
) -> None:
    for stranger in (zed, janes):
        for way in ("", "/cash", "/terminal"):
            assert stranger.get(page_of(visit) + way).status_code == 403
        for way in ("/cash", "/link", "/look"):
            assert stranger.post(page_of(visit) + way).status_code == 403
    assert 'id="money-card"' not in janes.get(f"/appointments/{visit.id}").text
    card = fay.get(f"/appointments/{visit.id}").text.partition('id="money-card"')[2]
    assert "To pay" in card
    assert "Take the payment" in card


def test_what_costs_nothing_or_will_not_be_is_not_paid_for(
    session: Session, fay: FlaskClient, browser_of: BrowserOf, visit: Appointment
) -> None:
    free = an_appointment(session, clinician=a_clinician(session, visit.centre, price_minor=0))
    fay.post(f"/appointments/{visit.id}/cancellation", data={"reason": "Ill"})
    for hopeless in (free, visit):
        shown = fay.get(page_of(hopeless)).text
        assert "There is nothing to pay." in shown
        assert "/cash" not in shown
        fay.post(f"{page_of(hopeless)}/cash", data={"amount_minor": str(hopeless.fee_minor)})
        fay.post(f"{page_of(hopeless)}/link")
    assert payments(session) == []


def test_an_online_visit_without_a_centre_is_paid_by_link_alone(
    session: Session, browser_of: BrowserOf, practice_sets: PracticeSets
) -> None:
    online = an_appointment(session, clinician=a_clinician(session, None))
    ada = browser_of(an_account(session, Role.ADMIN))
    shown = ada.get(page_of(online)).text
    assert "/cash" not in shown
    assert "Send a payment link" in shown
    told = ada.post(f"{page_of(online)}/cash", follow_redirects=True).text
    assert "belongs to no centre" in told


def test_the_open_page_asks_again_while_money_may_come(
    session: Session, fay: FlaskClient, visit: Appointment
) -> None:
    assert "every 10s" not in fay.get(page_of(visit)).text
    fay.post(f"{page_of(visit)}/link")
    part = fay.get(page_of(visit), headers=HTMX)
    assert "every 10s" in part.text
    assert "<html" not in part.text
    asked = fay.post(f"{page_of(visit)}/look", follow_redirects=True).text
    assert "It has not been paid yet." in asked
    assert payments(session)[0].status == "PENDING"


def test_many_attempts_cost_no_more_queries(session: Session, fay: FlaskClient, visit: Appointment) -> None:
    def queries() -> int:
        with counted() as statements:
            fay.get(page_of(visit))
        return len(statements)

    fay.post(f"{page_of(visit)}/link")
    fay.get(page_of(visit))
    before = queries()
    for _ in range(3):
        fay.post(f"{page_of(visit)}/link", data={"instead_of": payments(session)[-1].id})
    fay.get(page_of(visit))
    assert queries() <= before


def test_the_desk_sends_a_link_right_after_booking(
    session: Session, fay: FlaskClient, visit: Appointment
) -> None:
    booked = f"/desk/bookings/{visit.id}/booked"
    assert "Send a payment link" in fay.get(booked).text
    back = fay.post(f"{page_of(visit)}/link", data={"next": booked})
    assert back.headers["Location"] == booked
    shown = fay.get(booked).text
    assert "Payment link created and sent" in shown
    assert "The link works until" in shown
    assert "Send a payment link" not in shown
    elsewhere = fay.post(f"{page_of(visit)}/link", data={"next": "https://example.org/"})
    assert elsewhere.headers["Location"] == page_of(visit)
    assert session.scalar(select(Delivery.id).where(Delivery.kind == "payment-link")) is not None
