"""Changing the phone one signs in with: a code to the new phone proves that it is theirs."""

from typing import cast

from flask import Response, current_app, flash, g, request, session
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.accounts import commands as accounts
from portal.accounts.errors import CodeExpired, InvalidCode
from portal.accounts.models import Audience
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, PortalError
from portal.core.limits import CODE_COOL_DOWN, CODE_FAILED_PHONE, CODE_SENT, Attempts
from portal.core.permissions import Permission
from portal.people import commands as people
from portal.web import settings
from portal.web.access import requires
from portal.web.forms import Form, PhoneField, Required, TextField
from portal.web.patient import bp
from portal.web.patient.profile import own_record
from portal.web.rendering import page, redirect_to

NEW_PHONE = "new_phone"  # kept in the session, so that the code proves the phone it was sent to


class PhoneForm(Form):
    phone = PhoneField(_("New phone number"), [Required(_("Enter your new phone number"))])


class ProofForm(Form):
    code = TextField(_("Code"), [Required(_("Enter the code we sent you"))], longest=12)


@bp.route("/profile/phone", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def phone() -> Response:
    """Say the new phone; a code is sent to it."""
    form = PhoneForm()
    if request.method == "GET" or not form.validate():
        return page("patient/profile/phone.html", form=form, status=200 if request.method == "GET" else 422)
    key = f"{form.phone.data}|{Audience.PATIENT}"
    _attempts().hit(CODE_COOL_DOWN, key)
    _attempts().hit(CODE_SENT, key)
    in_transaction(
        db.session,
        lambda: accounts.send_code(
            db.session,
            phone=form.phone.data,
            audience=Audience.PATIENT,
            at=clock.now(),
            minutes=settings().code_minutes,
        ),
    )
    session[NEW_PHONE] = form.phone.data
    return redirect_to("patient.phone_proof")


@bp.route("/profile/phone/proof", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def phone_proof() -> Response:
    """Type the code; the phone is changed and other devices are signed out."""
    new = session.get(NEW_PHONE)
    if new is None:
        return redirect_to("patient.phone")
    form = ProofForm()
    if request.method == "POST" and form.validate():
        refusal = _change(new, form.code.data)
        if refusal is None:
            session.pop(NEW_PHONE)
            flash(gettext("Your phone number is changed. Please sign in with it."), "success")
            return redirect_to("patient.profile")
        form.code.errors = [gettext(message) for message in (*refusal.details.values(), refusal.message)][:1]
    status = 200 if request.method == "GET" else 422
    return page("patient/profile/phone_proof.html", form=form, phone=new, status=status)


def _change(new: str, code: str) -> PortalError | None:
    """The refusal, or None when the phone is changed. A wrong code counts although the page answers calmly."""
    try:
        with _attempts().counting_failures((CODE_FAILED_PHONE, new)):
            _prove(new, code)
        patient = own_record()
        in_transaction(
            db.session,
            lambda: people.change_own_phone(db.session, patient, phone=new, by=g.actor, at=clock.now()),
        )
    except (InvalidCode, CodeExpired, Duplicate) as refusal:
        return refusal
    return None


def _prove(new: str, code: str) -> None:
    refusal = in_transaction(
        db.session,
        lambda: accounts.prove_phone(
            db.session, phone=new, audience=Audience.PATIENT, code=code, at=clock.now()
        ),
    )
    if refusal is not None:
        raise refusal


def _attempts() -> Attempts:
    return cast("Attempts", current_app.extensions["attempts"])
