"""A new clinician, account and profile in one go, and what is known of one."""

from collections.abc import Sequence

from flask import Response, g, request
from flask_babel import gettext

from portal.appointments.commands import guarded
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.centres.queries import visible_centres
from portal.core import clock
from portal.core.errors import Duplicate, Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import commands
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.web.admin import bp
from portal.web.admin.clinician_form import ClinicianForm
from portal.web.admin.saving import refuse, saved, with_consent
from portal.web.rendering import changed, page


@bp.route("/clinicians/new", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_MANAGE)
def new_clinician() -> Response:
    """Make a clinician; what comes next is to give hours."""
    centres = list(visible_centres(db.session, g.actor))
    form = ClinicianForm.of(centres)
    made: list[Clinician] = []

    def make() -> None:
        password = form.password.data
        made.append(
            commands.create_clinician(
                db.session, by=g.actor, password=password, at=clock.now(), **form.values
            )
        )

    if request.method == "POST" and form.validate() and saved(form, make):
        message = gettext("%(name)s is here. Now give working hours.", name=made[-1].full_name)
        return changed(then="admin.clinician", values={"clinician_id": made[-1].id}, message=message)
    return _form(form, None)


@bp.route("/clinicians/<int:clinician_id>/edit", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_MANAGE)
def edit_clinician(clinician_id: int) -> Response:
    """Correct a profile. Hours at a centre that is taken away go with it, if that is said yes to."""
    clinician = get_manageable(db.session, g.actor, clinician_id)
    centres = list(visible_centres(db.session, g.actor))
    form = ClinicianForm.of(centres, clinician)
    if request.method == "GET" or not form.validate():
        return _form(form, clinician)
    try:
        left = with_consent(lambda: _save(form, clinician))
    except (Invalid, Duplicate) as refusal:
        refuse(form, refusal)
        return _form(form, clinician)
    if left:
        return _form(form, clinician, left)
    message = gettext("Saved.")
    if not _still_reaches(clinician):
        return changed(then="admin.clinicians", message=message)
    return changed(then="admin.clinician", values={"clinician_id": clinician_id}, message=message)


def _save(form: ClinicianForm, clinician: Clinician) -> list[Appointment]:
    values = {**form.values, "title": ""}  # the name carries the title
    at = clock.now()
    return guarded(
        db.session,
        [clinician],
        lambda: commands.edit_clinician(db.session, clinician, by=g.actor, at=at, **values),
        accepted=True,
        at=at,
    )


def _still_reaches(clinician: Clinician) -> bool:
    """A centre manager who has taken a clinician out of the centre manages them no longer."""
    return g.actor.may_at(None) or any(g.actor.may_at(centre.id) for centre in clinician.centres)


def _form(form: ClinicianForm, clinician: Clinician | None, left: Sequence[Appointment] = ()) -> Response:
    status = 422 if form.errors else 409 if left else 200
    return page("admin/clinicians/form.html", form=form, clinician=clinician, left=left, status=status)
