"""How patients want to be told of their appointments."""

from flask import Response, flash, request
from flask_babel import gettext

from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web import i18n
from portal.web.admin.centre_form import time_zones
from portal.web.contact_preferences import ContactPreferencesForm
from portal.web.patient import bp
from portal.web.patient.profile import own_record
from portal.web.rendering import page, redirect_to


@bp.route("/contact-preferences", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def contact_preferences() -> Response:
    """The browser's zone and language stand there until others are chosen."""
    patient = own_record()
    form = ContactPreferencesForm.of(patient, language=i18n.language(), time_zone=i18n.viewer_zone().key)
    if request.method == "POST" and form.validate() and form.save(patient):
        flash(gettext("Saved. That is how we reach you from now on."), "success")
        return redirect_to("patient.contact_preferences")
    return page(
        "patient/profile/contact_preferences.html",
        form=form,
        time_zones=time_zones(clock.now()),
        status=422 if form.errors else 200,
    )
