"""Planned refusals of payments."""

from http import HTTPStatus

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


class PaymentNeeded(PortalError):
    """The practice wants to be paid before the time is booked."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "PAYMENT_REQUIRED"
    message = _("This time is booked once it is paid. Please choose how to pay.")


class PaymentFailed(PortalError):
    status = HTTPStatus.PAYMENT_REQUIRED
    code = "PAYMENT_FAILED"
    message = _("The payment did not go through, and nothing was charged. Please try again.")


class InvalidSignature(PortalError):
    status = HTTPStatus.BAD_REQUEST
    code = "INVALID_SIGNATURE"
    message = _("This does not come from the payment provider.")


class ProviderError(PortalError):
    """Whether the provider did what was asked is not known; to ask again is safe."""

    status = HTTPStatus.BAD_GATEWAY
    code = "PROVIDER_ERROR"
    message = _(
        "The payment provider does not answer. Please try again in a moment: nothing is charged twice."
    )


class ProviderNotConfigured(PortalError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "PROVIDER_NOT_CONFIGURED"
    message = _("The practice cannot take payments on the internet.")


class LinkSentMeanwhile(PaymentNotPossible):
    message = _("A payment link has been sent meanwhile. Please look at it before you send another.")


class NotAtACentre(PaymentNotPossible):
    message = _("This visit belongs to no centre, so nobody can take money for it there.")


class RefundNotAllowed(PortalError):
    code = "REFUND_NOT_ALLOWED"
    message = _("More cannot be refunded than what was paid and has not gone back yet.")


class RefundReplaced(RefundNotAllowed):
    """It was not refused, or somebody has seen to it."""

    message = _("Somebody has seen to this refund already.")


class InsufficientCredits(PortalError):
    code = "INSUFFICIENT_CREDITS"
    message = _("You do not have enough credits for that.")


class NotSold(PortalError):
    """The practice has set no price for it."""

    code = "NOT_SOLD"


class CreditsNotSold(NotSold):
    message = _("This practice sells no credits.")


class CreditsNotTaken(PortalError):
    """They are sold in another currency than that of the visit."""

    message = _("This visit cannot be paid with credits.")


class SubscriptionsNotSold(NotSold):
    message = _("This practice sells no subscriptions.")


class AlreadySubscribed(PortalError):
    message = _("You have a subscription already.")


class SubscriptionOver(PortalError):
    """It has not begun, or it has ended."""

    message = _("This subscription is not running.")


class NotCovered(PortalError):
    message = _("You have no subscription that covers a visit at that time.")


class NoVisitsLeft(PortalError):
    message = _("Your subscription covers no further visit in this period.")


class PayoutTooHigh(PortalError):
    message = _("More cannot be paid out than what has been earned and is still owed.")


class OwedOtherwise(PortalError):
    """What is owed changed after it was shown: something was earned, taken back or paid out meanwhile."""

    message = _("What is owed has changed meanwhile. Please look at it again.")


class QuotationIsFixed(PortalError):
    """What has been sent, answered or booked stays as it is."""

    code = "INVALID_STATE_TRANSITION"
    message = _("This quotation has changed in the meantime, so that is no longer possible.")


class QuotationAnswered(QuotationIsFixed):
    message = _("This quotation has been answered already.")


class QuotationExpired(QuotationIsFixed):
    message = _("This quotation is no longer valid.")


class QuotationReplaced(QuotationExpired):
    message = _("A newer version has taken the place of this quotation. It is in our latest mail.")


class QuotationUsed(QuotationIsFixed):
    message = _("A visit is booked, or being booked, at the price of this quotation already.")


class Unbalanced(AssertionError):
    """Entries that would make money or lose it: a mistake of ours, never of the person who pays."""


refuses("ck_refund_within_paid", RefundNotAllowed)
refuses("uq_ledger_entry_once", PaymentNotPossible)
refuses("uq_covered_visit_appointment_id", AlreadyPaid)
refuses("uq_subscription_live", AlreadySubscribed)
refuses("uq_quotation_revises_id", QuotationIsFixed)
