"""A practice that settles payments with a provider's stand-in, step by step, and what both books say at the end.

shop = Shop(session, there, till, at)     # Ana, Bo, and a centre that takes the till's currency
shop.hold(); shop.open_page()             # Ana holds a time and is on the provider's page
shop.pay(); shop.run_jobs()
"""

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Channel, Status
from portal.appointments.slots import SlotKey
from portal.core.db import in_transaction
from portal.core.permissions import SYSTEM, Role
from portal.payments import inbox, reconciling, refunding, settling, starting
from portal.payments.book_models import LedgerEntry
from portal.payments.gateways import Provider, RefundState, Started, State
from portal.payments.models import Payment, Refund
from portal.payments.practice import Practice, practice_of
from portal.payments.rules import paid_of
from portal.settings import LateCancellation
from tests.factories import a_centre, a_clinician, a_patient, an_actor, slots_of
from tests.payments.gateways.razorpay_payer import BAD, Payer
from tests.payments.gateways.razorpay_payer import GOOD as GOOD_VPA
from tests.payments.gateways.stripe_till import DECLINED, GOOD, type_card
from tests.payments.gateways.tills import Till
from tests.stand_ins import StandIns

FEE = 6000
T = TypeVar("T")


class Crash(BaseException):
    """The process died: the provider has done what it was asked, and nobody has written it down."""


