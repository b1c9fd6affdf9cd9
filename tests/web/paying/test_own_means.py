"""Credits and subscriptions on their pages: bought, used for a visit, and ended; hidden where none are sold."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments import commands
from portal.appointments.models import Status
from portal.core.permissions import SYSTEM, Role
from portal.payments import ledger, policy, reconciling
from portal.payments.models import Payment
from portal.payments.policy import Policy
from portal.payments.practice import practice_of
from portal.payments.queries import Standing, account_of
from portal.payments.subscription_models import Subscription, SubscriptionStatus
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import an_account
from tests.web.helpers import counted, signed_in
from tests.web.paying.visits import SAID, Visits

CREDIT, PERIOD = 2000, 9000


@pytest.fixture(autouse=True)
def sold(currency: str) -> Iterator[None]:
    before = policy.current()
    policy.configure(Policy(currency=currency, credit_price_minor=CREDIT, subscription_price_minor=PERIOD))
    yield
    policy.configure(before)


def account_id(ana: Visits) -> int:
    return ana.patient.account_id or 0


def buy(ana: Visits, count: int = 1) -> None:
    """Credits, paid on the provider's page."""
    page = ana.led_to(ana.client.post("/account/credits", data={"credits": count}))
    ana.type_card(page)
    ana.come_back()


def subscribe(ana: Visits) -> Subscription:
    page = ana.led_to(ana.client.post("/patient/subscription"))
    ana.type_card(page)
    ana.come_back()
    ana.session.expire_all()
    return ana.session.scalars(select(Subscription)).one()


def test_ana_buys_credits_and_sees_how_she_came_by_them(ana: Visits) -> None:
    assert "No credits yet" in ana.client.get("/account/credits").text
    buy(ana, 3)
    key = ana.payment().key
    assert ana.client.get(f"/payments/{key}").headers["Location"] == "/account/credits"
    shown = ana.client.get("/account/credits").text
    assert "3 credits" in shown
    assert "Bought" in shown
    assert ledger.credits_left(ana.session, account_id(ana)) == 3
    assert ana.moved() == [3 * CREDIT]


@pytest.mark.parametrize("count", ["", "0", "101", "some"])
def test_a_count_that_cannot_be_had_is_said_beside_it_and_nothing_is_begun(ana: Visits, count: str) -> None:
    answer = ana.client.post("/account/credits", data={"credits": count})
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert ana.session.scalars(select(Payment)).all() == []


def test_a_held_time_is_booked_with_a_credit_and_what_she_wrote(ana: Visits) -> None:
    address = ana.hold()
    assert "Use 1 credit" not in ana.client.get(address).text
    buy(ana)
    assert "Use 1 credit" in ana.client.get(address).text
    answer = ana.client.post(f"{address}/settlement/credits", data=SAID)
    visit = ana.visit(address)
    assert answer.headers["Location"] == f"/patient/appointments/{visit.id}/booked"
    assert (visit.status, visit.description) == (Status.CONFIRMED, SAID["description"])
    assert "You pay at the centre" not in ana.client.get(answer.headers["Location"]).text
    assert ledger.credits_left(ana.session, account_id(ana)) == 0


def test_credits_that_are_gone_meanwhile_leave_the_time_held_and_say_so(ana: Visits) -> None:
    address = ana.hold()
    answer = ana.client.post(f"{address}/settlement/credits", data=SAID, follow_redirects=True)
    assert "You do not have enough credits" in answer.text
    assert ana.visit(address).is_hold


def test_a_booked_visit_is_paid_from_its_page_with_a_credit_that_comes_back_when_it_is_cancelled(
    ana: Visits,
) -> None:
    visit = ana.book(60)
    buy(ana)
    address = f"/patient/appointments/{visit.id}"
    assert "Use 1 credit" in ana.client.get(address).text
    shown = ana.client.post(f"{address}/settlement/credits", follow_redirects=True).text
    assert "nothing more to pay" in shown
    assert account_of(ana.session, visit).standing is Standing.PAID
    again = ana.client.post(f"{address}/settlement/credits", follow_redirects=True).text
    assert "paid already" in again
    assert "You get 1 credit back" in ana.client.get(f"{address}/cancellation").text
    ana.client.post(f"{address}/cancellation")
    assert ledger.credits_left(ana.session, account_id(ana)) == 1
    assert "Come back" in ana.client.get("/account/credits").text


