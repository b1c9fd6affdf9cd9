"""The plan that a clinician has with the practice."""

from datetime import datetime, timedelta

from flask import Response, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import commands
from portal.people.models import Clinician, Plan
from portal.people.queries import get_manageable
from portal.web.admin import bp
from portal.web.admin.saving import saved
from portal.web.forms import DateField, Form, RadioField, Required
from portal.web.labels import PLANS
from portal.web.rendering import changed, page

DAY = timedelta(days=1)


class PlanForm(Form):
    plan = RadioField(_("Plan"), [Required(_("Choose a plan"))], choices=list(PLANS.items()))
    plan_expires_at = DateField(_("Last day"), description=_("Without one it has no end."))


@bp.route("/clinicians/<int:clinician_id>/plan", methods=["GET", "POST"])
@requires(Permission.PLAN_EDIT)
def clinician_plan(clinician_id: int) -> Response:
    clinician = get_manageable(db.session, g.actor, clinician_id)
    form = PlanForm(data={"plan": clinician.plan, "plan_expires_at": clinician.plan_ends_on})
    if request.method == "POST" and form.validate() and saved(form, lambda: _save(clinician, form)):
        return changed(
            then="admin.clinician", values={"clinician_id": clinician_id}, message=gettext("Saved.")
        )
    return page(
        "admin/clinicians/plan.html", clinician=clinician, form=form, status=422 if form.errors else 200
    )


def _save(clinician: Clinician, form: PlanForm) -> None:
    commands.set_plan(
        db.session,
        clinician,
        plan=Plan(form.plan.data),
        expires_at=_end(clinician, form),
        by=g.actor,
        at=clock.now(),
    )


def _end(clinician: Clinician, form: PlanForm) -> datetime | None:
    """When the last day is over where the clinician works; an end that was given to the minute stays as it is."""
    last_day = form.plan_expires_at.data
    if last_day == clinician.plan_ends_on:
        return clinician.plan_expires_at
    return clock.midnight(last_day + DAY, clinician.zone) if last_day else None
