"""The money of an appointment at the desk: taken in cash or by card, asked for by a link, and whether it has come."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.models import Appointment, Status
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, TooManyAttempts
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.links import said_of_link
from portal.delivery.tills import practice
from portal.notifications.history import of_link
from portal.payments import linking, settling, taking
from portal.payments.errors import PaymentFailed, PaymentNotPossible, ProviderError, ProviderNotConfigured
from portal.payments.models import Method, Payment, PaymentStatus
from portal.payments.queries import Account, account_of
from portal.payments.refusals import in_our_words
from portal.payments.requiring import ways_to_pay
from portal.web.access import safe_next
from portal.web.filters import money
from portal.web.rendering import page, redirect_to, redirect_to_address
from portal.web.staff import bp
from portal.web.staff.appointments import find

TAKEN = {Method.CASH: _("%(amount)s taken in cash."), Method.TERMINAL: _("%(amount)s taken by card.")}


@bp.get("/appointments/<int:appointment_id>/payment")
@requires(Permission.PAYMENT_TAKE, Permission.PAYMENT_LINK_SEND)
def appointment_payment(appointment_id: int) -> Response:
    """What is to be paid, by which ways it can be, and what became of each attempt."""
    return _show(find(appointment_id))


@bp.route("/appointments/<int:appointment_id>/payment/cash", methods=["GET", "POST"])
@requires(Permission.PAYMENT_TAKE)
def appointment_cash(appointment_id: int) -> Response:
    return _take(find(appointment_id), Method.CASH)


@bp.route("/appointments/<int:appointment_id>/payment/terminal", methods=["GET", "POST"])
@requires(Permission.PAYMENT_TAKE)
def appointment_terminal(appointment_id: int) -> Response:
    return _take(find(appointment_id), Method.TERMINAL)


@bp.post("/appointments/<int:appointment_id>/payment/link")
@requires(Permission.PAYMENT_LINK_SEND)
def appointment_link(appointment_id: int) -> Response:
    """Send a payment link, the first or in place of the one that the page showed (`instead_of`)."""
    appointment = find(appointment_id)
    instead_of = request.form.get("instead_of", type=int)
    try:
        link = in_transaction(
            db.session,
            lambda: linking.make_link(
                db.session, practice(), appointment, by=g.actor, at=clock.now(), instead_of=instead_of
            ),
        )
    except TooManyAttempts:
        flash(gettext("Several links have been sent within the hour. Please wait a little."), "danger")
    except (PaymentNotPossible, ProviderNotConfigured) as refusal:
        flash(gettext(refusal.message), "danger")
    else:
        flash(*_said(link))
    address = safe_next(request.form.get("next"))
    return redirect_to_address(address) if address else _back(appointment_id)


@bp.post("/appointments/<int:appointment_id>/payment/look")
@requires(Permission.PAYMENT_TAKE, Permission.PAYMENT_LINK_SEND)
def appointment_payment_look(appointment_id: int) -> Response:
    """Ask the provider what has become of what is still open, rather than wait until it tells."""
    account = account_of(db.session, find(appointment_id))
    is_paid = False
    try:
        with in_our_words():
            for payment in account.waiting:
                status = settling.ask(db.session, practice(), payment.id, at=clock.now())
                is_paid |= status is PaymentStatus.PAID
    except (ProviderError, ProviderNotConfigured, PaymentFailed) as refusal:
        flash(gettext(refusal.message), "danger")
    else:
        flash(gettext("It has been paid.") if is_paid else gettext("It has not been paid yet."), "info")
    return _back(appointment_id)


def link_facts(appointment: Appointment, account: Account) -> dict[str, Any]:
    """What pages say of an appointment's payment link, and whether the actor can send one."""
    link, is_offered = account.link, ways_to_pay(practice(), appointment, by=g.actor).online
    is_over = link is not None and linking.state_of(link, clock.now()) is linking.LinkState.EXPIRED
    return {
        "is_due": _is_due(appointment, account),
        "link": link,
        "is_link_over": is_over,
        "address": f"{practice().public_url}{linking.path(link)}" if link and not is_over else "",
        "sent": of_link(db.session, link) if link else (),
        "can_link": is_offered and g.actor.may(Permission.PAYMENT_LINK_SEND),
    }


def _is_due(appointment: Appointment, account: Account) -> bool:
    """Is it a visit that is still to be paid?"""
    return account.is_open and appointment.booked_at is not None and appointment.status != Status.CANCELLED


def _said(link: Payment) -> tuple[str, str]:
    """What became of a new link, and how good that is."""
    return said_of_link(link), "success" if of_link(db.session, link) else "warning"


def _take(appointment: Appointment, method: Method) -> Response:
    """What taking the money means, then taking it. A price that has changed is shown anew."""
    if request.method == "GET":
        return _confirmation(appointment, method)
    try:
        in_transaction(db.session, lambda: _record(appointment, method))
    except Invalid as refusal:
        flash(gettext(next(iter(refusal.details.values()))), "danger")
        return _confirmation(appointment, method, status=422)
    except PaymentNotPossible as refusal:
        flash(gettext(refusal.message), "danger")
    else:
        amount = money(appointment.fee_minor, appointment.currency)
        flash(str(TAKEN[method]) % {"amount": amount}, "success")
    return _back(appointment.id)


def _back(appointment_id: int) -> Response:
    return redirect_to("staff.appointment_payment", appointment_id=appointment_id)


def _record(appointment: Appointment, method: Method) -> Payment:
    shown = request.form.get("amount_minor", type=int)
    return taking.take(db.session, appointment, method=method, by=g.actor, at=clock.now(), amount_minor=shown)


def _confirmation(appointment: Appointment, method: Method, *, status: int = 200) -> Response:
    account = account_of(db.session, appointment)
    if not _is_due(appointment, account) or appointment.centre_id is None:
        return _back(appointment.id)
    return page(
        "staff/appointments/payment_taking.html",
        status=status,
        appointment=appointment,
        account=account,
        method=method,
    )


def _show(appointment: Appointment) -> Response:
    account = account_of(db.session, appointment)
    return page(
        "staff/appointments/payment.html",
        fragment="staff/appointments/_payment.html",
        appointment=appointment,
        account=account,
        **link_facts(appointment, account),
    )