def test_ana_subscribes_has_a_visit_covered_and_gets_it_back_when_she_cancels(ana: Visits) -> None:
    offered = ana.client.get("/patient/subscription").text
    assert "It covers 4 visits every month." in offered
    assert subscribe(ana).status == SubscriptionStatus.ACTIVE
    key = ana.payment().key
    assert ana.client.get(f"/payments/{key}").headers["Location"] == "/patient/subscription"
    assert "4 of 4" in ana.client.get("/patient/subscription").text

    address = ana.hold()
    assert "Use your subscription" in ana.client.get(address).text
    ana.client.post(f"{address}/settlement/subscription", data=SAID)
    visit = ana.visit(address)
    assert visit.status == Status.CONFIRMED
    assert "Covered by the subscription" in ana.client.get(f"/patient/appointments/{visit.id}").text
    asked = ana.client.get(f"/patient/appointments/{visit.id}/cancellation").text
    assert "Your subscription has the visit again" in asked
    assert "to pay at the centre" not in asked
    assert "3 of 4" in ana.client.get("/patient/subscription").text

    late = LateCancellation.NO_REFUND
    commands.cancel(ana.session, visit, by=SYSTEM, at=ana.at, late=late)
    ana.session.commit()
    assert "4 of 4" in ana.client.get("/patient/subscription").text


def test_a_subscription_is_ended_after_it_is_said_what_that_means(ana: Visits) -> None:
    subscribe(ana)
    assert "covered until" in ana.client.get("/patient/subscription/end").text
    shown = ana.client.post("/patient/subscription/end", follow_redirects=True).text
    assert "Nothing more is charged" in shown
    assert "Ending" in shown
    assert ana.client.get("/patient/subscription/end").status_code == 303
    if ana.is_stripe:
        reconciling.follow_subscriptions(
            ana.session, practice_of(ana.app.config["SETTINGS"]), at=ana.at + timedelta(seconds=1)
        )
        assert ana.there.stripe.store.all("subscription")[0]["cancel_at_period_end"] is True


def test_who_has_one_is_not_sold_a_second(ana: Visits) -> None:
    subscribe(ana)
    shown = ana.client.post("/patient/subscription", follow_redirects=True).text
    assert "You have a subscription already" in shown


def test_a_subscription_that_nobody_paid_for_can_be_begun_again(ana: Visits) -> None:
    first = ana.led_to(ana.client.post("/patient/subscription"))
    assert "Subscribe for" in ana.client.get("/patient/subscription").text
    assert ana.client.get("/patient/subscription/end").status_code == 303
    assert ana.led_to(ana.client.post("/patient/subscription")).url == first.url


def test_nobody_settles_a_visit_of_somebody_elses(ana: Visits) -> None:
    visit = ana.book()
    zora = signed_in(ana.app, an_account(ana.session, Role.PATIENT))
    for means in ("credits", "subscription"):
        assert zora.post(f"/patient/appointments/{visit.id}/settlement/{means}").status_code == 404
    assert ana.client.post(f"/patient/appointments/{visit.id}/settlement/promises").status_code == 404


def test_what_is_not_sold_has_no_page(ana: Visits, practice_sets: PracticeSets) -> None:
    policy.configure(Policy())
    for address in ("/account/credits", "/patient/subscription", "/patient/subscription/end"):
        assert ana.client.get(address).status_code == 404
    assert ana.client.post("/patient/subscription").status_code == 404
    assert "/account/credits" not in ana.client.get("/patient/payments").text
    practice_sets(stripe_secret_key="", razorpay_key_id="")


def test_clinicians_have_credits_beside_their_account_and_patients_beside_their_payments(ana: Visits) -> None:
    bo = signed_in(ana.app, ana.session.get_one(Account, Cast(ana.session).bo.account_id))
    assert "/account/credits" in bo.get("/account/devices").text
    assert "Your credits" in bo.get("/account/credits").text
    assert bo.get("/patient/subscription").status_code == 403
    payments = ana.client.get("/patient/payments").text
    assert "/account/credits" in payments
    assert "/patient/subscription" in payments
    assert "/account/credits" not in ana.client.get("/account/devices").text


def test_the_list_of_credits_asks_the_same_number_of_questions_however_long(ana: Visits) -> None:
    buy(ana, 4)
    ana.client.get("/account/credits")
    with counted() as few:
        ana.client.get("/account/credits")
    for number in range(3):
        visit = ana.book(40 + 5 * number)
        ana.client.post(f"/patient/appointments/{visit.id}/settlement/credits")
    with counted() as many:
        ana.client.get("/account/credits")
    assert len(many) <= len(few) + 1


def test_staff_say_what_a_visit_costs_in_credits_where_they_are_sold(ana: Visits) -> None:
    ruth = signed_in(ana.app, an_account(ana.session, Role.ADMIN))
    address = f"/admin/clinicians/{ana.clinician.id}/edit"
    assert "Price of a visit in credits" in ruth.get(address).text
    policy.configure(Policy())
    assert "Price of a visit in credits" not in ruth.get(address).text
