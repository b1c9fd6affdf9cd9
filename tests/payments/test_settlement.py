"""Paid and booked settle together, with real adapters and the stand-ins of their providers."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.errors import BookingExpired
from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.errors import Invalid
from portal.payments import inbox, settling, starting
from portal.payments.book_models import Receipt
from portal.payments.errors import AlreadyPaid, BeingPrepared, RefundNotAllowed
from portal.payments.gateways import RefundState, SignatureInvalid, Unavailable
from portal.payments.models import Payment, PaymentStatus, WebhookEvent
from tests.payments.gateways.razorpay_till import RazorpayTill
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.gateways.tills import Till
from tests.payments.settlement import FEE, Crash, Shop
from tests.stand_ins import StandIns, stand_ins

TILLS: tuple[Till, ...] = (StripeTill(), RazorpayTill())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture(params=TILLS, ids=[till.name for till in TILLS])
def till(request: pytest.FixtureRequest, running: StandIns) -> Till:
    running.behaviour.change({})
    found: Till = request.param
    found.forget(running)
    return found


@pytest.fixture
def shop(session: Session, running: StandIns, till: Till) -> Iterator[Shop]:
    """On the day on which the stand-ins live: their pages end by their own clock."""
    today = datetime.now(UTC)
    with clock.travel_to(today):
        yield Shop(session, running, till, today)


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


def test_ana_pays_and_has_her_visit_and_a_receipt(shop: Shop) -> None:
    payment = paid(shop)
    assert (payment.status, visit_of(payment).status) == (PaymentStatus.PAID, Status.CONFIRMED)
    assert shop.session.scalars(select(Receipt)).one().amount_minor == FEE
    shop.check_at_the_end()


def test_asking_again_changes_nothing(shop: Shop) -> None:
    payment = paid(shop)
    for _ in range(3):
        settling.ask(shop.session, shop.practice, payment.id, at=shop.at)
    assert shop.session.scalar(select(func.count()).select_from(Receipt)) == 1
    shop.check_at_the_end()


def test_a_hold_outlives_the_page_on_which_it_is_paid(shop: Shop) -> None:
    payment = at_the_till(shop)
    assert payment.expires_at is not None
    shop.wait(minutes=(payment.expires_at - shop.at).total_seconds() / 60 + 1)
    assert shop.visit is not None
    assert shop.visit.status == Status.PENDING


def test_what_ana_wrote_for_the_clinician_survives_the_payment(shop: Shop) -> None:
    shop.hold().patient_notes = "My left knee"
    payment = shop.open_page()
    shop.pay()
    settling.ask(shop.session, shop.practice, payment.id, at=shop.at)
    assert visit_of(payment).patient_notes == "My left knee"


def test_a_declined_card_keeps_the_time_and_the_page(shop: Shop) -> None:
    payment = at_the_till(shop)
    shop.pay(is_good=False)
    settling.ask(shop.session, shop.practice, payment.id, at=shop.at)
    assert payment.status == PaymentStatus.PENDING
    assert payment.failure
    assert visit_of(payment).status == Status.PENDING
    shop.pay()
    settling.ask(shop.session, shop.practice, payment.id, at=shop.at)
    assert visit_of(payment).status == Status.CONFIRMED
    assert payment.failure == ""


def test_whoever_comes_back_finds_the_page_that_is_open_already(shop: Shop) -> None:
    first = at_the_till(shop)
    shop.wait(minutes=3)
    assert shop.open_page().id == first.id
    assert shop.pages[0].provider_id == shop.pages[1].provider_id


def test_a_price_that_the_payer_did_not_see_is_refused(shop: Shop) -> None:
    visit = shop.hold()
    with pytest.raises(Invalid):
        starting.open_payment(
            shop.session, visit, practice=shop.practice, by=shop.ana, at=shop.at, amount_minor=FEE - 1
        )


def test_a_new_price_has_a_new_page_and_what_is_paid_on_the_old_one_goes_back(shop: Shop) -> None:
    old = at_the_till(shop)
    assert shop.visit is not None
    shop.visit.fee_minor = FEE + 500
    shop.session.commit()
    new = shop.open_page()
    assert new.id != old.id
    assert new.amount_minor == FEE + 500
    shop.pay(1)
    settling.ask(shop.session, shop.practice, new.id, at=shop.at)
    shop.pay(0)
    shop.run_out()
    shop.session.refresh(old)
    assert old.status in {PaymentStatus.REFUNDED, PaymentStatus.FAILED}
    assert new.status == PaymentStatus.PAID
    shop.check_at_the_end()


def test_nobody_pays_twice_for_a_visit(shop: Shop) -> None:
    visit = visit_of(paid(shop))
    facts = {"practice": shop.practice, "by": shop.ana, "at": shop.at}
    with pytest.raises(AlreadyPaid):
        starting.open_payment(shop.session, visit, **facts)  # type: ignore[arg-type]


def test_a_hold_that_has_run_out_has_no_page(shop: Shop) -> None:
    visit = shop.hold()
    shop.at += timedelta(minutes=11)
    facts = {"practice": shop.practice, "by": shop.ana, "at": shop.at}
    with pytest.raises(BookingExpired):
        starting.open_payment(shop.session, visit, **facts)  # type: ignore[arg-type]


def test_money_that_comes_late_takes_the_same_time_again(shop: Shop) -> None:
    payment = at_the_till(shop)
    shop.pay()
    shop.wait(hours=2)
    assert visit_of(payment).status == Status.CANCELLED
    shop.run_jobs()
    (payment,) = shop.payments()
    assert payment.status == PaymentStatus.PAID
    assert visit_of(payment).status == Status.CONFIRMED
    assert visit_of(payment).starts_at == shop.slot.starts_at
    shop.check_at_the_end()


def test_money_that_comes_when_the_time_is_gone_goes_back_and_says_why(shop: Shop) -> None:
    at_the_till(shop)
    shop.pay()
    shop.wait(hours=2)
    shop.rival_books()
    shop.run_jobs()
    (refund,) = shop.refunds()
    assert (refund.amount_minor, refund.reason) == (FEE, settling.TIME_IS_GONE)
    assert shop.payments()[0].status == PaymentStatus.REFUNDED
    assert sum(shop.till.moved(shop.there)) == 0
    shop.check_at_the_end()


def test_ana_cancels_in_time_and_has_all_of_it_back(shop: Shop) -> None:
    payment = paid(shop)
    shop.cancel()
    assert payment.status == PaymentStatus.REFUND_PENDING
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.REFUNDED
    shop.check_at_the_end()


def test_ana_cancels_late_and_the_practice_keeps_it(shop: Shop) -> None:
    payment = paid(shop)
    shop.at = shop.slot.starts_at - timedelta(minutes=10)
    shop.cancel()
    assert payment.status == PaymentStatus.PAID
    assert shop.refunds() == []


def test_what_the_desk_cancels_late_goes_back(shop: Shop) -> None:
    paid(shop)
    shop.at = shop.slot.starts_at - timedelta(minutes=10)
    shop.cancel(by_staff=True)
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.REFUNDED


def test_a_page_of_a_cancelled_visit_is_closed(shop: Shop) -> None:
    at_the_till(shop)
    shop.cancel()
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.FAILED
    shop.pay()
    shop.run_out()
    assert sum(shop.till.moved(shop.there)) == 0
    shop.check_at_the_end()


def test_no_more_goes_back_than_was_paid(shop: Shop) -> None:
    payment = paid(shop)
    shop.refund(FEE - 1000, payment)
    with pytest.raises(RefundNotAllowed):
        shop.refund(1001, payment)
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.PARTIALLY_REFUNDED
    assert shop.held_by_provider() == sum(shop.till.moved(shop.there)) == 1000


def test_a_process_that_dies_after_the_provider_gave_back_gives_back_once(shop: Shop) -> None:
    payment = paid(shop)
    shop.refund(2500, payment)
    shop.doom(True)
    with pytest.raises(Crash):
        shop.run_jobs()
    assert sum(shop.till.moved(shop.there)) == FEE - 2500
    shop.run_out()
    assert shop.till.moved(shop.there) == [FEE, -2500]
    shop.check_at_the_end(by_hand=2500)


def test_a_process_that_dies_after_the_page_was_made_makes_no_second_one(shop: Shop) -> None:
    shop.hold()
    with pytest.raises(Crash):
        shop.open_page(dies=True)
    with pytest.raises(BeingPrepared):
        shop.open_page()
    shop.at += shop.practice.lease
    payment = shop.open_page()
    assert payment.provider_payment_id == shop.pages[-1].provider_id
    assert len(shop.payments()) == 1


def test_a_provider_that_fails_is_tried_again_with_the_same_payment(shop: Shop) -> None:
    shop.hold()
    shop.there.behaviour.change({"of": shop.till.name, "error": 1.0})
    with pytest.raises(Unavailable):
        shop.open_page()
    shop.there.behaviour.change({})
    shop.open_page()
    assert len(shop.payments()) == 1


def test_a_refund_waits_for_a_provider_that_fails(shop: Shop) -> None:
    payment = paid(shop)
    refund = shop.refund(FEE, payment)
    shop.there.behaviour.change({"of": shop.till.name, "error": 1.0})
    shop.run_jobs()
    shop.session.refresh(refund)
    assert (refund.status, bool(refund.failure)) == (RefundState.PENDING, True)
    shop.there.behaviour.change({})
    shop.run_out()
    assert shop.payments()[0].status == PaymentStatus.REFUNDED
    shop.check_at_the_end()


def test_without_webhooks_all_settles_the_same(shop: Shop) -> None:
    at_the_till(shop)
    shop.pay()
    shop.wait(minutes=1)
    shop.run_jobs()
    assert visit_of(shop.payments()[0]).status == Status.CONFIRMED


def event(shop: Shop, payment: Payment, name: str = "checkout.session.completed") -> bytes:
    about: dict[str, object] = {
        "id": payment.provider_payment_id,
        "object": "checkout.session",
        "metadata": {},
    }
    said = {"id": f"evt_{uuid.uuid4().hex}", "object": "event", "type": name, "created": 1, "livemode": False}
    return json.dumps({**said, "data": {"object": about}}).encode()


@pytest.mark.parametrize("till", TILLS[:1], ids=["stripe"], indirect=True)
def test_a_webhook_told_often_has_one_effect(shop: Shop) -> None:
    payment = at_the_till(shop)
    shop.pay()
    body = event(shop, payment)
    headers = shop.till.sign(body, shop.till.secrets[0])
    assert [shop.tell(body, headers) for _ in range(5)] == [True, False, False, False, False]
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.PAID
    assert shop.session.scalars(select(WebhookEvent)).one().handled_at is not None


@pytest.mark.parametrize("till", TILLS[:1], ids=["stripe"], indirect=True)
def test_a_webhook_that_lies_changes_nothing(shop: Shop) -> None:
    payment = at_the_till(shop)
    body = event(shop, payment)
    shop.tell(body, shop.till.sign(body, shop.till.secrets[0]))
    shop.run_jobs()
    assert shop.payments()[0].status == PaymentStatus.PENDING
    with pytest.raises(SignatureInvalid):
        shop.tell(body + b" ", shop.till.sign(body, shop.till.secrets[0]))


@pytest.mark.parametrize("till", TILLS[:1], ids=["stripe"], indirect=True)
@pytest.mark.parametrize(
    ("name", "is_live", "error"),
    [("charge.exotic", False, ""), ("checkout.session.completed", True, inbox.OTHER_MODE)],
)
def test_what_is_of_no_use_is_kept_and_nothing_more(shop: Shop, name: str, is_live: bool, error: str) -> None:
    payment = at_the_till(shop)
    body = event(shop, payment, name).replace(
        b'"livemode": false', f'"livemode": {str(is_live).lower()}'.encode()
    )
    assert shop.tell(body, shop.till.sign(body, shop.till.secrets[0]))
    kept = shop.session.scalars(select(WebhookEvent)).one()
    assert (kept.name, kept.error, kept.handled_at) == (name, error, shop.at)
