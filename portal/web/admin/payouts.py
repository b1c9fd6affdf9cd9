"""Paying clinicians out: who is owed what, the payout itself, and those that were made."""

from dataclasses import asdict

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound, PortalError
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.exports import Row, each, list_file, named, rows_of
from portal.payments import earnings, ledger, paying_out, policy, statements
from portal.payments.errors import OwedOtherwise, PayoutTooHigh
from portal.payments.payout_models import Payout
from portal.payments.standings import standings
from portal.payments.statements import Filters
from portal.people.models import Clinician
from portal.web.admin import bp
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.filters import money
from portal.web.forms import Form, MoneyField, Needed, TextField
from portal.web.rendering import page, redirect_to

SURE = "sure"
"""The field of the button that says yes; it carries what was owed when it was shown."""


class PayoutForm(Form):
    amount = MoneyField(_("Amount"), [Needed(_("Enter an amount, like 45 or 45.50"))])
    reference = TextField(
        _("Reference"),
        longest=100,
        description=_("Your word for the transfer, such as the bank’s reference. It is on the statement."),
    )


@bp.get("/payouts")
@requires(Permission.PAYOUT_MAKE)
def payouts() -> Response:
    """With whom the practice is not quits."""
    found = standings(db.session, only_owed=True, page=page_number())
    check_is_page(found)
    return page("admin/payouts/index.html", found=found)


@bp.get("/payouts/history")
@requires(Permission.PAYOUT_MAKE)
def payout_history() -> Response:
    """Every payout, the newest first."""
    filters = _filters()
    found = statements.search(db.session, g.actor, filters, page=page_number())
    check_is_page(found)
    whose = db.session.get(Clinician, filters.clinician_id) if filters.clinician_id else None
    return page(
        "admin/payouts/history.html",
        fragment="payouts/_list.html",
        found=found,
        whose=whose,
        zone=policy.current().zone,
        filters={"clinician_id": filters.clinician_id},
    )


@bp.get("/payouts/history.csv")
@requires(Permission.EXPORT_RUN)
def payout_history_file() -> Response:
    """The same for a spreadsheet."""
    filters = _filters()
    heads = (
        gettext("Statement"), gettext("Paid out (UTC)"), gettext("Clinician"), gettext("Currency"),
        gettext("Amount"), gettext("Reference"), gettext("By"),
    )  # fmt: skip
    rows = rows_of(statements.listed(g.actor, filters), each(_cells))
    return list_file("payouts", heads, rows, of=Permission.PAYOUT_MAKE, filters=named(asdict(filters)))


@bp.route("/clinicians/<int:clinician_id>/payout", methods=["GET", "POST"])
@requires(Permission.PAYOUT_MAKE)
def clinician_payout(clinician_id: int) -> Response:
    """The form, with all that is owed; then what it means; then it is written down."""
    clinician = earnings.get_earner(db.session, g.actor, clinician_id)
    owed = ledger.owed_to(db.session, clinician_id, _currency(clinician))
    form = PayoutForm(data={"amount": max(0, owed.minor)} if request.method == "GET" else None)
    form.amount.currency = owed.currency
    if request.method == "GET":
        return _asked(clinician, owed, form)
    if not form.validate() or not _is_possible(form, owed):
        return _asked(clinician, owed, form, status=422)
    if SURE not in request.form:
        return page("admin/payouts/confirmation.html", clinician=clinician, owed=owed, form=form, sure=SURE)
    try:
        made = in_transaction(db.session, lambda: _pay_out(clinician, owed.currency, form))
    except (PayoutTooHigh, OwedOtherwise) as refusal:
        return _came_too_late(clinician, owed.currency, form, refusal)
    flash(gettext("Written down: %(amount)s.", amount=money(made.amount_minor, made.currency)), "success")
    return redirect_to("staff.payout", payout_id=made.id)


def _asked(clinician: Clinician, owed: Money, form: PayoutForm, *, status: int = 200) -> Response:
    return page("admin/payouts/form.html", clinician=clinician, owed=owed, form=form, status=status)


def _is_possible(form: PayoutForm, owed: Money) -> bool:
    if 0 < form.amount.data <= owed.minor:
        return True
    most = money(max(0, owed.minor), owed.currency)
    form.refuse({"amount": gettext("Up to %(most)s can be paid out.", most=most)})
    return False


def _pay_out(clinician: Clinician, currency: str, form: PayoutForm) -> Payout:
    return paying_out.pay_out(
        db.session,
        clinician.id,
        currency=currency,
        amount_minor=form.amount.data,
        owed_minor=request.form.get(SURE, type=int),
        reference=form.reference.data,
        by=g.actor,
        at=clock.now(),
    )


def _came_too_late(clinician: Clinician, currency: str, form: PayoutForm, refusal: PortalError) -> Response:
    """A colleague was faster, or a refund: the form comes back with what is owed now."""
    owed = ledger.owed_to(db.session, clinician.id, currency)
    form.refuse({"amount": gettext(refusal.message)})
    return _asked(clinician, owed, form, status=409)


def _currency(clinician: Clinician) -> str:
    """The one that the address names; raises NotFound for one that was never earned in."""
    wanted = request.args.get("currency", clinician.currency)
    if wanted not in earnings.currencies_of(db.session, clinician):
        raise NotFound
    return wanted


def _filters() -> Filters:
    return Filters(clinician_id=whole_number("clinician_id"))


def _cells(one: Payout) -> Row:
    return [
        one.statement_number,
        one.made_at.isoformat(timespec="seconds"),
        one.clinician.full_name,
        one.currency,
        one.money.amount,
        one.reference,
        one.made_by_name,
    ]
