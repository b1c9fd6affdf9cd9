"""How patients settle a visit with what they have already, a subscription or credits; and the pages of both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.payments import covering, crediting, ledger, subscribing
from portal.payments.covering import Cover
from portal.payments.errors import AlreadyPaid, CreditsNotTaken, InsufficientCredits, NotCovered, NoVisitsLeft

CHANGED_MEANWHILE = (AlreadyPaid, CreditsNotTaken, InsufficientCredits, NotCovered, NoVisitsLeft)
"""What was offered is gone by the time it is wanted."""


@dataclass(frozen=True)
class OwnWays:
    """`cover` is the subscription that would pay, if any; `credits` how many would, 0 where there are too few."""

    cover: Cover | None
    credits: int


NONE = OwnWays(None, 0)


def own_ways(visit: Appointment) -> OwnWays:
    """What the patient who is here could settle that visit with."""
    is_for_another = visit.patient_id != g.actor.patient_id and (visit.patient_id or g.actor.cares_for)
    if is_for_another:
        return NONE  # both are for one's own visits
    covers = covering.cover_for(db.session, visit, patient_id=g.actor.patient_id)
    wanted = visit.clinician.credit_fee if crediting.are_taken_for(db.session, visit) else 0
    enough = bool(wanted) and ledger.credits_left(db.session, g.actor.account_id) >= wanted
    return OwnWays(covers, wanted if enough else 0)


def settle_with(means: str, visit: Appointment) -> Appointment:
    """Settle it by those means; the visit, which is booked then. Raises what `crediting.pay` and `cover` raise."""
    return MEANS[means](db.session, visit)


def _with_credits(session: Session, visit: Appointment) -> Appointment:
    paid = crediting.pay(session, visit, by=g.actor, at=clock.now())
    if paid.appointment is None:
        raise AssertionError("credits pay visits only")
    return paid.appointment


def _with_subscription(session: Session, visit: Appointment) -> Appointment:
    return covering.cover(session, visit, by=g.actor, at=clock.now())


MEANS: dict[str, Callable[[Session, Appointment], Appointment]] = {
    "credits": _with_credits,
    "subscription": _with_subscription,
}

PARTS: tuple[tuple[str, Any, Permission, Callable[[], bool]], ...] = (
    ("patient.payments", _("Payments"), Permission.PAYMENT_OWN, lambda: True),
    ("account.credits", _("Credits"), Permission.CREDIT_OWN, crediting.is_sold),
    ("patient.subscription", _("Subscription"), Permission.SUBSCRIPTION_OWN, subscribing.is_sold),
)


def money_tabs(current: str) -> list[tuple[str, str, bool]]:
    """The pages of somebody's own money; none where there would be one alone."""
    shown = [
        (str(label), url_for(endpoint), endpoint == current)
        for endpoint, label, permission, is_sold in PARTS
        if g.actor.may(permission) and is_sold()
    ]
    return shown if len(shown) > 1 else []
