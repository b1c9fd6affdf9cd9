"""Giving money back: how much and why, what that means, and then the button; and refunds that need somebody."""

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound, PortalError
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.tills import count_payment_write
from portal.payments import attention, queries, returning, taking
from portal.payments.errors import PaymentNotPossible, RefundNotAllowed
from portal.payments.models import Payment, Refund
from portal.web.arguments import check_is_page, page_number
from portal.web.filters import money
from portal.web.forms import Form, MoneyField, Needed, Required, TextField
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.payments import can_refund

SURE = "sure"
"""The field of the button that says yes to what was said beside it."""


class RefundForm(Form):
    amount = MoneyField(_("How much goes back"), [Needed(_("Enter an amount, like 45 or 45.50"))])
    reason = TextField(
        _("Reason"),
        [Required(_("Say why, so that it can be understood later"))],
        description=_("It is kept with the refund, and the patient can read it."),
    )


@bp.route("/staff/payments/<int:payment_id>/refund", methods=["GET", "POST"])
@requires(Permission.PAYMENT_REFUND)
def refund(payment_id: int) -> Response:
    """The form, then what it means, then it is done. All that is left is proposed."""
    shown = queries.get_visible(db.session, g.actor, payment_id)
    if not can_refund(shown):
        raise RefundNotAllowed
    most = returning.most_back(db.session, shown, by=g.actor)
    form = RefundForm(data={"amount": most} if request.method == "GET" else None)
    form.amount.currency = shown.currency
    if request.method == "GET":
        return _asked(shown, form, most)
    if not form.validate() or not _is_possible(form, shown, most):
        return _asked(shown, form, most, status=422)
    if SURE not in request.form:
        return page("staff/payments/refund_confirmation.html", payment=shown, form=form, most=most, sure=SURE)
    count_payment_write()
    try:
        in_transaction(db.session, lambda: _give_back(payment_id, form))
    except RefundNotAllowed as refusal:
        return _came_too_late(payment_id, form, refusal)
    flash(_said(shown, form.amount.data), "success")
    return redirect_to("staff.payment", payment_id=payment_id)


@bp.post("/staff/refunds/<int:refund_id>/repetition")
@requires(Permission.PAYMENT_REFUND)
def refund_repetition(refund_id: int) -> Response:
    """Send once more what a provider refused; of two colleagues at once the second learns of the first."""
    count_payment_write()
    payment_id = _find(refund_id).payment_id
    try:
        in_transaction(
            db.session, lambda: returning.try_again(db.session, refund_id, by=g.actor, at=clock.now())
        )
    except RefundNotAllowed as refusal:
        return _back(payment_id, refusal)
    flash(gettext("The refund is on its way again."), "success")
    return redirect_to("staff.payment", payment_id=payment_id)


@bp.post("/staff/refunds/<int:refund_id>/handing-over")
@requires(Permission.PAYMENT_TAKE)
def refund_handed_over(refund_id: int) -> Response:
    """What was taken at a centre is in the patient's hands again, or back on their card."""
    found = _find(refund_id)
    try:
        in_transaction(db.session, lambda: taking.hand_over(db.session, found, by=g.actor, at=clock.now()))
    except PaymentNotPossible as refusal:
        return _back(found.payment_id, refusal)
    flash(gettext("Noted: the money is back with the patient."), "success")
    return redirect_to("staff.payment", payment_id=found.payment_id)


@bp.get("/staff/payments/attention")
@requires(Permission.PAYMENT_VIEW)
def payments_attention() -> Response:
    """Money that needs somebody, of one's own centre."""
    at = clock.now()
    found = attention.search(db.session, g.actor, at=at, page=page_number())
    check_is_page(found)
    return page(
        "staff/payments/attention.html",
        found=found,
        tasks=[(payment, list(attention.tasks_of(payment, at))) for payment in found.items],
        zone=clock.zone(settings().default_time_zone),
    )


def _asked(shown: Payment, form: RefundForm, most: int, *, status: int = 200) -> Response:
    return page("staff/payments/refund.html", payment=shown, form=form, most=most, status=status)


def _is_possible(form: RefundForm, shown: Payment, most: int) -> bool:
    if 0 < form.amount.data <= most:
        return True
    form.refuse({"amount": gettext("Up to %(most)s can go back.", most=money(most, shown.currency))})
    return False


def _give_back(payment_id: int, form: RefundForm) -> Refund:
    return returning.give_back(
        db.session, payment_id, minor=form.amount.data, reason=form.reason.data, by=g.actor, at=clock.now()
    )


def _said(shown: Payment, minor: int) -> str:
    words = money(minor, shown.currency)
    if shown.method in taking.AT_A_CENTRE:
        return str(gettext("%(amount)s is to be handed over. Say here when that is done.", amount=words))
    return str(gettext("%(amount)s goes back.", amount=words))


def _came_too_late(payment_id: int, form: RefundForm, refusal: RefundNotAllowed) -> Response:
    """A colleague was faster: what is left is less than what was shown, or nothing."""
    db.session.expire_all()
    shown = queries.get_visible(db.session, g.actor, payment_id)
    if not can_refund(shown):
        return _back(payment_id, refusal)
    most = returning.most_back(db.session, shown, by=g.actor)
    _is_possible(form, shown, most)
    return _asked(shown, form, most, status=409)


def _find(refund_id: int) -> Refund:
    """The refund of a payment that the actor may see."""
    found = db.session.get(Refund, refund_id)
    if found is None:
        raise NotFound
    queries.get_visible(db.session, g.actor, found.payment_id)
    return found


def _back(payment_id: int, refusal: PortalError) -> Response:
    """To the payment as it is now, with the reason."""
    flash(gettext(refusal.message), "danger")
    return redirect_to("staff.payment", payment_id=payment_id)
