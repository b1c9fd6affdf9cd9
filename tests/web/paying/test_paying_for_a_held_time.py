"""A held time is paid for on the provider's page, and then it is booked; whatever goes wrong, it is said."""

from datetime import timedelta

import pytest

from portal.appointments import commands
from portal.appointments.models import Status, Waiting
from portal.core import clock
from portal.core.permissions import Role
from portal.payments.models import PaymentStatus
from portal.settings import OnlinePayment
from tests.conftest import PracticeSets
from tests.factories import a_patient, an_actor, an_appointment, slots_of
from tests.web.paying.visits import FEE, SAID, Visits


def test_ana_pays_and_what_she_wrote_is_booked_with_her_time(ana: Visits) -> None:
    address = ana.hold()
    shown = ana.client.get(address).text
    assert "Pay now" in shown
    assert "Book and pay at the centre" in shown
    page = ana.pay(address)
    assert ana.visit(address).status == Status.PENDING
    ana.type_card(page)
    back = ana.come_back()
    assert back.headers["Location"] == f"/payments/{ana.payment().key}"
    assert "Set-Cookie" not in back.headers
    visit = ana.visit(address)
    assert ana.client.get(back.headers["Location"]).headers["Location"] == (
        f"/patient/appointments/{visit.id}/booked"
    )
    assert (visit.status, visit.description, visit.questions) == (Status.CONFIRMED, *SAID.values())
    assert ana.moved() == [FEE]
    booked = ana.client.get(f"/patient/appointments/{visit.id}/booked").text
    assert "Paid" in booked
    assert "You pay at the centre" not in booked


def test_while_it_is_being_paid_the_time_is_held_for_longer_and_the_page_leads_on(ana: Visits) -> None:
    address = ana.hold()
    first = ana.pay(address)
    held = ana.visit(address)
    assert held.hold_expires_at is not None
    assert held.hold_expires_at >= ana.at + timedelta(minutes=35)
    shown = ana.client.get(address).text
    assert "You have begun to pay" in shown
    assert "Sore knee" in shown
    assert ana.pay(address) == first
    ana.type_card(first)
    assert ana.moved() == [FEE]


def test_a_declined_card_says_why_and_another_may_be_tried(ana: Visits) -> None:
    address = ana.hold()
    page = ana.pay(address)
    ana.type_card(page, is_good=False)
    back = ana.client.get(f"/payments/{ana.payment().key}/back")
    shown = ana.client.get(back.headers["Location"]).text
    assert ana.payment().failure
    assert ana.payment().failure in shown.replace("&#39;", "'")
    assert ana.moved() == []
    ana.type_card(ana.led_to(ana.client.post(f"/payments/{ana.payment().key}/page")))
    ana.come_back()
    assert ana.visit(address).status == Status.CONFIRMED
    assert ana.moved() == [FEE]


def test_who_turns_back_has_paid_nothing_and_may_choose_another_way(ana: Visits) -> None:
    address = ana.hold()
    ana.pay(address)
    shown = ana.client.get(f"/payments/{ana.payment().key}/cancelled").text
    assert "Nothing was paid" in shown
    assert "Your time is held for you until" in shown
    assert address in shown
    assert ana.client.post(f"{address}/confirmation", data=SAID).status_code == 303
    assert ana.visit(address).status == Status.CONFIRMED
    assert ana.moved() == []


def test_a_provider_that_is_down_takes_nothing_and_the_next_try_works(ana: Visits) -> None:
    address = ana.hold()
    ana.there.behaviour.change({"error": 1.0})
    answer = ana.client.post(f"{address}/payment", data=SAID)
    assert answer.headers["Location"] == address
    shown = ana.client.get(address).text
    assert "The payment provider does not answer" in shown
    assert "Sore knee" in shown
    ana.there.behaviour.change({})
    ana.type_card(ana.pay(address))
    ana.come_back()
    assert ana.visit(address).status == Status.CONFIRMED
    assert ana.moved() == [FEE]


