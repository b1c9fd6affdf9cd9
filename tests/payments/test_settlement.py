"""Paid and booked settle together, with real adapters and the stand-ins of their providers."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.appointments.errors import BookingExpired
from portal.appointments.models import Status
from portal.core.errors import Invalid
from portal.payments import settling, starting
from portal.payments.book_models import Receipt
from portal.payments.errors import AlreadyPaid
from portal.payments.models import PaymentStatus
from tests.payments.settlement import FEE, Shop, at_the_till, paid, visit_of


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
