"""Fay sends a link, and Ana pays with it from wherever she is: with both providers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.core.db import in_transaction
from portal.core.errors import Forbidden, Invalid, TooManyAttempts
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from portal.payments import linking, settling, starting, taking
from portal.payments.errors import (
    AlreadyPaid,
    LinkSentMeanwhile,
    PaymentNotPossible,
    ProviderNotConfigured,
)
from portal.payments.gateways import Unavailable
from portal.payments.linking import LinkState
from portal.payments.models import Method, Payment, PaymentStatus
from portal.payments.practice import practice_of
from portal.settings import Settings
from tests.factories import a_centre, a_clinician, a_hold, an_actor, an_appointment
from tests.payments.settlement import FEE, Shop


@pytest.fixture
def visit(shop: Shop) -> Appointment:
    """Ana has booked; nothing is paid."""
    key = SlotKey.of(shop.slot)
    return an_appointment(
        shop.session,
        clinician=shop.clinician,
        patient=shop.patient,
        starts_at=key.starts_at,
        by=shop.fay,
        at=shop.at,
        channel=Channel.DESK,
    )


def send(shop: Shop, visit: Appointment, instead_of: Payment | None = None) -> Payment:
    before = instead_of.id if instead_of else None
    return in_transaction(
        shop.session,
        lambda: linking.make_link(
            shop.session, shop.practice, visit, by=shop.fay, at=shop.at, instead_of=before
        ),
    )


def follow(shop: Shop, link: Payment) -> str:
    """Somebody opens the link and goes on to the provider's page."""
    return starting.begin(shop.session, shop.practice, link.id, at=shop.at).url


def ask(shop: Shop, link: Payment) -> PaymentStatus:
    return settling.ask(shop.session, shop.practice, link.id, at=shop.at)


def messages(shop: Shop, link: Payment) -> list[str]:
    told = select(Delivery.channel).where(Delivery.payment_id == link.id, Delivery.kind == "payment-link")
    return sorted(shop.session.scalars(told))


def test_ana_pays_by_the_link_that_fay_sent(shop: Shop, visit: Appointment) -> None:
    link = send(shop, visit)
    assert messages(shop, link) == ["WHATSAPP"]
    assert linking.state_of(link, shop.at) is LinkState.CREATED
    shop.till.pay_link(shop.there, follow(shop, link))
    assert ask(shop, link) is PaymentStatus.PAID
    assert linking.state_of(link, shop.at) is LinkState.PAID
    shop.check_at_the_end()


def test_a_link_asks_no_provider_and_its_page_is_the_same_whenever_it_is_followed(
    shop: Shop, visit: Appointment
) -> None:
    shop.doom(True)
    link = send(shop, visit)
    shop.doom(False)
    assert link.provider_payment_id is None
    shop.run_jobs()
    shop.wait(hours=3)
    first = follow(shop, link)
    assert follow(shop, link) == first


def test_a_provider_that_is_away_takes_nothing_from_the_link(shop: Shop, visit: Appointment) -> None:
    link = send(shop, visit)
    shop.there.behaviour.change({"of": shop.till.name, "error": 1.0})
    with pytest.raises(Unavailable):
        follow(shop, link)
    shop.run_jobs()
    shop.there.behaviour.change({})
    shop.wait(minutes=1)
    shop.till.pay_link(shop.there, follow(shop, link))
    assert ask(shop, link) is PaymentStatus.PAID


def test_it_lasts_a_day_but_not_beyond_the_visit(shop: Shop, visit: Appointment) -> None:
    assert send(shop, visit).expires_at == shop.at + timedelta(hours=24)
    shop.at = visit.starts_at - timedelta(hours=2)
    soon = send(shop, visit, linking.live_link(shop.session, visit.id))
    assert soon.expires_at == visit.starts_at
    shop.at = visit.starts_at + timedelta(hours=2)
    late = send(shop, visit, soon)
    assert late.expires_at is not None
    assert late.expires_at >= shop.at + timedelta(minutes=15)
    assert linking.state_of(soon, shop.at) is LinkState.EXPIRED


def test_one_link_is_live_and_what_is_paid_by_the_old_one_goes_back(shop: Shop, visit: Appointment) -> None:
    old = send(shop, visit)
    page = follow(shop, old)
    new = send(shop, visit, old)
    assert linking.state_of(old, shop.at) is LinkState.CANCELLED
    shop.till.pay_link(shop.there, page)
    shop.till.pay_link(shop.there, follow(shop, new))
    ask(shop, new)
    shop.run_out()
    shop.check_at_the_end()


def test_of_two_who_saw_no_link_the_second_learns_of_the_first(shop: Shop, visit: Appointment) -> None:
    send(shop, visit)
    with pytest.raises(LinkSentMeanwhile):
        send(shop, visit)


def test_nobody_fills_anas_phone(shop: Shop, visit: Appointment) -> None:
    last = None
    for _ in range(linking.MOST_LINKS):
        last = send(shop, visit, last)
    with pytest.raises(TooManyAttempts) as refused:
        send(shop, visit, last)
    assert 0 < refused.value.retry_after_seconds <= 3600
    shop.wait(hours=1)
    send(shop, visit, last)


def test_what_was_taken_at_the_desk_ends_the_link(shop: Shop, visit: Appointment) -> None:
    link = send(shop, visit)
    page = follow(shop, link)
    taking.take(shop.session, visit, method=Method.CASH, by=shop.fay, at=shop.at)
    shop.session.commit()
    shop.till.pay_link(shop.there, page)
    shop.run_out()
    assert link.status in {PaymentStatus.FAILED, PaymentStatus.REFUNDED}
    shop.check_at_the_end()
    with pytest.raises(AlreadyPaid):
        send(shop, visit)


def test_there_is_no_link_to_what_is_only_held_or_to_another_price(shop: Shop, visit: Appointment) -> None:
    held = a_hold(shop.session, shop.clinician, patient=shop.rival, at=shop.at)
    with pytest.raises(PaymentNotPossible):
        send(shop, held)
    facts = {"by": shop.fay, "at": shop.at, "instead_of": None}
    with pytest.raises(Invalid):
        linking.make_link(shop.session, shop.practice, visit, amount_minor=FEE + 1, **facts)  # type: ignore[arg-type]


def test_it_is_for_the_desk_of_that_centre_and_for_what_can_be_paid(shop: Shop, visit: Appointment) -> None:
    elsewhere = an_actor(shop.session, Role.FRONT_DESK, centre=a_centre(shop.session))
    for by in (elsewhere, shop.ana):
        with pytest.raises(Forbidden):
            linking.make_link(shop.session, shop.practice, visit, by=by, at=shop.at, instead_of=None)
    without_keys = practice_of(Settings())
    with pytest.raises(ProviderNotConfigured):
        linking.make_link(shop.session, without_keys, visit, by=shop.fay, at=shop.at, instead_of=None)


def test_free_visits_have_no_link(shop: Shop) -> None:
    free = an_appointment(shop.session, clinician=a_clinician(shop.session, price_minor=0), at=shop.at)
    by = an_actor(shop.session, Role.ADMIN)
    with pytest.raises(PaymentNotPossible):
        linking.make_link(shop.session, shop.practice, free, by=by, at=shop.at, instead_of=None)