@pytest.mark.parametrize("manners", [{"drop": 1.0}, {"hang": 1.0, "hang_seconds": 2.0}])
def test_a_provider_that_dies_or_dawdles_in_the_middle_makes_one_payment(
    ana: Visits, manners: dict[str, float]
) -> None:
    address = ana.hold()
    ana.there.behaviour.change(dict(manners))
    ana.client.post(f"{address}/payment", data=SAID)
    assert "does not answer" in ana.client.get(address).text
    ana.there.behaviour.change({})
    ana.type_card(ana.pay(address))
    ana.come_back()
    assert ana.moved() == [FEE]
    made = (
        ana.there.stripe.store.all("checkout.session")
        if ana.is_stripe
        else ana.there.razorpay.book.all("order")
    )
    assert len(made) == 1


def test_a_provider_that_is_down_when_ana_comes_back_is_asked_again(ana: Visits) -> None:
    address = ana.hold()
    ana.type_card(ana.pay(address))
    ana.there.behaviour.change({"error": 1.0})
    back = ana.come_back()
    assert back.headers["Location"] == f"/payments/{ana.payment().key}?checking=1"
    shown = ana.client.get(back.headers["Location"]).text
    assert "We are checking your payment" in shown
    assert "every 3s" in shown
    ana.there.behaviour.change({})
    ana.client.get(f"/payments/{ana.payment().key}/back")
    polled = ana.client.get(back.headers["Location"], headers={"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == f"/patient/appointments/{ana.visit(address).id}/booked"
    assert ana.moved() == [FEE]


def test_money_that_comes_when_the_time_is_gone_goes_back_and_other_times_are_offered(ana: Visits) -> None:
    address = ana.hold()
    page = ana.pay(address)
    held = ana.visit(address)
    ana.type_card(page)
    with clock.travel_to(ana.at + timedelta(minutes=40)):
        at = clock.now()
        commands.expire_due(ana.session, at=at)
        rival = a_patient(ana.session, full_name="Zora Neale")
        an_appointment(ana.session, clinician=ana.clinician, patient=rival, starts_at=held.starts_at, at=at)
        ana.session.commit()
        ana.come_back()
        shown = ana.client.get(f"/payments/{ana.payment().key}").text
    assert ana.payment().status == PaymentStatus.REFUND_PENDING
    assert "The time was no longer free when the payment arrived" in shown
    assert "Other free times" in shown
    assert ana.client.get(address).headers["Location"] == f"/payments/{ana.payment().key}"


def test_who_comes_back_after_the_hold_has_run_out_has_the_time_all_the_same_while_it_is_free(
    ana: Visits,
) -> None:
    address = ana.hold()
    ana.type_card(ana.pay(address))
    with clock.travel_to(ana.at + timedelta(minutes=40)):
        commands.expire_due(ana.session, at=clock.now())
        ana.session.commit()
        ana.come_back()
        visit = ana.payment().appointment
        assert visit is not None
        assert visit.status == Status.CONFIRMED
        assert ana.client.get(f"/payments/{ana.payment().key}").status_code == 303
    assert ana.moved() == [FEE]


def test_a_hold_that_has_run_out_is_not_paid_for(ana: Visits) -> None:
    address = ana.hold()
    with clock.travel_to(ana.at + timedelta(minutes=11)):
        answer = ana.client.post(f"{address}/payment", data=SAID)
        assert answer.headers["Location"] == address
        assert "no longer held" in ana.client.get(address).text


def test_where_the_practice_wants_to_be_paid_first_nothing_is_booked_without(
    ana: Visits, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.REQUIRED)
    address = ana.hold()
    shown = ana.client.get(address).text
    assert "Pay now" in shown
    assert "pay at the centre" not in shown.lower()
    assert ana.client.post(f"{address}/confirmation", data=SAID).status_code == 402
    assert ana.visit(address).status == Status.PENDING
    ana.type_card(ana.pay(address))
    ana.come_back()
    assert ana.visit(address).status == Status.CONFIRMED


def test_where_it_takes_none_on_the_internet_all_is_as_it_was(
    ana: Visits, practice_sets: PracticeSets
) -> None:
    practice_sets(online_payment=OnlinePayment.OFF)
    address = ana.hold()
    assert "Pay now" not in ana.client.get(address).text
    assert ana.client.post(f"{address}/payment", data=SAID).status_code == 503
    assert ana.client.post(f"{address}/confirmation", data=SAID).status_code == 303
    assert ana.visit(address).status == Status.CONFIRMED


def test_a_request_is_paid_with_and_comes_back_when_it_is_declined(ana: Visits) -> None:
    ana.clinician.requires_acceptance = True
    ana.session.commit()
    address = ana.hold()
    assert "all that you have paid comes back" in ana.client.get(address).text
    ana.type_card(ana.pay(address))
    back = ana.come_back()
    visit = ana.visit(address)
    assert (visit.status, visit.waiting_for) == (Status.PENDING, Waiting.ACCEPTANCE)
    booked = ana.client.get(ana.client.get(back.headers["Location"]).headers["Location"]).text
    assert "Your request is on its way" in booked
    jane = an_actor(ana.session, Role.CLINICIAN, clinician=ana.clinician)
    commands.decline(ana.session, visit, by=jane, at=ana.at, reason="I am away")
    ana.session.commit()
    assert ana.payment().status == PaymentStatus.REFUND_PENDING
    assert "Refund on its way" in ana.client.get(f"/payments/{ana.payment().key}").text


def test_what_is_too_long_comes_back_with_the_form(ana: Visits) -> None:
    address = ana.hold()
    answer = ana.client.post(f"{address}/payment", data={"description": "x" * 300})
    assert answer.status_code == 422
    assert "Pay now" in answer.text
    assert ana.moved() == []


def test_a_stranger_pays_for_nobodys_hold(ana: Visits) -> None:
    address = ana.hold()
    assert ana.app.test_client().post(f"{address}/payment", data=SAID).status_code == 404


def test_a_visit_that_is_booked_is_paid_later_and_once(ana: Visits) -> None:
    visit = ana.book()
    address = f"/patient/appointments/{visit.id}"
    assert "Pay now" in ana.client.get(address).text
    ana.type_card(ana.pay(address))
    with clock.travel_to(ana.at + timedelta(minutes=1)):
        ana.come_back()
    assert ana.client.get(f"/payments/{ana.payment().key}").headers["Location"] == (
        f"/patient/payments/{ana.payment().id}"
    )
    shown = ana.client.get(address).text
    assert "Pay now" not in shown
    assert "Paid" in shown
    assert ana.client.post(f"{address}/payment").headers["Location"] == address
    assert ana.moved() == [FEE]


def test_nobody_pays_for_anothers_visit_by_its_number(ana: Visits) -> None:
    other = a_patient(ana.session, full_name="Zora Neale")
    starts_at = slots_of(ana.session, ana.clinician, at=ana.at)[3].starts_at
    visit = an_appointment(
        ana.session, clinician=ana.clinician, patient=other, starts_at=starts_at, at=ana.at
    )
    ana.session.commit()
    assert ana.client.post(f"/patient/appointments/{visit.id}/payment").status_code == 404


def test_whoever_has_the_address_sees_how_it_stands_and_nothing_of_the_visit(ana: Visits) -> None:
    address = ana.hold()
    page = ana.pay(address)
    anybody = ana.app.test_client()
    path = f"/payments/{ana.payment().key}"
    shown = anybody.get(path)
    assert "Not paid yet" in shown.text
    ana.type_card(page)
    ana.come_back()
    shown = anybody.get(path)
    assert "has received" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    for words in ("Jane Smith", "Ana Silva", "Leeds", "Sore knee"):
        assert words not in shown.text
    assert anybody.get("/payments/00000000-0000-4000-8000-000000000000").status_code == 404


def test_nor_does_anybody_open_its_page_more_often(ana: Visits) -> None:
    ana.pay(ana.hold())
    anybody = ana.app.test_client()
    answers = [anybody.post(f"/payments/{ana.payment().key}/page") for _ in range(11)]
    assert [answer.status_code for answer in answers[9:]] == [303 if ana.is_stripe else 200, 429]


def test_nobody_begins_to_pay_more_than_ten_times_a_minute(ana: Visits) -> None:
    visit = ana.book()
    answers = [ana.client.post(f"/patient/appointments/{visit.id}/payment") for _ in range(11)]
    assert answers[9].status_code != 429
    assert answers[10].status_code == 429
