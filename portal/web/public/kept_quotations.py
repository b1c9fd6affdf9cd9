"""The quotations whose links this browser has opened. What stands in an address is their number, never the secret."""

from collections.abc import Callable
from typing import Any

from flask import session, url_for
from sqlalchemy import select

from portal.accounts.errors import LinkInvalid
from portal.appointments.models import Appointment
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core.errors import NotFound, _
from portal.payments.offering import with_token
from portal.payments.quotation_models import Quotation
from portal.web.errors import alternative_href
from portal.web.sessions import QUOTATIONS_KEY

MOST_KEPT = 5


class OpenTheLinkAgain(NotFound):
    message = _("Please open the link in our mail again: this browser does not know the quotation.")


def keep(quotation: Quotation, token: str) -> None:
    """Remember that this browser has the link, the latest few of them."""
    kept = {**session.get(QUOTATIONS_KEY, {})}
    kept.pop(str(quotation.id), None)
    kept[str(quotation.id)] = token
    session[QUOTATIONS_KEY] = dict(list(kept.items())[-MOST_KEPT:])


def token_of(quotation_id: int) -> str:
    """The secret of a link that was opened here; raises OpenTheLinkAgain."""
    token = session.get(QUOTATIONS_KEY, {}).get(str(quotation_id))
    if token is None:
        raise OpenTheLinkAgain
    return str(token)


def kept(quotation_id: int) -> Quotation:
    """A quotation whose link was opened here; raises OpenTheLinkAgain, LinkInvalid."""
    return with_token(db.session, token_of(quotation_id))


def named(text: str | None) -> Quotation | None:
    """The quotation that a form names, or None where it names none; raises OpenTheLinkAgain, LinkInvalid.

    A form that names one is never taken for one without: its reader has seen the quoted price.
    """
    if not text:
        return None
    return kept(int(text) if text.isascii() and text.isdecimal() else 0)


def kept_if_known(text: str | None) -> Quotation | None:
    """The quotation that an address names, if its link was opened here and still leads to it."""
    try:
        return named(text)
    except (OpenTheLinkAgain, LinkInvalid):
        return None


def times_of(quotation: Quotation, **more: Any) -> str:
    """The address of the page where a time is chosen at its price."""
    return url_for(
        "public.clinician",
        clinician_id=quotation.clinician.slug,
        service_id=quotation.service_id,
        quotation=quotation.id,
        **more,
    )


def other_times(held: Appointment) -> Callable[[Slot], str]:
    """Where another time can be chosen instead of that one: at the quoted price, if it has one."""
    quotation = quoted_for(held)
    if quotation is None:
        return alternative_href
    return lambda slot: times_of(quotation, slot=slot.id)


def quoted_for(held: Appointment) -> Quotation | None:
    """The quotation by which a time is, or was, held, if its link was opened here."""
    if not session.get(QUOTATIONS_KEY):
        return None
    quotation_id = db.session.scalar(select(Quotation.id).where(Quotation.appointment_id == held.id))
    return kept_if_known(str(quotation_id)) if quotation_id else None
