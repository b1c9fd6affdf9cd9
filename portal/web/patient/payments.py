"""What a patient has paid, and what has come back of it."""

from flask import Response, flash, g
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.tills import count_payment_write
from portal.payments import queries, returning
from portal.payments.errors import RefundNotAllowed
from portal.payments.queries import Filters
from portal.payments.rules import paid_of
from portal.web.arguments import check_is_page, page_number
from portal.web.own_ways import money_tabs
from portal.web.patient import bp
from portal.web.rendering import page, redirect_to


@bp.get("/payments")
@requires(Permission.PAYMENT_OWN)
def payments() -> Response:
    """One's own, the newest first."""
    found = queries.search(db.session, g.actor, Filters(), page=page_number())
    check_is_page(found)
    return page(
        "patient/payments/index.html",
        fragment="patient/payments/_list.html",
        found=found,
        tabs=money_tabs("patient.payments"),
    )


@bp.get("/payments/<int:payment_id>")
@requires(Permission.PAYMENT_OWN)
def payment(payment_id: int) -> Response:
    """What was paid and how, and every refund of it."""
    shown = queries.get_visible(db.session, g.actor, payment_id)
    return page(
        "patient/payments/show.html",
        payment=shown,
        paid=paid_of(shown),
        most_back=returning.most_back(db.session, shown, by=g.actor),
    )


@bp.post("/payments/<int:payment_id>/refund")
@requires(Permission.PAYMENT_OWN)
def refund(payment_id: int) -> Response:
    """Ask for what the policy gives back and has not gone back yet: the provider had refused it, for example."""
    count_payment_write()
    try:
        in_transaction(
            db.session, lambda: returning.give_back(db.session, payment_id, by=g.actor, at=clock.now())
        )
    except RefundNotAllowed as refusal:
        flash(gettext(refusal.message), "danger")
    else:
        flash(gettext("Your money is on its way back."), "success")
    return redirect_to("patient.payment", payment_id=payment_id)
