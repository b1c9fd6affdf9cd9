"""A provider that tells a thousand times at once has told once; and so have all who come back at once."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Status
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.payments import reconciling, starting
from portal.payments.book_models import LedgerEntry
from portal.payments.models import Payment, PaymentStatus, WebhookEvent
from portal.payments.practice import Practice, practice_of
from portal.sandbox.stripe.stand_in import signature
from tests.api.client import PREFIX
from tests.cast import Cast
from tests.concurrency.crowd import Crowd
from tests.conftest import settings_for
from tests.factories import slots_of
from tests.payments.gateways.stripe_till import GOOD, type_card
from tests.stand_ins import StandIns, of_money, stand_ins

pytestmark = pytest.mark.concurrency
TIMES, THREADS = 1000, 25


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def served(committed: Engine, there: StandIns) -> Iterator[Flask]:
    url = committed.url.render_as_string(hide_password=False)
    app = create_app(settings_for(url, **of_money(there)))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def paid(crowd: Crowd, cast: Cast, there: StandIns) -> Payment:
    """Ana has paid on the provider's page, and nobody here knows of it yet."""
    there.stripe.forget()
    practice, at = practice_of(there.settings), datetime.now(UTC)
    with Session(crowd.engine, expire_on_commit=False) as session:
        key = SlotKey.of(slots_of(session, cast.clinician, at=at)[5])
        held = appointments.hold(session, key, by=cast.ana, at=at, minutes=10, patient=cast.patient)
        payment = starting.open_payment(session, held, practice=practice, by=cast.ana, at=at)
        session.commit()
        type_card(starting.begin(session, practice, payment.id, at=at).url, GOOD)
        return payment


def test_a_thousand_times_the_same_webhook_is_one_event_with_one_effect(
    served: Flask, crowd: Crowd, paid: Payment, there: StandIns
) -> None:
    about: dict[str, object] = {"id": paid.provider_payment_id, "object": "checkout.session", "metadata": {}}
    event = {"id": "evt_7", "object": "event", "type": "checkout.session.completed", "created": 1}
    body = json.dumps({**event, "livemode": False, "data": {"object": about}}).encode()
    signed = {"Stripe-Signature": signature(body, "whsec_stripe-secret-2", at=int(time.time()))}

    def tell(_number: int) -> int:
        client = served.test_client(use_cookies=False)
        return client.post(f"{PREFIX}/webhooks/stripe", data=body, headers=signed).status_code

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(tell, range(TIMES))) == {200}
        practice = practice_of(there.settings)
        list(pool.map(lambda _number: _handle(crowd, practice), range(8)))
    with Session(crowd.engine) as session:
        assert session.scalar(select(func.count()).select_from(WebhookEvent)) == 1
        assert session.get_one(Payment, paid.id).status == PaymentStatus.PAID
        assert session.get_one(Appointment, paid.appointment_id).status == Status.CONFIRMED
        received = LedgerEntry.account == "provider:STRIPE"
        assert session.scalars(select(LedgerEntry.amount_minor).where(received)).all() == [6000]
    assert [entry["amount"] for entry in there.stripe.store.ledger()] == [6000]


def _handle(crowd: Crowd, practice: Practice) -> None:
    with Session(crowd.engine, expire_on_commit=False) as session:
        reconciling.handle_webhooks(session, practice, at=clock.now())


def test_who_comes_back_in_twenty_windows_at_once_has_paid_once(
    served: Flask, crowd: Crowd, paid: Payment, there: StandIns
) -> None:
    def come_back(_number: int) -> int:
        return served.test_client().get(f"/payments/{paid.key}/back").status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(come_back, range(20))) == {303}
    with Session(crowd.engine) as session:
        assert session.get_one(Payment, paid.id).status == PaymentStatus.PAID
        received = LedgerEntry.account == "provider:STRIPE"
        assert session.scalars(select(LedgerEntry.amount_minor).where(received)).all() == [6000]
