"""From a free time to a booking: hold it, say who one is, confirm. Each step is a page of its own."""

import hashlib
import secrets
import uuid
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, flash, g, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.accounts.models import Audience
from portal.appointments import commands, queries
from portal.appointments.availability import Asking, alternatives
from portal.appointments.commands.holding import RELEASED
from portal.appointments.errors import BookingExpired, NotBookable, SlotTaken
from portal.appointments.models import Appointment, SessionType
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Forbidden
from portal.core.errors import _ as marked
from portal.core.limits import HOLD_TAKEN
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import check_may, public
from portal.delivery.attempts import address, attempts
from portal.people.models import Patient
from portal.web import sessions
from portal.web.errors import alternative_href
from portal.web.forms import Form, LongTextField, TextField
from portal.web.public.codes import (
    CodeForm,
    DetailsForm,
    code_sent_before,
    redeem,
    send,
    sent_code,
)
from portal.web.rendering import page, redirect_to

bp = Blueprint("holds", __name__, url_prefix="/holds")
AUDIENCE = Audience.PATIENT


class BookAtTheDesk(Forbidden):
    message = marked("You are signed in as staff. Please book for patients at the desk, under “New booking”.")


class ConfirmForm(Form):
    description = TextField(_("Reason for the visit"), description=_("A few words are enough."))
    questions = LongTextField(_("Questions or notes for the clinician"), longest=1000, render_kw={"rows": 3})


@bp.post("")
@public
def create() -> Response:
    """Hold the chosen time for this browser, or for the patient signed in. What was held before is let go."""
    if g.actor.clinician_id is not None:
        return _open_record_first()
    _check_may_book()
    # Patients are counted by who they are: many may share the address of a clinic or a company.
    attempts().hit(HOLD_TAKEN, f"patient {g.actor.patient_id}" if g.actor.patient_id else address())
    key, way = SlotKey.parse(request.form.get("slot", "")), request.form.get("session_type")
    held = in_transaction(
        db.session,
        lambda: commands.hold(
            db.session,
            key,
            by=g.actor,
            at=clock.now(),
            minutes=settings().hold_minutes,
            patient=_patient(),
            holder_hash=_holder(make=g.actor.patient_id is None),
            session_type=SessionType(way) if way in set(SessionType) else None,
        ),
    )
    return redirect_to("holds.show", uid=held.uid)


@bp.get("/<uuid:uid>")
@public
def show(uid: uuid.UUID) -> Response:
    """The step at which this booking stands."""
    return _step(_held(uid))


@bp.post("/<uuid:uid>/code")
@public
def send_code(uid: uuid.UUID) -> Response:
    held, form = _held(uid), DetailsForm()
    if not form.validate():
        return _step(held, details=form, status=422)
    if not send(form, AUDIENCE):
        before = code_sent_before(form, AUDIENCE)
        return _step(held, status=429, **({"code": before} if before else {"details": form}))
    return redirect_to("holds.show", uid=uid)


@bp.post("/<uuid:uid>/sign-in")
@public
def sign_in(uid: uuid.UUID) -> Response:
    """Sign in with the code; the held time becomes the patient's."""
    held, form, sent = _held(uid), CodeForm(), sent_code(AUDIENCE)
    if sent is None:
        return redirect_to("holds.show", uid=uid)
    account = redeem(form, sent) if form.validate() else None
    if account is None:
        return _step(held, code=form, status=422)
    sessions.sign_in(account)
    # The next page says what is in the way, and offers other times.
    with suppress(SlotTaken, BookingExpired, NotBookable):
        in_transaction(db.session, lambda: _adopt(held))
    return redirect_to("holds.show", uid=uid)


@bp.post("/<uuid:uid>/confirmation")
@public
def confirm(uid: uuid.UUID) -> Response:
    """Book it. Saying yes twice books once."""
    held, form = _held(uid), ConfirmForm()
    _check_may_book()
    if g.actor.patient_id is None:
        return redirect_to("holds.show", uid=uid)
    if not form.validate():
        return _step(held, confirmation=form, status=422)
    booked = in_transaction(db.session, lambda: _confirm(held, form))
    return redirect_to("patient.booked", appointment_id=booked.id)


