"""Changing the phone one signs in with: a code to the new phone proves that it is theirs."""

from typing import Literal

from flask import Response, flash, g, request, session
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user

from portal.accounts.models import Audience
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate
from portal.core.permissions import Permission
from portal.delivery import settings, signing_in
from portal.delivery.access import requires
from portal.people import commands as people
from portal.web import sessions
from portal.web.forms import PhoneField, Required
from portal.web.patient import bp
from portal.web.patient.profile import own_record
from portal.web.public import codes
from portal.web.rendering import page, redirect_to


class NewPhoneForm(codes.PhoneForm):
    phone = PhoneField(_("New phone number"), [Required(_("Enter your new phone number"))])


@bp.route("/profile/phone", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def phone() -> Response:
    """Say the new phone; a code is sent to it."""
    form, patient = NewPhoneForm(), own_record()
    if request.method == "GET":
        return _phone_page(form)
    if not form.validate():
        return _phone_page(form, status=422)
    if form.phone.data == patient.phone:
        form.refuse({"phone": gettext("This is your phone number already.")})
        return _phone_page(form, status=422)
    if not codes.send(form, Audience.PATIENT):
        waiting = codes.code_sent_before(form, Audience.PATIENT)
        return _proof_page(waiting, status=429) if waiting else _phone_page(form, status=429)
    return redirect_to("patient.phone_proof")


@bp.route("/profile/phone/proof", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def phone_proof() -> Response:
    """Type the code; the phone is changed, other devices are signed out and this one stays."""
    sent = codes.sent_code(Audience.PATIENT)
    if sent is None:
        return redirect_to("patient.phone")
    form = codes.CodeForm()
    if request.method == "GET":
        return _proof_page(form)
    if form.validate() and codes.attempted(form, sent, lambda: _prove(form, sent)):
        return _change(sent.phone)
    return _proof_page(form, status=422)


def _change(new: str) -> Response:
    """Whoever is here holds the phone. Only now is it told that somebody else has it already."""
    patient = own_record()
    session.pop(codes.KEY, None)
    try:
        in_transaction(
            db.session,
            lambda: people.change_own_phone(db.session, patient, phone=new, by=g.actor, at=clock.now()),
        )
    except Duplicate:
        form = NewPhoneForm(formdata=None, data={"phone": new})
        form.refuse({"phone": gettext("Somebody else signs in with this number already.")})
        return _phone_page(form, status=422)
    sessions.sign_in(current_user.account)
    flash(gettext("Your phone number is changed. Other devices are signed out."), "success")
    return redirect_to("patient.profile")


def _prove(form: codes.CodeForm, sent: codes.Sent) -> Literal[True]:
    signing_in.try_phone(sent.phone, Audience.PATIENT, form.code.data)
    return True


def _phone_page(form: NewPhoneForm, status: int = 200) -> Response:
    return page("patient/profile/phone.html", form=form, status=status)


def _proof_page(form: codes.CodeForm, status: int = 200) -> Response:
    return page(
        "patient/profile/phone_proof.html",
        form=form,
        sent=codes.sent_code(Audience.PATIENT),
        minutes=settings().code_minutes,
        status=status,
    )
