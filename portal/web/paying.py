"""Leading whoever pays to the page of a provider, or back to where they can try again."""

from flask import Response, flash
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import PortalError
from portal.delivery.tills import practice
from portal.payments import starting
from portal.payments.models import Payment
from portal.payments.refusals import in_our_words
from portal.web.rendering import page, redirect_to_address


def to_provider(payment: Payment, *, otherwise: str) -> Response:
    """The provider's page of a payment, by a form where it takes no visitor without one.

    Where there is none just now: `otherwise`, an address of ours, which says why.
    """
    try:
        with in_our_words():
            started = starting.begin(db.session, practice(), payment.id, at=clock.now())
    except PortalError as refusal:
        flash(gettext(refusal.message, **refusal.values), "danger")
        return redirect_to_address(otherwise)
    if started.for_browser:
        return page("paying/leaving.html", payment=payment, started=started, back=otherwise)
    return redirect_to_address(started.url)
