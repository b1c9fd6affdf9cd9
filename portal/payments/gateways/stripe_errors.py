"""What each failure of Stripe's client means for a payment."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from portal.payments.gateways import Declined, Refused, Unavailable

DECLINED = "The bank declined the card."
# Fit for the payer. Stripe asks that lost and stolen cards be worded as any other refusal.
WORDS = {
    "insufficient_funds": "There is not enough money on the card.",
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The card's security code is wrong.",
    "incorrect_number": "The card's number is wrong.",
    "authentication_required": "The bank could not confirm that it was the card's owner.",
    "payment_intent_authentication_failure": "The bank could not confirm that it was the card's owner.",
    "processing_error": "The card could not be charged. Nothing was taken.",
}
# The practice can repair these, or time does.
PASSING = (
    stripe.APIConnectionError,
    stripe.APIError,
    stripe.AuthenticationError,
    stripe.PermissionError,
    stripe.RateLimitError,
)


@contextmanager
def errors_translated() -> Iterator[None]:
    """Stripe's own texts may hold what was sent, so none of them goes further."""
    try:
        yield
    except stripe.CardError as error:
        raise Declined(
            failure(error.code, error.error and getattr(error.error, "decline_code", ""))
        ) from None
    except stripe.StripeError as error:
        raise meaning(error) from None


def meaning(error: stripe.StripeError) -> Refused | Unavailable:
    """The contract's error for one of Stripe's."""
    if not error.http_status:
        return Unavailable(f"Stripe could not be reached ({type(error).__name__}).")
    said = f"Stripe answered {error.http_status}" + (f", code {error.code}" if error.code else "")
    if isinstance(error, PASSING):
        return Unavailable(f"{said}.")
    if isinstance(error, stripe.IdempotencyError):
        return Refused(f"{said}: its key was used for something else.")
    return Refused(f"{said}.")


def failure(code: object, decline_code: object = "") -> str:
    """Words for the payer; "" where nothing failed."""
    if not code:
        return ""
    return WORDS.get(str(decline_code), WORDS.get(str(code), DECLINED))
