"""Ana's browser at a practice that takes payments, and what the provider's own books say."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.appointments.models import Appointment
from portal.payments.gateways import Started
from portal.payments.models import Payment
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_appointment, slots_of
from tests.payments.gateways.razorpay_payer import BAD, GOOD, HIDDEN, Payer
from tests.payments.gateways.stripe_till import DECLINED, type_card
from tests.payments.gateways.stripe_till import GOOD as GOOD_CARD
from tests.stand_ins import StandIns
from tests.web.helpers import sign_in

FEE = 4500
SAID = {"description": "Sore knee", "questions": "May I run?"}


@dataclass
class Visits:
    """`back` is what the browser would post to us when it comes from Razorpay."""

    app: Flask
    client: FlaskClient
    session: Session
    there: StandIns
    currency: str
    at: datetime
    back: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        centre = a_centre(self.session, currency=self.currency)
        self.clinician = a_clinician(self.session, centre, price_minor=FEE)
        self.patient = a_patient(self.session)
        sign_in(self.client, account_of(self.session, self.patient))

    @property
    def is_stripe(self) -> bool:
        return self.currency == "GBP"

    def hold(self, number: int = 5) -> str:
        """Choose a free time; the address of the page that follows."""
        slot = slots_of(self.session, self.clinician, at=self.at)[number]
        return str(self.client.post("/holds", data={"slot": slot.id}).headers["Location"])

    def book(self, number: int = 5) -> Appointment:
        """Booked, to be paid later."""
        starts_at = slots_of(self.session, self.clinician, at=self.at)[number].starts_at
        visit = an_appointment(
            self.session, clinician=self.clinician, patient=self.patient, starts_at=starts_at, at=self.at
        )
        self.session.commit()
        return visit

    def pay(self, address: str) -> Started:
        """Press the button that leads to the provider's page."""
        return self.led_to(self.client.post(f"{address}/payment", data=SAID))

    def led_to(self, answer: TestResponse) -> Started:
        """The page of the provider that an answer leads to."""
        if self.is_stripe:
            assert answer.status_code == 303, answer.text
            return Started("", url=answer.headers["Location"])
        assert answer.status_code == 200, answer.headers
        where = answer.text.partition('<form class="form" method="post" action="')[2].partition('"')[0]
        fields = {name: unescape(value) for name, value in HIDDEN.findall(answer.text)}
        fields.pop("csrf_token")  # of our own form to sign out; it carries the second it was made in
        return Started("", fields, url=unescape(where))

    def type_card(self, page: Started, *, is_good: bool = True) -> None:
        """What Ana does on the provider's page."""
        if self.is_stripe:
            type_card(page.url, GOOD_CARD if is_good else DECLINED)
            return
        answer = Payer(self.there.address).pay(page, vpa=GOOD if is_good else BAD)
        self.back = dict(HIDDEN.findall(answer.text)) if is_good else {}

    def come_back(self) -> TestResponse:
        """As the provider sends her: from Razorpay by a POST that brings no cookie."""
        address = f"/payments/{self.payment().key}/back"
        if self.is_stripe:
            return self.client.get(address)
        return self.app.test_client().post(address, data=self.back)

    def payment(self) -> Payment:
        """The newest, as it is now."""
        found = self.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()
        self.session.refresh(found)
        return found

    def visit(self, address: str) -> Appointment:
        uid = uuid.UUID(urlsplit(address).path.split("/")[2])
        found = self.session.scalars(select(Appointment).where(Appointment.uid == uid)).one()
        self.session.refresh(found)
        return found

    def moved(self) -> list[int]:
        """What the provider took and gave back, by its own books."""
        if self.is_stripe:
            return [entry["amount"] for entry in self.there.stripe.store.ledger()]
        return [line["amount"] for line in self.there.razorpay.book.all("movement")]
