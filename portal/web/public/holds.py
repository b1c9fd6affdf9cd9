"""From a free time to a booking: hold it, say who one is, confirm. Each step is a page of its own."""

import hashlib
import secrets
import uuid
from contextlib import suppress
from functools import partial

from flask import Blueprint, Response, flash, g, request, session, url_for
from flask_babel import gettext

from portal.appointments import commands, queries
from portal.appointments.errors import BookingExpired, NotBookable, SlotTaken
from portal.appointments.models import Appointment, SessionType
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.limits import HOLD_TAKEN
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import check_may, public
from portal.delivery.attempts import address, attempts
from portal.delivery.tills import count_payment_write, practice
from portal.payments import quoted, requiring, starting
from portal.payments.errors import AlreadyPaid, ProviderNotConfigured
from portal.payments.models import Payment
from portal.payments.quotation_models import Quotation
from portal.web import sessions
from portal.web.own_ways import CHANGED_MEANWHILE, settle_with
from portal.web.paying import to_provider
from portal.web.public.codes import CodeForm, DetailsForm, code_sent_before, redeem, send, sent_code
from portal.web.public.hold_people import adopt, is_given, own_record
from portal.web.public.hold_steps import AUDIENCE, BookAtTheDesk, ConfirmForm, step
from portal.web.public.kept_quotations import named, quoted_for, times_of
from portal.web.rendering import redirect_to, redirect_to_address

bp = Blueprint("holds", __name__, url_prefix="/holds")


@bp.post("")
@public
def create() -> Response:
    """Hold the chosen time for this browser, or for the patient signed in. What was held before is let go."""
    if g.actor.clinician_id is not None:
        return _open_record_first()
    _check_may_book()
    # Patients are counted by who they are: many may share the address of a clinic or a company.
    attempts().hit(HOLD_TAKEN, f"patient {g.actor.patient_id}" if g.actor.patient_id else address())
    quotation = named(request.form.get("quotation"))
    try:
        held = in_transaction(db.session, lambda: _hold(quotation))
    except SlotTaken as refusal:
        return _other_times_at_its_price(quotation, refusal)
    return redirect_to("holds.show", uid=held.uid)


@bp.get("/<uuid:uid>")
@public
def show(uid: uuid.UUID) -> Response:
    """The step at which this booking stands."""
    return step(_held(uid))


@bp.post("/<uuid:uid>/code")
@public
def send_code(uid: uuid.UUID) -> Response:
    held, form = _held(uid), DetailsForm()
    if not form.validate():
        return step(held, details=form, status=422)
    if not send(form, AUDIENCE):
        before = code_sent_before(form, AUDIENCE)
        return step(held, status=429, **({"code": before} if before else {"details": form}))
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
        return step(held, code=form, status=422)
    sessions.sign_in(account)
    if g.actor.cares_for:
        return redirect_to("holds.show", uid=uid)  # where they say who is coming
    # The next page says what is in the way, and offers other times.
    with suppress(SlotTaken, BookingExpired, NotBookable):
        in_transaction(db.session, lambda: adopt(held, own_record()))
    return redirect_to("holds.show", uid=uid)


@bp.post("/<uuid:uid>/confirmation")
@public
def confirm(uid: uuid.UUID) -> Response:
    """Book it. Saying yes twice books once."""
    held = _held(uid)
    _check_may_book()
    form = ConfirmForm.of(held)
    if g.actor.patient_id is None:
        return redirect_to("holds.show", uid=uid)
    if not (form.validate() and is_given(held, form)):
        return step(held, confirmation=form, status=422)
    requiring.check_may_pay_later(practice(), held, by=g.actor)
    booked = in_transaction(db.session, lambda: _confirm(held, form))
    return redirect_to("patient.booked", appointment_id=booked.id)


@bp.post("/<uuid:uid>/payment")
@public
def pay(uid: uuid.UUID) -> Response:
    """Pay for it: it is booked when the money has come, with what is written here. Meanwhile it is held for longer."""
    held = _held(uid)
    _check_may_book()
    form = ConfirmForm.of(held)
    if g.actor.patient_id is None or not held.is_live:
        return redirect_to("holds.show", uid=uid)
    if not (form.validate() and is_given(held, form)):
        return step(held, confirmation=form, status=422)
    if not requiring.ways_to_pay(practice(), held, by=g.actor).online:
        raise ProviderNotConfigured
    count_payment_write()
    try:
        payment = in_transaction(db.session, lambda: _open_payment(held, form))
    except (AlreadyPaid, BookingExpired):
        return redirect_to("holds.show", uid=uid)
    return to_provider(payment, otherwise=url_for("holds.show", uid=uid))


