"""The practice with its payment providers, as both doors use it."""

from typing import cast

from flask import current_app, g

from portal.core.limits import PAYMENT_WRITTEN
from portal.delivery import settings
from portal.delivery.attempts import attempts
from portal.payments.models import Payment
from portal.payments.practice import Practice, practice_by

KEY = "portal.payments.practice"


def practice() -> Practice:
    """The practice of these settings, made once a process: its gateways keep connections open."""
    kept = current_app.extensions.get(KEY)
    if kept is None:
        kept = current_app.extensions[KEY] = practice_by(settings)
    return cast("Practice", kept())


def count_payment_write(payment: Payment | None = None) -> None:
    """Count what whoever is signed in begins, confirms or gives back, or what anybody does with that payment.

    Raises TooManyAttempts.
    """
    whose = f"payment {payment.id}" if payment else f"account {g.actor.account_id}"
    attempts().hit(PAYMENT_WRITTEN, whose)
