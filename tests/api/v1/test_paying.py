"""Programs pay for a visit: by the provider's script or on its page, and never with more effect than once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.permissions import Role
from portal.payments.gateways import Started
from portal.payments.models import Payment, PaymentStatus
from portal.settings import OnlinePayment
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import a_centre, a_clinician, an_actor, an_appointment, slots_of
from tests.payments.gateways.razorpay_payer import BAD, Payer
from tests.payments.gateways.stripe_till import DECLINED, GOOD, type_card
from tests.stand_ins import StandIns, of_money, stand_ins

FEE = 6000
AMOUNT = 60.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture
def there(running: StandIns, practice_sets: PracticeSets) -> StandIns:
    """The stand-ins, with new books and usual manners."""
    running.behaviour.change({})
    running.stripe.forget()
    running.razorpay.forget()
    practice_sets(**of_money(running))
    return running


@pytest.fixture(params=["GBP", "INR"], ids=["stripe", "razorpay"])
def shop(
    request: pytest.FixtureRequest, session: Session, cast: Cast, program: ProgramOf, there: StandIns
) -> Iterator["Shop"]:
    """On the day on which the stand-ins live."""
    with clock.travel_to(datetime.now(UTC)):
        yield Shop(session, cast, program, there, str(request.param))


class Shop:
    """Ana's program, and a clinician who is paid in that currency."""

    def __init__(
        self, session: Session, cast: Cast, program: ProgramOf, there: StandIns, currency: str
    ) -> None:
        self.session, self.cast, self.there, self.currency = session, cast, there, currency
        self.is_stripe = currency == "GBP"
        self.centre = a_centre(session, currency=currency)
        self.clinician = a_clinician(session, self.centre)
        self.ana = program(cast.ana)
        self.program = program

    def slot(self, number: int = 5) -> str:
        return slots_of(self.session, self.clinician, at=clock.now())[number].id

    def book(self) -> int:
        return int(data_of(self.ana.post("/appointments", {"slotId": self.slot()}))["id"])

    def begin(self, appointment_id: int, **more: Any) -> Any:
        return data_of(self.ana.post("/payments", {"appointmentId": appointment_id, **more}))

    def pay(self, begun: dict[str, Any], *, is_good: bool = True) -> dict[str, str]:
        """What the provider's script does; what the browser then brings back, to be sent to us."""
        if not self.is_stripe:
            started = Started("", {"key_id": begun["razorpayKeyId"], "order_id": begun["orderId"],
                                   "callback_url": "http://localhost/"},
                              url=f"{self.there.address}/razorpay/v1/checkout/embedded")  # fmt: skip
            if not is_good:
                Payer(self.there.address).pay(started, vpa=BAD)
                return {}
            said = Payer(self.there.address).bring_back(started)
            words = ("order_id", "payment_id", "signature")
            names = ("razorpayOrderId", "razorpayPaymentId", "razorpaySignature")
            return {name: said[f"razorpay_{word}"] for name, word in zip(names, words, strict=True)}
        requests.post(
            f"{self.there.address}/stripe/v1/payment_intents/{begun['paymentIntentId']}/confirm",
            data={"payment_method": "pm_card_visa" if is_good else "pm_card_visa_chargeDeclined"},
            auth=(self.there.settings.stripe_secret_key, ""),
            timeout=5,
        )
        return {"paymentIntentId": begun["paymentIntentId"]}

    def moved(self) -> list[int]:
        if self.is_stripe:
            return [entry["amount"] for entry in self.there.stripe.store.ledger()]
        return [line["amount"] for line in self.there.razorpay.book.all("movement")]


def test_ana_pays_by_the_providers_script_and_says_so(shop: Shop) -> None:
    appointment_id = shop.book()
    begun = shop.begin(appointment_id, amount=AMOUNT, currency=shop.currency.lower())
    assert (begun["amount"], begun["currency"], begun["status"]) == (AMOUNT, shop.currency, "PENDING")
    if shop.is_stripe:
        assert begun["clientSecret"].startswith(begun["paymentIntentId"])
        assert (begun["publishableKey"], begun["orderId"]) == ("pk_test_bookable", None)
    else:
        assert (begun["razorpayKeyId"], begun["clientSecret"]) == ("rzp_test_bookable", None)
    said = shop.pay(begun)
    answers = [shop.ana.post(f"/payments/{begun['id']}/confirm", said) for _ in range(2)]
    done = data_of(answers[0])
    assert (done["status"], done["appointmentStatus"]) == ("PAID", "CONFIRMED")
    assert answers[0].json == answers[1].json
    assert shop.moved() == [FEE]


def test_the_same_payment_is_answered_while_it_is_open(shop: Shop) -> None:
    appointment_id = shop.book()
    assert shop.begin(appointment_id) == shop.begin(appointment_id)