class Mortal:
    """A gateway whose process dies at the next call when `is_doomed`, after the provider has answered."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway
        self.is_doomed = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._gateway, name)

        def call(*said: Any) -> Any:
            answer = method(*said)
            if self.is_doomed and name != "read_webhook":
                self.is_doomed = False
                raise Crash
            return answer

        return call if callable(method) else method


class Shop:
    """`at` is the time; `pages` what Ana was shown, the newest last."""

    def __init__(self, session: Session, there: StandIns, till: Till, at: datetime) -> None:
        self.session, self.there, self.till, self.at = session, there, till, at
        known = practice_of(there.settings)
        self.mortals = {provider: Mortal(gateway) for provider, gateway in known.gateways.items()}
        self.practice: Practice = replace(known, gateways=self.mortals)
        self.provider = Provider(till.name.upper())
        self.pages: list[Started] = []
        self.visit: Appointment | None = None
        self._set_up()
        session.commit()

    def _set_up(self) -> None:
        session = self.session
        centre = a_centre(session, currency=self.till.currency)
        self.clinician = a_clinician(session, centre, price_minor=FEE, notice_hours=1, deadline_hours=1)
        self.patient, self.rival = a_patient(session), a_patient(session, full_name="Zora Neale")
        self.ana = an_actor(session, Role.PATIENT, patient=self.patient)
        self.fay = an_actor(session, Role.FRONT_DESK, centre=centre)
        self.slot = slots_of(session, self.clinician, at=self.at)[20]

    def hold(self) -> Appointment:
        """Ana holds the time that all of this is about."""
        key = SlotKey.of(self.slot)
        self.visit = self._do(
            lambda: appointments.hold(
                self.session, key, by=self.ana, at=self.at, minutes=10, patient=self.patient
            )
        )
        return self.visit

    def open_page(self, *, dies: bool = False) -> Payment:
        assert self.visit is not None
        visit = self.visit
        facts: dict[str, Any] = {"practice": self.practice, "by": self.ana, "at": self.at}
        payment = self._do(lambda: starting.open_payment(self.session, visit, **facts))
        self.doom(dies)
        self.pages.append(starting.begin(self.session, self.practice, payment.id, at=self.at))
        return payment

    def pay(self, page: int = -1, *, is_good: bool = True) -> None:
        """Ana types her card, or another that the bank declines; the page may be closed by then."""
        started = self.pages[page]
        if self.till.name == "stripe":
            with suppress(requests.RequestException):
                type_card(started.url, GOOD if is_good else DECLINED)
        else:
            with suppress(requests.RequestException, KeyError):
                Payer(self.there.address).pay(started, vpa=GOOD_VPA if is_good else BAD)

    def tell(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """A webhook arrives."""
        facts: dict[str, Any] = {"at": self.at}
        return self._do(
            lambda: inbox.receive(self.session, self.practice, self.provider, body, headers, **facts)
        )

    def cancel(self, *, by_staff: bool = False) -> None:
        assert self.visit is not None
        visit, by = self.visit, self.fay if by_staff else self.ana
        late = LateCancellation.NO_REFUND
        self._do(
            lambda: appointments.cancel(
                self.session, visit, by=by, at=self.at, late=late, reason="Plans changed"
            )
        )

    def refund(self, minor: int, payment: Payment) -> Refund:
        facts: dict[str, Any] = {"reason": "The visit was short", "by": self.fay, "at": self.at}
        return self._do(lambda: refunding.queue(self.session, payment.id, minor, **facts))

    def wait(self, **time: float) -> None:
        """Time passes, and holds run out."""
        self.at += timedelta(**time)
        self._do(lambda: appointments.expire_due(self.session, at=self.at))

    def rival_books(self) -> None:
        """Zora gets the time, if it is free."""
        key = SlotKey.of(self.slot)
        self._do(
            lambda: appointments.book(
                self.session, key, patient=self.rival, by=SYSTEM, at=self.at, channel=Channel.DESK
            )
        )

    def doom(self, dies: bool) -> None:
        for mortal in self.mortals.values():
            mortal.is_doomed = dies

    def run_jobs(self) -> None:
        """Everything that is due now, once."""
        for job in (reconciling.handle_webhooks, reconciling.reconcile, reconciling.send_refunds):
            job(self.session, self.practice, at=self.at)

    def run_out(self) -> None:
        """Days without Ana: all that can settle has settled."""
        self.doom(False)
        for _ in range(4):
            self.wait(hours=1)
            self.run_jobs()

    def payments(self) -> list[Payment]:
        self.session.expire_all()
        return list(self.session.scalars(select(Payment).order_by(Payment.id)))

    def refunds(self) -> list[Refund]:
        return list(self.session.scalars(select(Refund).order_by(Refund.id)))

    def held_by_provider(self) -> int:
        """By our own ledger."""
        of_provider = LedgerEntry.account == f"provider:{self.provider}"
        return int(self.session.scalar(select(func.sum(LedgerEntry.amount_minor)).where(of_provider)) or 0)

    def check(self) -> None:
        """What is true at any moment."""
        moved = self.till.moved(self.there)
        assert 0 <= sum(moved) <= sum(amount for amount in moved if amount > 0)
        for payment in self.payments():
            assert 0 <= paid_of(payment).left_minor <= payment.amount_minor
        by_transaction = select(func.sum(LedgerEntry.amount_minor)).group_by(
            LedgerEntry.transaction_key, LedgerEntry.currency
        )
        assert set(self.session.scalars(by_transaction)) <= {0}

    def check_at_the_end(self, by_hand: int = 0) -> None:
        """Paid means a visit, or the money back; `by_hand` is what staff gave back of their own accord."""
        self.check()
        assert self.held_by_provider() == sum(self.till.moved(self.there)), "the two books differ"
        assert all(refund.status == RefundState.DONE for refund in self.refunds())
        for payment in self.payments():
            assert payment.status != State.OPEN
            left = paid_of(payment).left_minor
            visit = payment.appointment
            assert visit is not None
            if payment.paid_at and visit.status != Status.CONFIRMED:
                assert left == 0, "paid, with neither a visit nor a refund"
        kept = [one for one in self.payments() if paid_of(one).left_minor]
        assert len({one.appointment_id for one in kept}) == len(kept), "a visit was paid twice"
        live = [one for one in kept if one.appointment and one.appointment.status == Status.CONFIRMED]
        assert sum(paid_of(one).left_minor for one in live) >= len(live) * FEE - by_hand

    def _do(self, work: Callable[[], T]) -> T:
        return in_transaction(self.session, work)


def visit_of(payment: Payment) -> Appointment:
    assert payment.appointment is not None
    return payment.appointment


def at_the_till(shop: Shop) -> Payment:
    """Ana holds a time and is on the provider's page."""
    shop.hold()
    return shop.open_page()


def paid(shop: Shop) -> Payment:
    payment = at_the_till(shop)
    shop.pay()
    settling.ask(shop.session, shop.practice, payment.id, at=shop.at)
    return payment


def event(shop: Shop, payment: Payment, name: str = "checkout.session.completed") -> bytes:
    about: dict[str, object] = {
        "id": payment.provider_payment_id,
        "object": "checkout.session",
        "metadata": {},
    }
    said = {"id": f"evt_{uuid.uuid4().hex}", "object": "event", "type": name, "created": 1, "livemode": False}
    return json.dumps({**said, "data": {"object": about}}).encode()
