"""Payments as staff see them: the list, the same as a file for the accountant, and each of them."""

from flask import Response, g, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.exports import each, list_file, named, rows_of
from portal.delivery.looks import note_look
from portal.payments import attention, queries
from portal.payments.models import Payment, Purpose
from portal.payments.returning import most_back
from portal.payments.rules import paid_of
from portal.web.arguments import check_is_page, page_number
from portal.web.money_labels import METHODS, PAYMENTS, PROVIDERS, PURPOSES, method_label
from portal.web.rendering import page
from portal.web.staff import bp
from portal.web.staff.payment_filters import Asked


@bp.get("/staff/payments")
@requires(Permission.PAYMENT_VIEW)
def payments() -> Response:
    """Those of one's own centre, the newest first."""
    asked = Asked.of_address()
    found = queries.search(db.session, g.actor, asked.filters, page=page_number())
    check_is_page(found)
    return page(
        "staff/payments/index.html",
        fragment="staff/payments/_list.html",
        status=422 if asked.errors else 200,
        found=found,
        asked=asked,
        typed=request.args,
        choices={
            "status": [(str(status), words) for status, (words, _look) in PAYMENTS.items()],
            "method": list(METHODS.items()),
            "provider": list(PROVIDERS.items()),
            "purpose": list(PURPOSES.items()),
        },
        zone=clock.zone(settings().default_time_zone),
    )


@bp.get("/staff/payments.csv")
@requires(Permission.EXPORT_RUN)
def payments_file() -> Response:
    """The list that the page shows, all of it, for the accountant's spreadsheet."""
    asked = Asked.of_address()
    rows = rows_of(queries.listed(g.actor, asked.filters), each(_cells))
    heads = (
        gettext("Payment"), gettext("Begun (UTC)"), gettext("Paid (UTC)"), gettext("For"), gettext("Appointment"),
        gettext("Patient"), gettext("Centre"), gettext("How"), gettext("Provider"), gettext("Transaction"),
        gettext("Currency"), gettext("Amount"), gettext("Gone back"), gettext("Going back"), gettext("Status"),
    )  # fmt: skip
    return list_file("payments", heads, rows, of=Permission.PAYMENT_VIEW, filters=named(asked.values))


@bp.get("/staff/payments/<int:payment_id>")
@requires(Permission.PAYMENT_VIEW)
def payment(payment_id: int) -> Response:
    """What was paid, by whom and how, what went back of it, and what failed."""
    shown = queries.get_visible(db.session, g.actor, payment_id)
    note_look("payment", shown.id, shown.patient_id)
    return page(
        "staff/payments/show.html",
        payment=shown,
        paid=paid_of(shown),
        can_refund=can_refund(shown),
        tasks={task.refund.id: task.need for task in attention.tasks_of(shown, clock.now()) if task.refund},
        zone=clock.zone(settings().default_time_zone),
    )


def can_refund(shown: Payment) -> bool:
    """May the reader give something of it back? Credits that were bought may have been spent."""
    if not g.actor.may(Permission.PAYMENT_REFUND) or shown.purpose == Purpose.CREDITS:
        return False
    return most_back(db.session, shown, by=g.actor) > 0


def _cells(one: Payment) -> list[object]:
    paid = paid_of(one)
    return [
        one.id,
        one.created_at.isoformat(timespec="seconds"),
        one.paid_at.isoformat(timespec="seconds") if one.paid_at else None,
        one.purpose,
        one.appointment_id,
        one.payer_name,
        one.centre.name if one.centre else None,
        method_label(one),
        one.provider,
        one.transaction_id,
        one.currency,
        one.money.amount,
        Money(paid.returned_minor, one.currency).amount,
        Money(paid.returning_minor, one.currency).amount,
        one.status,
    ]