def test_on_the_providers_page_instead_and_the_other_way_is_closed(shop: Shop) -> None:
    appointment_id = shop.book()
    by_script = shop.begin(appointment_id)
    page = shop.begin(appointment_id, page=True)
    assert page["id"] != by_script["id"]
    assert page["url"].startswith(shop.there.address if shop.is_stripe else "http://127.0.0.1:8000/payments/")
    assert shop.session.get_one(Payment, by_script["id"]).status == PaymentStatus.FAILED
    assert shop.begin(appointment_id, page=True) == page
    if shop.is_stripe:
        type_card(page["url"], GOOD)
        assert data_of(shop.ana.post(f"/payments/{page['id']}/confirm"))["status"] == "PAID"


def test_another_price_or_currency_than_the_servers_is_refused(shop: Shop) -> None:
    appointment_id = shop.book()
    for wrong, field in (
        ({"amount": 1}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"amount": 0.001}, "amount"),
    ):
        answer = shop.ana.post("/payments", {"appointmentId": appointment_id, **wrong})
        assert refusal_of(answer) == (400, "VALIDATION_ERROR")
        assert field in details_of(answer)
    assert details_of(shop.ana.post("/payments", {}))["appointmentId"]
    assert shop.session.scalars(select(Payment)).all() == []


def test_a_declined_card_is_402_with_the_banks_reason_and_another_may_be_tried(shop: Shop) -> None:
    begun = shop.begin(shop.book())
    said = shop.pay(begun, is_good=False) or {
        "razorpayOrderId": begun["orderId"], "razorpayPaymentId": "pay_1", "razorpaySignature": "0" * 64
    }  # fmt: skip
    answer = shop.ana.post(f"/payments/{begun['id']}/confirm", said)
    assert refusal_of(answer) == ((402, "PAYMENT_FAILED") if shop.is_stripe else (400, "INVALID_SIGNATURE"))
    again = shop.pay(begun)
    assert data_of(shop.ana.post(f"/payments/{begun['id']}/confirm", again))["status"] == "PAID"
    assert shop.moved() == [FEE]


def test_a_browser_that_says_paid_is_not_believed(shop: Shop) -> None:
    begun = shop.begin(shop.book())
    forged = (
        {"paymentIntentId": "pi_somebody_elses"}
        if shop.is_stripe
        else {
            "razorpayOrderId": begun["orderId"],
            "razorpayPaymentId": "pay_1",
            "razorpaySignature": "f" * 64,
        }
    )
    answer = shop.ana.post(f"/payments/{begun['id']}/confirm", forged)
    assert refusal_of(answer) == (400, "INVALID_SIGNATURE")
    if shop.is_stripe:
        unpaid = shop.ana.post(f"/payments/{begun['id']}/confirm")
        assert refusal_of(unpaid) == (402, "PAYMENT_FAILED")
        assert "not told us yet" in unpaid.text
    assert shop.session.get_one(Payment, begun["id"]).status == PaymentStatus.PENDING


def test_a_key_replays_the_answer_and_serves_one_request_only(shop: Shop) -> None:
    appointment_id = shop.book()
    body = {"appointmentId": appointment_id, "idempotencyKey": "order 7"}
    first = shop.ana.post("/payments", body)
    shop.there.behaviour.change({"error": 1.0})
    assert shop.ana.post("/payments", body).data == first.data
    other = shop.ana.post("/payments", {**body, "page": True})
    assert refusal_of(other) == (409, "CONFLICT")


def test_a_provider_that_is_down_is_502_and_nothing_is_charged_twice(shop: Shop) -> None:
    appointment_id = shop.book()
    shop.there.behaviour.change({"drop": 1.0})
    down = shop.ana.post("/payments", {"appointmentId": appointment_id}, key="order 8")
    assert refusal_of(down) == (502, "PROVIDER_ERROR")
    shop.there.behaviour.change({})
    begun = data_of(shop.ana.post("/payments", {"appointmentId": appointment_id}, key="order 8"))
    said = shop.pay(begun)
    shop.there.behaviour.change({"error": 1.0})
    assert refusal_of(shop.ana.post(f"/payments/{begun['id']}/confirm", said)) == (502, "PROVIDER_ERROR")
    shop.there.behaviour.change({})
    assert data_of(shop.ana.post(f"/payments/{begun['id']}/confirm", said))["status"] == "PAID"
    assert shop.moved() == [FEE]


def test_without_keys_it_is_503_and_the_visit_stays_booked(shop: Shop, practice_sets: PracticeSets) -> None:
    appointment_id = shop.book()
    practice_sets(stripe_secret_key="", razorpay_key_id="")
    answer = shop.ana.post("/payments", {"appointmentId": appointment_id})
    assert refusal_of(answer) == (503, "PROVIDER_NOT_CONFIGURED")
    assert shop.session.get_one(Appointment, appointment_id).status == Status.CONFIRMED


