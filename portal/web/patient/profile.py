"""Patients about themselves: their details, the phone they sign in with, and who looked at their record."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectField

from portal.audit.queries import entries_about_patient
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.people import commands
from portal.people.models import Patient
from portal.people.patients import BLOOD_GROUPS as GROUPS
from portal.people.queries import get_visible_patient
from portal.web.access import requires
from portal.web.forms import DateField, Form, PhoneField, Required, TextField
from portal.web.patient import bp
from portal.web.rendering import page, redirect_to

GENDERS = [
    ("", _("Not said")),
    ("FEMALE", _("Female")),
    ("MALE", _("Male")),
    ("OTHER", _("Other")),
    ("UNDISCLOSED", _("I would rather not say")),
]
BLOOD_GROUPS = [("", _("Not known")), *((group, group) for group in GROUPS)]


class ProfileForm(Form):
    full_name = TextField(_("Full name"), [Required(_("Enter your full name"))], longest=100)
    email = TextField(_("Email"))
    date_of_birth = DateField(_("Date of birth"))
    gender = SelectField(_("Gender"), choices=GENDERS)
    blood_group = SelectField(_("Blood group"), choices=BLOOD_GROUPS)
    emergency_contact_name = TextField(_("Name"), longest=100)
    emergency_contact_phone = PhoneField(_("Phone"))


@bp.route("/profile", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def profile() -> Response:
    patient = own_record()
    form = ProfileForm(obj=patient)
    if request.method == "GET":
        return _show(patient, form)
    if not form.validate():
        return _show(patient, form, status=422)
    try:
        in_transaction(db.session, lambda: _save(patient, form))
    except Invalid as refusal:
        form.refuse(refusal.details)
        return _show(patient, form, status=422)
    flash(gettext("Your details are saved."), "success")
    return redirect_to("patient.profile")


def own_record() -> Patient:
    """The signed-in patient's record."""
    return get_visible_patient(db.session, g.actor, g.actor.patient_id)


def _save(patient: Patient, form: ProfileForm) -> None:
    values: dict[str, Any] = {name: value for name, value in form.data.items() if name != "csrf_token"}
    for name in ("email", "gender", "blood_group", "emergency_contact_phone"):
        values[name] = values[name] or None
    commands.edit_own_profile(db.session, patient, by=g.actor, at=clock.now(), **values)


def _show(patient: Patient, form: ProfileForm, status: int = 200) -> Response:
    entries = entries_about_patient(db.session, patient.id, 20)
    return page("patient/profile/show.html", patient=patient, form=form, entries=entries, status=status)
