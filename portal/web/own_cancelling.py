"""Cancelling one's own appointment, signed in or by the link of a message: what it will cost, then the button."""

from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import commands
from portal.appointments.errors import CancellationNotAllowed
from portal.appointments.models import Appointment, Status
from portal.appointments.rules import CancellationOutcome, CancellationTerms, check_cancellable
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Actor
from portal.delivery import settings
from portal.web.cancelling import cancel, money_back, money_returned
from portal.web.forms import Form, LongTextField
from portal.web.rendering import page, redirect_to

MESSAGES = {
    CancellationOutcome.FREE: _("Your appointment is cancelled. It costs you nothing."),
    CancellationOutcome.LATE: _(
        "Your appointment is cancelled. What you have paid the centre is not returned."
    ),
    CancellationOutcome.REQUEST: _("We have your request to cancel. The centre will answer you."),
}


class CancellationForm(Form):
    reason = LongTextField(
        _("Why are you cancelling?"),
        longest=500,
        description=_("You do not have to say."),
        render_kw={"rows": 3},
    )


def cancellation_page(
    template: str, back: str, appointment: Appointment, *, by: Actor, **values: Any
) -> Response:
    """GET: what cancelling means. POST: cancel, and go back to the endpoint `back` with its arguments `values`.

    What is cancelled, or asked to be, is shown as it is: to press twice does no harm. Raises CancellationNotAllowed,
    InvalidStateTransition.
    """
    means = terms_of(appointment, by=by)
    if appointment.status == Status.CANCELLED or _is_asked(appointment, means):
        return redirect_to(back, **values)
    check_cancellable(appointment, at=clock.now())
    if means.outcome is CancellationOutcome.REFUSED:
        raise CancellationNotAllowed
    form = CancellationForm()
    if request.method == "GET" or not form.validate():
        return page(
            template,
            appointment=appointment,
            terms=means,
            money=money_back(appointment, by=by),
            form=form,
            back=url_for(back, **values),
            status=200 if request.method == "GET" else 422,
        )
    done = cancel(appointment, form.reason.data or "", by=by)
    if done:
        flash(_said(appointment, done), "success")
    return redirect_to(back, **values)


def terms_of(appointment: Appointment, *, by: Actor) -> CancellationTerms:
    """What cancelling would mean at this moment, if that person did."""
    late = settings().late_cancellation
    return commands.terms_for(db.session, appointment, by=by, at=clock.now(), late=late)


def can_change(shown: Appointment) -> bool:
    """Is it still to come, so that moving or cancelling is a question at all?"""
    return shown.is_live and shown.starts_at > clock.now() and shown.started_at is None


def _said(appointment: Appointment, done: CancellationTerms) -> str:
    money = money_returned(appointment)
    if money.comes:
        return str(gettext("Your appointment is cancelled. %(amount)s goes back to you.", amount=money.back))
    return str(MESSAGES[done.outcome])


def _is_asked(appointment: Appointment, means: CancellationTerms) -> bool:
    return means.outcome is CancellationOutcome.REQUEST and appointment.cancellation_requested_at is not None
