"""A payment, for whoever has its address: what is to be paid, and what became of it. Providers lead back to here.

The address is a secret in itself, so the page says nothing of the visit but to its patient.
"""

import uuid

from flask import Blueprint, Response, g, request, url_for

from portal.appointments.availability import Asking
from portal.appointments.models import Appointment, Status
from portal.appointments.nearest import alternatives
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.delivery.access import public
from portal.delivery.tills import count_payment_write, practice
from portal.payments import queries, settling
from portal.payments.errors import PaymentFailed, ProviderError
from portal.payments.models import Payment, PaymentStatus, Purpose
from portal.payments.refusals import in_our_words
from portal.web.errors import alternative_href
from portal.web.paying import to_provider
from portal.web.rendering import page, redirect_to
from portal.web.security import csrf

LEADS = {Purpose.CREDITS: "account.credits", Purpose.SUBSCRIPTION: "patient.subscription"}
"""Where what was bought, if it is no visit, is seen."""

bp = Blueprint("payments", __name__, url_prefix="/payments")


@bp.get("/<uuid:key>")
@public
def show(key: uuid.UUID) -> Response:
    """How it stands; its patient is led on to what was paid for. `checking` asks again by itself until it is known."""
    payment = queries.get_by_key(db.session, key)
    visit = _own_visit(payment)
    if payment.status == PaymentStatus.PAID and _is_own(payment):
        if payment.purpose in LEADS:
            return redirect_to(LEADS[Purpose(payment.purpose)])
        if visit is not None and visit.is_live and visit.booked_at == payment.paid_at:
            return redirect_to("patient.booked", appointment_id=visit.id)
        return redirect_to("patient.payment", payment_id=payment.id)
    return _show(payment, visit)


@bp.post("/<uuid:key>/page")
@public
def pay(key: uuid.UUID) -> Response:
    """On to the provider's page, which is the same until the payment is over."""
    payment = queries.get_by_key(db.session, key)
    if payment.status != PaymentStatus.PENDING:
        return redirect_to("payments.show", key=key)
    count_payment_write(payment)
    return to_provider(payment, otherwise=url_for("payments.show", key=key))


# Razorpay sends payers back with a POST of its own, which brings no cookie; it changes nothing but what we are told
# when we ask the provider ourselves.
@bp.route("/<uuid:key>/back", methods=["GET", "POST"])
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # flask-wtf carries no types
def back(key: uuid.UUID) -> Response:
    """Whoever comes back may have paid: the provider is asked. Where it does not answer, the page says so."""
    payment = queries.get_by_key(db.session, key)
    try:
        with in_our_words():
            status = settling.ask(db.session, practice(), payment.id, at=clock.now())
    except (ProviderError, PaymentFailed):
        status = PaymentStatus(payment.status)
    checking = 1 if status is PaymentStatus.PENDING else None
    return redirect_to("payments.show", key=key, checking=checking)


@bp.get("/<uuid:key>/cancelled")
@public
def cancelled(key: uuid.UUID) -> Response:
    """The payer has turned back at the provider's page, which is still open."""
    payment = queries.get_by_key(db.session, key)
    if payment.status != PaymentStatus.PENDING:
        return redirect_to("payments.show", key=key)
    return _show(payment, _own_visit(payment), is_cancelled=True)


def _is_own(payment: Payment) -> bool:
    return bool(g.actor.is_signed_in) and (
        payment.account_id == g.actor.account_id or payment.patient_id == (g.actor.patient_id or 0)
    )


def _own_visit(payment: Payment) -> Appointment | None:
    """The visit, for its patient's eyes only."""
    return payment.appointment if _is_own(payment) else None


def _show(payment: Payment, visit: Appointment | None, *, is_cancelled: bool = False) -> Response:
    response = page(
        "paying/show.html",
        fragment="paying/_state.html",
        payment=payment,
        visit=visit,
        is_held=visit is not None and visit.is_hold and not visit.is_expired(clock.now()),
        is_own=_is_own(payment),
        is_cancelled=is_cancelled,
        is_checking="checking" in request.args and payment.status == PaymentStatus.PENDING,
        others=_others(payment, visit),
        alternative_href=alternative_href,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _others(payment: Payment, visit: Appointment | None) -> list[Slot]:
    """Other times, for a patient whose money came when the time was gone."""
    if visit is None or payment.paid_at is None or visit.status != Status.CANCELLED:
        return []
    asking = Asking(clock.now(), patient_resource_id=g.actor.patient_resource_id)
    return alternatives(db.session, visit.clinician, visit.service, visit.starts_at, asking)
