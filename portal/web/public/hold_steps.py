"""The page of a held time, step by step: who is it, anything to say, and how to pay; or that it is no longer held."""

from dataclasses import replace
from typing import Any

from flask import Response, g, request, url_for
from flask_babel import lazy_gettext as _

from portal.accounts.models import Audience
from portal.appointments import commands
from portal.appointments.commands import Details
from portal.appointments.commands.holding import RELEASED
from portal.appointments.models import Appointment
from portal.appointments.nearest import alternatives
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden
from portal.core.errors import _ as marked
from portal.delivery import settings
from portal.delivery.tills import practice
from portal.payments import requiring
from portal.payments.queries import Standing, account_of
from portal.people.caring import cared_for_by
from portal.web.forms import Form, LongTextField, RadioField, Required, TextField
from portal.web.own_ways import own_ways
from portal.web.public.codes import CodeForm, DetailsForm, sent_code
from portal.web.public.kept_quotations import other_times, quoted_for
from portal.web.public.looking import asking as asked_here
from portal.web.rendering import page, redirect_to

AUDIENCE = Audience.PATIENT


class BookAtTheDesk(Forbidden):
    message = marked("You are signed in as staff. Please book for patients at the desk, under “New booking”.")


class ConfirmForm(Form):
    patient_id = RadioField(_("Who is this appointment for?"), [Required(_("Say who is coming"))], coerce=int)
    description = TextField(_("Reason for the visit"), description=_("A few words are enough."))
    questions = LongTextField(_("Questions or notes for the clinician"), longest=1000, render_kw={"rows": 3})

    @classmethod
    def of(cls, held: Appointment) -> "ConfirmForm":
        """Filled with what was said before; only who books for others is asked who is coming."""
        form = cls(obj=held)
        if not g.actor.cares_for:
            del form.patient_id
            return form
        people = [(g.actor.patient_id, _("Myself"))]
        people += [
            (care.patient_id, care.patient.full_name) for care in cared_for_by(db.session, g.actor.patient_id)
        ]
        is_fixed = account_of(db.session, held).standing is Standing.PENDING
        form.patient_id.choices = [one for one in people if not is_fixed or one[0] == held.patient_id]
        return form

    def details(self) -> Details:
        """What is said of the visit."""
        return Details(description=self.description.data or "", questions=self.questions.data or "")


def step(held: Appointment, *, status: int = 200, **forms: Form) -> Response:
    """The page of the step; `forms` are those that come back with errors."""
    if held.booked_at is not None:
        return redirect_to("patient.booked", appointment_id=held.id)
    if not held.is_hold or held.is_expired(clock.now()):
        return _over(held)
    if g.actor.patient_id is not None:
        return _confirmation_step(held, forms, status)
    if g.actor.is_staff:
        raise BookAtTheDesk
    sent = sent_code(AUDIENCE)
    if sent is not None and "details" not in forms and "change" not in request.args:
        return _show(held, "holds/_code.html", status, form=forms.get("code") or CodeForm(), sent=sent)
    return _show(held, "holds/_details.html", status, form=forms.get("details") or DetailsForm())


def _confirmation_step(held: Appointment, forms: dict[str, Form], status: int) -> Response:
    if not g.actor.full_name:
        return redirect_to("sign_in.name", next=url_for("holds.show", uid=held.uid))
    if held.patient_id is None and not g.actor.cares_for:
        same, others = _near(held)
        if same is None:
            return _show(held, "holds/_clash.html", status, others=others)
    return _show(
        held,
        "holds/_confirmation.html",
        status,
        form=forms.get("confirmation") or ConfirmForm.of(held),
        own_ways=own_ways(held),
        is_being_paid=account_of(db.session, held).standing is Standing.PENDING,
    )


def _show(held: Appointment, step: str, status: int, **context: Any) -> Response:
    late = settings().late_cancellation
    return page(
        "holds/show.html",
        step=step,
        held=held,
        terms=commands.terms_for(db.session, held, by=g.actor, at=clock.now(), late=late),
        ways=requiring.ways_to_pay(practice(), held, by=g.actor),
        now=clock.now(),
        minutes=settings().code_minutes,
        alternative_href=other_times(held),
        status=status,
        **context,
    )


def _over(held: Appointment) -> Response:
    """No longer held: the same time again if it is still free, else others; what was paid for it has a page."""
    paid = account_of(db.session, held).settled
    if paid is not None:
        return redirect_to("payments.show", key=paid.key)
    same, others = _near(held)
    return page(
        "holds/over.html",
        held=held,
        same=same,
        others=others,
        quotation=quoted_for(held),
        was_released=held.cancel_reason == RELEASED,
        alternative_href=other_times(held),
    )


def _near(held: Appointment) -> tuple[Slot | None, list[Slot]]:
    """The held time itself, if whoever is here could have it, and others close to it."""
    asking = replace(asked_here(), ignoring=held.id)
    near = alternatives(db.session, held.clinician, held.service, held.starts_at, asking, count=4)
    same = next(
        (slot for slot in near if slot.starts_at == held.starts_at and slot.centre_id == held.centre_id), None
    )
    return same, [slot for slot in near if slot is not same][:3]