@bp.post("/<uuid:uid>/release")
@public
def release(uid: uuid.UUID) -> Response:
    """Let a held time go. What is booked meanwhile stays; it is cancelled on a page of its own."""
    held = _held(uid)
    in_transaction(db.session, lambda: commands.release(db.session, held, by=g.actor, at=clock.now()))
    if held.booked_at is not None and held.is_live:
        flash(gettext("This visit is booked already, so it stays. You can move or cancel it here."), "info")
        return redirect_to("patient.appointment", appointment_id=held.id)
    flash(gettext("The time is free again for others."), "success")
    return redirect_to("public.clinician", clinician_id=held.clinician.slug, service_id=held.service_id)


def _check_may_book() -> None:
    """Visitors may, and patients who wait for nothing; raises BookAtTheDesk for staff, EmailNotVerified."""
    if g.actor.is_staff:
        raise BookAtTheDesk
    if g.actor.is_signed_in:
        check_may((Permission.APPOINTMENT_BOOK_OWN,))


def _open_record_first() -> Response:
    """A clinician who wants to see a colleague is a patient first, and then comes back to the same time."""
    key = SlotKey.parse(request.form.get("slot", ""))
    back = url_for("public.clinician", clinician_id=key.clinician_id, slot=request.form["slot"])
    return redirect_to("account.own_visits", next=back)


def _held(uid: uuid.UUID) -> Appointment:
    """This browser's or this patient's; raises NotFound for anybody else's."""
    return queries.get_held(db.session, uid, holder_hash=_holder(), patient_id=g.actor.patient_id)


def _holder(*, make: bool = False) -> str | None:
    """The hash of the secret that tells this browser from others; the secret itself stays in its session."""
    if make:
        session.setdefault(sessions.HOLDER_KEY, secrets.token_urlsafe(16))
    secret = session.get(sessions.HOLDER_KEY)
    return hashlib.sha256(secret.encode()).hexdigest() if secret else None


def _patient() -> Patient | None:
    return db.session.get_one(Patient, g.actor.patient_id) if g.actor.patient_id is not None else None


def _adopt(held: Appointment) -> None:
    patient = _patient()
    if patient is not None:
        commands.adopt(db.session, held, patient, by=g.actor, at=clock.now())


def _confirm(held: Appointment, form: ConfirmForm) -> Appointment:
    details = commands.Details(description=form.description.data or "", questions=form.questions.data or "")
    if held.patient_id is None:
        _adopt(held)
    return commands.confirm(db.session, held, by=g.actor, at=clock.now(), details=details)


def _step(held: Appointment, *, status: int = 200, **forms: Form) -> Response:
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
    if held.patient_id is None:
        same, others = _near(held)
        if same is None:
            return _show(held, "holds/_clash.html", status, others=others)
    return _show(held, "holds/_confirmation.html", status, form=forms.get("confirmation") or ConfirmForm())


def _show(held: Appointment, step: str, status: int, **context: Any) -> Response:
    late = settings().late_cancellation
    return page(
        "holds/show.html",
        step=step,
        held=held,
        terms=commands.terms_for(db.session, held, by=g.actor, at=clock.now(), late=late),
        now=clock.now(),
        minutes=settings().code_minutes,
        alternative_href=alternative_href,
        status=status,
        **context,
    )


def _over(held: Appointment) -> Response:
    """No longer held: the same time again if it is still free, else others."""
    same, others = _near(held)
    return page(
        "holds/over.html",
        held=held,
        same=same,
        others=others,
        was_released=held.cancel_reason == RELEASED,
        alternative_href=alternative_href,
    )


def _near(held: Appointment) -> tuple[Slot | None, list[Slot]]:
    """The held time itself, if whoever is here could have it, and others close to it."""
    asking = Asking(clock.now(), patient_resource_id=g.actor.patient_resource_id, ignoring=held.id)
    near = alternatives(db.session, held.clinician, held.service, held.starts_at, asking, count=4)
    same = next(
        (slot for slot in near if slot.starts_at == held.starts_at and slot.centre_id == held.centre_id), None
    )
    return same, [slot for slot in near if slot is not same][:3]
