"""Planned refusals of payments."""

from portal.core.db import refuses
from portal.core.errors import PortalError, _


class PaymentNotPossible(PortalError):
    """The payment is no longer, or not yet, in a state that allows it."""

    message = _("This payment is not in a state that allows that.")


class AlreadyPaid(PaymentNotPossible):
    message = _("This appointment has been paid already.")


class BeingPrepared(PaymentNotPossible):
    """Another attempt to open the same page is under way."""

    message = _("The payment is just being prepared. Please try again in a moment.")


class RefundNotAllowed(PortalError):
    code = "REFUND_NOT_ALLOWED"
    message = _("More cannot be refunded than what was paid and has not gone back yet.")


class InsufficientCredits(PortalError):
    code = "INSUFFICIENT_CREDITS"
    message = _("You do not have enough credits for that.")


class PayoutTooHigh(PortalError):
    message = _("More cannot be paid out than what has been earned and is still owed.")


class Unbalanced(AssertionError):
    """Entries that would make money or lose it: a mistake of ours, never of the person who pays."""


refuses("ck_refund_within_paid", RefundNotAllowed)
refuses("uq_ledger_entry_once", PaymentNotPossible)
