"""Cancelling, for patients and for staff alike, and what comes back of the money in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext, ngettext

from portal.appointments import commands
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.models import Appointment, Status
from portal.appointments.rules import CancellationTerms
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Actor
from portal.delivery import settings
from portal.payments.cancelling import Due, given_back, if_cancelled
from portal.payments.missing import if_missed
from portal.payments.queries import is_covered
from portal.payments.rules import credits_returned
from portal.web.filters import money


def cancel(appointment: Appointment, reason: str, *, by: Actor | None = None) -> CancellationTerms | None:
    """Cancel it now, by whoever is here unless another is named; the terms say how.

    None when it is cancelled already: a button pressed twice does no harm. Raises CancellationNotAllowed, and
    InvalidStateTransition for what is over in another way.
    """
    try:
        return in_transaction(
            db.session,
            lambda: commands.cancel(
                db.session,
                appointment,
                by=by or g.actor,
                at=clock.now(),
                late=settings().late_cancellation,
                reason=reason,
            ),
        )
    except InvalidStateTransition:
        if appointment.status != Status.CANCELLED:
            raise
        return None


@dataclass(frozen=True)
class MoneyBack:
    """What cancelling gives back, keeps and holds, in words: £45.00; 3 credits; £45.00 and 3 credits.

    `is_covered` for a visit that a subscription pays for.
    """

    due: Due
    is_covered: bool = False

    @property
    def is_settled(self) -> bool:
        """Is there nothing left to pay?"""
        return self.is_paid or self.is_covered

    @property
    def is_paid(self) -> bool:
        return self.due.held_minor > 0

    @property
    def comes(self) -> bool:
        return self.due.back_minor > 0

    @property
    def stays(self) -> bool:
        return self.due.kept_minor > 0

    @property
    def held(self) -> str:
        return self._worth([share.held_minor for share in self.due.shares])

    @property
    def back(self) -> str:
        return self._worth([share.back_minor for share in self.due.shares])

    @property
    def kept(self) -> str:
        return self._worth([share.held_minor - share.back_minor for share in self.due.shares])

    def _worth(self, parts: Sequence[int]) -> str:
        """Credits go back as credits, whole ones only."""
        minor = credit_count = 0
        for share, part in zip(self.due.shares, parts, strict=True):
            payment = share.payment
            if payment.credits is None:
                minor += part
            else:
                paid = payment.amount_minor
                credit_count += credits_returned(payment.credits, paid_minor=paid, returned_minor=part)
        words = [money(minor, self.due.currency)] if minor else []
        if credit_count:
            words.append(ngettext("%(num)s credit", "%(num)s credits", credit_count))
        return gettext(" and ").join(words) or money(0, self.due.currency)


def money_back(appointment: Appointment, *, by: Actor) -> MoneyBack:
    """What cancelling it now would give back, if that person did."""
    due = if_cancelled(db.session, appointment, by=by, at=clock.now())
    return MoneyBack(due, is_covered(db.session, appointment.id))


def money_kept(appointment: Appointment) -> MoneyBack:
    """What recording now that nobody came would give back and keep."""
    return MoneyBack(if_missed(db.session, appointment), is_covered(db.session, appointment.id))


def money_returned(appointment: Appointment) -> MoneyBack:
    """What its cancellation has given back."""
    return MoneyBack(given_back(db.session, appointment))
