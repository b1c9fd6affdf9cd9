"""Paying: begin it, and say that it is done."""

from collections.abc import Callable

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, minor_units
from portal.api.v1.representations.paying import (
    Confirmation,
    ConfirmedPayment,
    NewPayment,
    StartedPayment,
    confirmed_payment,
    started_payment,
)
from portal.appointments.errors import BookingExpired
from portal.appointments.queries import get_visible_or_held
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery.access import check_may
from portal.delivery.tills import count_payment_write, practice
from portal.payments import crediting, queries, settling, starting, subscribing, taking
from portal.payments.errors import PaymentFailed, ProviderNotConfigured
from portal.payments.gateways import Started
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.refusals import in_our_words
from portal.payments.requiring import ways_to_pay

bp = Blueprint("api_paying", __name__, url_prefix="/payments")
PAY = (Permission.PAYMENT_OWN, Permission.PAYMENT_TAKE)
ANY_PURPOSE = (*PAY, Permission.CREDIT_OWN)
NOT_YET = _("The provider has not told us yet that this was paid. Please ask again in a moment.")


@bp.post("")
@endpoint(
    "PAY-01", Answer[StartedPayment], *ANY_PURPOSE, status=201, is_write=True, in_steps=True, also=(402, 502)
)
def create(json: NewPayment) -> StartedPayment:
    """Begin to pay. Asked again it is the same payment while that is open.

    For an appointment, booked or held by POST /appointments; a held time stays held while it is being paid. For so
    many credits, which come when it is paid; for the subscription as POST /subscriptions. With `page`, and for a
    subscription, the payer goes to `url`, otherwise the client completes it with the provider's script. By method CASH
    or TERMINAL the desk says that it has the fee of an appointment, which is paid then.
    """
    count_payment_write()
    if json.method != Method.ONLINE:
        return started_payment(in_transaction(db.session, lambda: _taken(json)), Started(""))
    opener, permissions = OPENERS[json.purpose]
    if not any(g.actor.may(permission) for permission in permissions):
        raise Invalid(details={"purpose": _("Your account does not pay for that.")})
    payment = in_transaction(db.session, lambda: opener(json))
    with in_our_words():
        started = starting.begin(
            db.session, practice(), payment.id, at=clock.now(), by_script=_by_script(json)
        )
    return started_payment(payment, started)


@bp.post("/<int:payment_id>/confirm")
@endpoint("PAY-02", Answer[ConfirmedPayment], *ANY_PURPOSE, is_write=True, in_steps=True, also=(402, 502))
def confirm(payment_id: int, json: Confirmation) -> ConfirmedPayment:
    """Say that it is paid: the provider is asked, and what was paid for is booked.

    Said again it is answered the same, whether a webhook came first or not.
    """
    payment = queries.get_visible(db.session, g.actor, payment_id)
    count_payment_write()
    with in_our_words():
        if payment.provider_payment_id is not None:
            practice().gateway_of(payment).check_answer(payment.provider_payment_id, json.answer())
        settling.ask(db.session, practice(), payment.id, at=clock.now())
    if payment.paid_at is None:
        raise _unpaid(payment)
    return confirmed_payment(payment, _balance(payment))


def _balance(payment: Payment) -> int | None:
    """How many credits their buyer has now."""
    if payment.purpose != Purpose.CREDITS or payment.account_id is None:
        return None
    return crediting.balance(db.session, payment.account_id).count


def _unpaid(payment: Payment) -> PaymentFailed:
    if payment.status == PaymentStatus.PENDING and not payment.failure:
        return PaymentFailed(NOT_YET)
    return PaymentFailed("%(why)s", why=payment.failure) if payment.failure else PaymentFailed()


def _of_appointment(json: NewPayment) -> Payment:
    if json.appointment_id is None:
        raise Invalid(details={"appointment_id": _("This is needed.")})
    visit = get_visible_or_held(db.session, g.actor, json.appointment_id)
    if visit.booked_at is None and not visit.is_live:
        raise BookingExpired
    shown = _shown(json, visit.currency)
    if not ways_to_pay(practice(), visit, by=g.actor).online and visit.fee_minor > 0:
        raise ProviderNotConfigured
    return starting.open_payment(
        db.session,
        visit,
        practice=practice(),
        by=g.actor,
        at=clock.now(),
        by_script=_by_script(json),
        amount_minor=shown,
    )


def _taken(json: NewPayment) -> Payment:
    check_may((Permission.PAYMENT_TAKE,))
    if json.purpose is not Purpose.APPOINTMENT or json.appointment_id is None:
        raise Invalid(details={"appointment_id": _("This is needed.")})
    visit = get_visible_or_held(db.session, g.actor, json.appointment_id)
    return taking.take(
        db.session,
        visit,
        method=Method(json.method),
        by=g.actor,
        at=clock.now(),
        amount_minor=_shown(json, visit.currency),
    )


def _of_credits(json: NewPayment) -> Payment:
    if json.credits is None:
        raise Invalid(details={"credits": _("This is needed.")})
    shown = _shown(json, crediting.price(1).currency)
    facts = {"practice": practice(), "by": g.actor, "at": clock.now(), "amount_minor": shown}
    return crediting.open_order(db.session, json.credits, by_script=_by_script(json), **facts)


def _of_subscription(json: NewPayment) -> Payment:
    shown = _shown(json, subscribing.price().currency)
    facts = {"practice": practice(), "by": g.actor, "at": clock.now(), "amount_minor": shown}
    return subscribing.subscribe(db.session, **facts)


def _by_script(json: NewPayment) -> bool:
    """A subscription is begun on its provider's page only."""
    return not json.page and json.purpose is not Purpose.SUBSCRIPTION


def _shown(json: NewPayment, currency: str) -> int | None:
    """The amount that the payer was shown, in minor units; raises Invalid for another currency."""
    if json.currency not in (None, currency):
        raise Invalid(details={"currency": _("This is paid in another currency.")})
    return shown_minor(json.amount, currency)


def shown_minor(given: float | None, currency: str) -> int | None:
    """An amount that the payer was shown, in minor units; raises Invalid for what is none."""
    try:
        return None if given is None else minor_units(given, currency)
    except ValueError:
        raise Invalid(details={"amount": _("This is no amount of money.")}) from None


OPENERS: dict[Purpose, tuple[Callable[[NewPayment], Payment], tuple[Permission, ...]]] = {
    Purpose.APPOINTMENT: (_of_appointment, PAY),
    Purpose.CREDITS: (_of_credits, (Permission.CREDIT_OWN,)),
    Purpose.SUBSCRIPTION: (_of_subscription, (Permission.SUBSCRIPTION_OWN,)),
}
"""What opens a payment in the request's transaction, and who may, by its purpose."""
