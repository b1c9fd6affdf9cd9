"""The words for what became of money: payments, refunds, how a visit stands; and which look each has."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.payments import policy
from portal.payments.crediting import Kind
from portal.payments.gateways import Provider, RefundState
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.payments.queries import Standing

STANDINGS = {
    Standing.FREE: (_("Free of charge"), "plain"),
    Standing.UNPAID: (_("To pay"), "warning"),
    Standing.PENDING: (_("Payment under way"), "info"),
    Standing.PAID: (_("Paid"), "success"),
    Standing.REFUND_PENDING: (_("Refund on its way"), "info"),
    Standing.PARTIALLY_REFUNDED: (_("Partly refunded"), "plain"),
    Standing.REFUNDED: (_("Refunded"), "plain"),
    Standing.COVERED: (_("Covered by the subscription"), "success"),
}
"""The words and the look of each."""

PAYMENTS = {
    PaymentStatus.PENDING: (_("Not paid yet"), "info"),
    PaymentStatus.PAID: (_("Paid"), "success"),
    PaymentStatus.FAILED: (_("Not paid"), "plain"),
    PaymentStatus.REFUND_PENDING: (_("Refund on its way"), "info"),
    PaymentStatus.PARTIALLY_REFUNDED: (_("Partly refunded"), "plain"),
    PaymentStatus.REFUNDED: (_("Refunded"), "plain"),
}
REFUNDS = {
    RefundState.PENDING: (_("On its way"), "info"),
    RefundState.DONE: (_("Gone back"), "success"),
    RefundState.FAILED: (_("Refused by the provider"), "danger"),
}
PURPOSES = {
    Purpose.APPOINTMENT: _("Appointment"),
    Purpose.SUBSCRIPTION: _("Subscription"),
    Purpose.CREDITS: _("Credits"),
}
METHODS = {
    Method.ONLINE: _("Online"),
    Method.CASH: _("Cash"),
    Method.TERMINAL: _("Card terminal"),
    Method.CREDITS: _("Credits"),
}
CREDITS = {
    Kind.INITIAL: _("Given by the practice"),
    Kind.PURCHASED: _("Bought"),
    Kind.SPENT: _("Used"),
    Kind.REFUNDED: _("Come back"),
    Kind.ADJUSTED: _("Correction"),
}
PROVIDERS = {Provider.STRIPE: "Stripe", Provider.RAZORPAY: "Razorpay"}
INSTRUMENTS = {
    "card": _("Card"),
    "upi": _("UPI"),
    "netbanking": _("Netbanking"),
    "wallet": _("Wallet"),
}


def standing_label(standing: str) -> str:
    """How a visit stands with its money."""
    return str(STANDINGS[Standing(standing)][0])


def standing_look(standing: str) -> str:
    """The kind of badge for it."""
    return STANDINGS[Standing(standing)][1]


def payment_label(status: str) -> str:
    """What became of a payment."""
    return str(PAYMENTS[PaymentStatus(status)][0])


def payment_look(status: str) -> str:
    return PAYMENTS[PaymentStatus(status)][1]


def refund_label(status: str) -> str:
    """What became of a refund."""
    return str(REFUNDS[RefundState(status)][0])


def refund_look(status: str) -> str:
    return REFUNDS[RefundState(status)][1]


def purpose_label(purpose: str) -> str:
    """What was paid for."""
    return str(PURPOSES[Purpose(purpose)])


def credit_label(kind: str) -> str:
    """How credits came or went."""
    return str(CREDITS[Kind(kind)])


def method_label(payment: Payment) -> str:
    """How it was paid, as the payer would say it: by card, in cash, with credits."""
    if payment.instrument:
        return str(INSTRUMENTS.get(payment.instrument.lower(), payment.instrument))
    return str(METHODS[Method(payment.method)])


def provider_label(provider: str | None) -> str:
    """Who moved the money; the practice itself where no provider did."""
    return PROVIDERS[Provider(provider)] if provider else gettext("The practice")


def failure_label(payment: Payment) -> str:
    """Why it was not paid: in our words, which are translated, or the provider's, which stay as they are."""
    return str(gettext(payment.failure)) if payment.failure else ""


def kept_late(_outcome: str) -> str:
    """What a patient who cancels late gets back, before anybody knows what was paid."""
    percent = policy.current().late_fee_percent
    if percent == 100:
        return str(gettext("You can still cancel, but what you have paid the centre is not returned."))
    if percent == 0:
        return str(gettext("You can still cancel, and what you have paid comes back."))
    return str(
        gettext("You can still cancel, but the centre keeps %(percent)d %% of the price.", percent=percent)
    )
