"""Clinicians about themselves: what patients read before they choose."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import commands
from portal.people.models import Clinician
from portal.web.admin.clinician_form import ClinicianForm
from portal.web.admin.saving import saved
from portal.web.clinician import bp, diary
from portal.web.forms import Form
from portal.web.rendering import page, redirect_to


class OwnProfileForm(Form):
    """The fields that the practice fills in too; the fee only for those who work at no centre."""

    full_name = ClinicianForm.full_name
    specialization = ClinicianForm.specialization
    qualification = ClinicianForm.qualification
    languages = ClinicianForm.languages
    years_of_experience = ClinicianForm.years_of_experience
    headline = ClinicianForm.headline
    bio = ClinicianForm.bio
    consultation_fee_minor = ClinicianForm.consultation_fee_minor

    @classmethod
    def of(cls, clinician: Clinician) -> "OwnProfileForm":
        form = cls(obj=clinician)
        if clinician.primary_centre_id is not None:
            del form.consultation_fee_minor
        else:
            form.consultation_fee_minor.currency = clinician.currency
        return form

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name not in {"csrf_token", "full_name"}}


@bp.route("/profile", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_PROFILE_OWN)
def profile() -> Response:
    clinician = diary.own_clinician(db.session)
    form = OwnProfileForm.of(clinician)

    if request.method == "POST" and form.validate() and saved(form, lambda: _save(clinician, form)):
        flash(gettext("Your profile is saved."), "success")
        return redirect_to("clinician.profile")
    return page("clinician/profile.html", clinician=clinician, form=form, status=422 if form.errors else 200)


def _save(clinician: Clinician, form: OwnProfileForm) -> None:
    at, name = clock.now(), form.full_name.data
    commands.edit_own_clinician_profile(db.session, clinician, by=g.actor, at=at, **form.values)
    if name != clinician.full_name:
        commands.edit_presentation(db.session, clinician, by=g.actor, full_name=name, at=at)