def test_where_the_practice_is_paid_first_a_booking_is_held_until_it_is_paid(
    shop: Shop, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.REQUIRED)
    made = data_of(shop.ana.post("/appointments", {"slotId": shop.slot(), "questions": "May I run?"}))
    assert (made["status"], made["waitingFor"], made["questions"]) == ("PENDING", "HOLD", "May I run?")
    begun = shop.begin(made["id"])
    done = data_of(shop.ana.post(f"/payments/{begun['id']}/confirm", shop.pay(begun)))
    assert (done["status"], done["appointmentStatus"]) == ("PAID", "CONFIRMED")
    assert data_of(shop.ana.get(f"/appointments/{made['id']}"))["questions"] == "May I run?"


def test_what_costs_nothing_is_booked_at_once_though_the_practice_is_paid_first(
    shop: Shop, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.REQUIRED)
    free = a_clinician(shop.session, shop.centre, price_minor=0)
    slot = slots_of(shop.session, free, at=clock.now())[5].id
    made = data_of(shop.ana.post("/appointments", {"slotId": slot}))
    assert made["status"] == "CONFIRMED"
    assert shop.session.get_one(Appointment, made["id"]).channel == "API"


def test_staff_book_without_paying_and_may_begin_a_payment_for_the_patient(
    shop: Shop, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.REQUIRED)
    fay = shop.program(an_actor(shop.session, Role.FRONT_DESK, centre=shop.centre))
    body = {"slotId": shop.slot(), "patientId": shop.cast.patient.id}
    made = data_of(fay.post("/appointments", body))
    assert made["status"] == "CONFIRMED"
    assert fay.post("/payments", {"appointmentId": made["id"]}).status_code == 201


def test_a_hold_that_has_run_out_is_409_and_nobody_elses_exists(
    shop: Shop, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.REQUIRED)
    made = data_of(shop.ana.post("/appointments", {"slotId": shop.slot()}))
    zora = shop.program(shop.cast.zora)
    assert refusal_of(zora.post("/payments", {"appointmentId": made["id"]}))[0] == 404
    later = clock.now() + timedelta(minutes=11)
    with clock.travel_to(later):
        body = {"appointmentId": made["id"]}
        assert refusal_of(shop.ana.post("/payments", body)) == (409, "BOOKING_EXPIRED")
        commands.expire_due(shop.session, at=later)
        shop.session.commit()
        assert refusal_of(shop.ana.post("/payments", body)) == (409, "BOOKING_EXPIRED")


def test_what_is_paid_is_not_paid_again(shop: Shop) -> None:
    appointment_id = shop.book()
    begun = shop.begin(appointment_id)
    said = shop.pay(begun)
    shop.ana.post(f"/payments/{begun['id']}/confirm", said)
    again = shop.ana.post("/payments", {"appointmentId": appointment_id})
    assert refusal_of(again) == (409, "CONFLICT")
    assert "paid already" in again.text


def test_late_money_for_a_time_that_is_gone_is_answered_with_its_refund(
    shop: Shop, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.REQUIRED)
    made = data_of(shop.ana.post("/appointments", {"slotId": shop.slot()}))
    begun = shop.begin(made["id"])
    said = shop.pay(begun)
    held = shop.session.get_one(Appointment, made["id"])
    later = clock.now() + timedelta(minutes=40)
    with clock.travel_to(later):
        commands.expire_due(shop.session, at=later)
        an_appointment(
            shop.session,
            clinician=shop.clinician,
            patient=shop.cast.stranger,
            starts_at=held.starts_at,
            at=later,
        )
        shop.session.commit()
        ana = shop.program(shop.cast.ana)  # her program's first sign-in has run out
        done = data_of(ana.post(f"/payments/{begun['id']}/confirm", said))
    assert (done["status"], done["appointmentStatus"]) == ("REFUND_PENDING", "CANCELLED")


def test_more_than_ten_payment_writes_a_minute_are_too_many(shop: Shop) -> None:
    appointment_id = shop.book()
    answers = [shop.ana.post("/payments", {"appointmentId": appointment_id}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]


@pytest.mark.parametrize("shop", ["GBP"], indirect=True, ids=["stripe"])
def test_a_page_that_was_declined_says_why(shop: Shop) -> None:
    begun = shop.begin(shop.book(), page=True)
    type_card(begun["url"], DECLINED)
    answer = shop.ana.post(f"/payments/{begun['id']}/confirm")
    assert refusal_of(answer) == (402, "PAYMENT_FAILED")
    assert "declined" in answer.text