@bp.post("/<uuid:uid>/settlement/<any(credits, subscription):means>")
@public
def settle(uid: uuid.UUID, means: str) -> Response:
    """Book it by what the patient has already: nothing is to be paid then."""
    held = _held(uid)
    _check_may_book()
    form = ConfirmForm.of(held)
    if g.actor.patient_id is None or not held.is_live:
        return redirect_to("holds.show", uid=uid)
    if not (form.validate() and is_given(held, form)):
        return step(held, confirmation=form, status=422)
    count_payment_write()
    try:
        booked = in_transaction(db.session, lambda: _settle(held, form, means))
    except CHANGED_MEANWHILE as refusal:
        flash(gettext(refusal.message), "danger")
        return redirect_to("holds.show", uid=uid)
    return redirect_to("patient.booked", appointment_id=booked.id)


@bp.post("/<uuid:uid>/release")
@public
def release(uid: uuid.UUID) -> Response:
    """Let a held time go. What is booked meanwhile stays; it is cancelled on a page of its own."""
    held = _held(uid)
    quotation = quoted_for(held)
    in_transaction(db.session, lambda: commands.release(db.session, held, by=g.actor, at=clock.now()))
    if held.booked_at is not None and held.is_live:
        flash(gettext("This visit is booked already, so it stays. You can move or cancel it here."), "info")
        return redirect_to("patient.appointment", appointment_id=held.id)
    flash(gettext("The time is free again for others."), "success")
    if quotation is not None:
        return redirect_to_address(times_of(quotation))
    return redirect_to("public.clinician", clinician_id=held.clinician.slug, service_id=held.service_id)


def _hold(quotation: Quotation | None) -> Appointment:
    """The time that the form names, at the price of the quotation, if there is one."""
    hold = commands.hold if quotation is None else partial(quoted.hold, quotation=quotation)
    way = request.form.get("session_type")
    return hold(
        db.session,
        SlotKey.parse(request.form.get("slot", "")),
        by=g.actor,
        at=clock.now(),
        minutes=settings().hold_minutes,
        patient=None if g.actor.cares_for else own_record(),
        holder_hash=_holder(make=g.actor.patient_id is None or bool(g.actor.cares_for)),
        session_type=SessionType(way) if way in set(SessionType) else None,
    )


def _other_times_at_its_price(quotation: Quotation | None, refusal: SlotTaken) -> Response:
    """Back to the calendar with the quotation; without one the refusal itself offers others."""
    if quotation is None:
        raise refusal
    flash(gettext(refusal.message, **refusal.values), "danger")
    return redirect_to_address(times_of(quotation))


def _check_may_book() -> None:
    """Visitors may, and patients who wait for nothing; raises BookAtTheDesk for staff, EmailNotVerified."""
    if g.actor.is_staff:
        raise BookAtTheDesk
    if g.actor.is_signed_in:
        check_may((Permission.APPOINTMENT_BOOK_OWN,))


def _open_record_first() -> Response:
    """A clinician who wants to see a colleague is a patient first, and then comes back to the same time."""
    key = SlotKey.parse(request.form.get("slot", ""))
    back = url_for(
        "public.clinician",
        clinician_id=key.clinician_id,
        slot=request.form["slot"],
        quotation=request.form.get("quotation"),
    )
    return redirect_to("account.own_visits", next=back)


def _held(uid: uuid.UUID) -> Appointment:
    """This browser's or this patient's; raises NotFound for anybody else's."""
    return queries.get_held(db.session, uid, holder_hash=_holder(), patient_ids=g.actor.patient_ids)


def _holder(*, make: bool = False) -> str | None:
    """The hash of the secret that tells this browser from others; the secret itself stays in its session."""
    if make:
        session.setdefault(sessions.HOLDER_KEY, secrets.token_urlsafe(16))
    secret = session.get(sessions.HOLDER_KEY)
    return hashlib.sha256(secret.encode()).hexdigest() if secret else None


def _open_payment(held: Appointment, form: ConfirmForm) -> Payment:
    payment = starting.open_payment(db.session, held, practice=practice(), by=g.actor, at=clock.now())
    commands.describe(db.session, held, **form.details().texts())
    return payment


def _settle(held: Appointment, form: ConfirmForm, means: str) -> Appointment:
    commands.describe(db.session, held, **form.details().texts())
    return settle_with(means, held)


def _confirm(held: Appointment, form: ConfirmForm) -> Appointment:
    return commands.confirm(db.session, held, by=g.actor, at=clock.now(), details=form.details())
