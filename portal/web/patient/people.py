"""The people somebody books for: added, corrected, and let go; and those who book for oneself."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.commands import end_care
from portal.appointments.errors import CareIsNeeded
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid, NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import caring, commands
from portal.people.care_models import Care, Relation
from portal.people.models import Patient
from portal.web.access import safe_next
from portal.web.forms import Required, SelectField
from portal.web.patient import bp
from portal.web.patient.profile import ProfileForm, own_record
from portal.web.rendering import page, redirect_to, redirect_to_address

RELATIONS = {
    Relation.CHILD: _("My child"),
    Relation.PARENT: _("My parent"),
    Relation.PARTNER: _("My partner"),
    Relation.OTHER: _("Somebody else"),
}


class DependantForm(ProfileForm):
    email = None  # type: ignore[assignment]  # news of their visits come to whoever looks after them


class NewDependantForm(DependantForm):
    relation = SelectField(
        _("Who are they?"), [Required(_("Choose one of the options"))], choices=list(RELATIONS.items())
    )


@bp.get("/profile/people")
@requires(Permission.PATIENT_PROFILE_OWN)
def people() -> Response:
    own = own_record()
    return page(
        "patient/people/index.html",
        cares=caring.cared_for_by(db.session, own.id),
        carers=caring.carers_of(db.session, own),
        relations=RELATIONS,
    )


@bp.route("/profile/people/new", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def new_dependant() -> Response:
    """Add somebody, then go on with what was begun."""
    form, back = NewDependantForm(), safe_next(request.values.get("next"))
    if request.method == "GET" or not form.validate():
        return _new(form, back, 200 if request.method == "GET" else 422)
    try:
        made = in_transaction(db.session, lambda: _add(form))
    except (Invalid, Duplicate) as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return _new(form, back, 422)
    flash(gettext("You can now book for %(name)s.", name=made.full_name), "success")
    return redirect_to_address(back) if back else redirect_to("patient.people")


@bp.route("/profile/people/<int:patient_id>", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def dependant(patient_id: int) -> Response:
    """Their details; who signs in by themself keeps their own."""
    patient = _care(patient_id).patient
    if patient.account_id is not None:
        raise NotFound
    form = DependantForm(obj=patient)
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return page("patient/people/edit.html", patient=patient, form=form, status=status)
    try:
        in_transaction(db.session, lambda: _edit(patient, form))
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return page("patient/people/edit.html", patient=patient, form=form, status=422)
    flash(gettext("Saved."), "success")
    return redirect_to("patient.people")


@bp.route("/profile/people/<int:patient_id>/removal", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def dependant_removal(patient_id: int) -> Response:
    """What it means, then the button; refused while there are visits to come."""
    care = _care(patient_id)
    if request.method == "GET":
        return page("patient/people/removal.html", patient=care.patient)
    name = care.patient.full_name
    try:
        in_transaction(db.session, lambda: end_care(db.session, care, by=g.actor, at=clock.now()))
    except CareIsNeeded as refusal:
        problem = gettext(refusal.message, **refusal.values)
        return page("patient/people/removal.html", patient=care.patient, problem=problem, status=409)
    flash(gettext("You no longer book for %(name)s.", name=name), "success")
    return redirect_to("patient.people")


@bp.post("/profile/people/carers/<int:carer_id>/<any(allowance, end):answer>")
@requires(Permission.PATIENT_PROFILE_OWN)
def carer(carer_id: int, answer: str) -> Response:
    """Say whether somebody may go on booking for oneself."""
    care = caring.get_care(db.session, carer_id=carer_id, patient_id=own_record().id)
    change = caring.allow if answer == "allowance" else end_care
    in_transaction(db.session, lambda: change(db.session, care, by=g.actor, at=clock.now()))
    flash(gettext("Saved."), "success")
    return redirect_to("patient.people")


def _care(patient_id: int) -> Care:
    care = caring.get_care(db.session, carer_id=g.actor.patient_id, patient_id=patient_id)
    if care.paused_at is not None:
        raise NotFound
    return care


def _new(form: NewDependantForm, back: str | None, status: int) -> Response:
    return page("patient/people/new.html", form=form, next=back, status=status)


def _facts(form: DependantForm) -> dict[str, Any]:
    return {"by": g.actor, "at": clock.now(), **form.facts()}


def _add(form: NewDependantForm) -> Patient:
    return caring.add_dependant(db.session, own_record(), **_facts(form))


def _edit(patient: Patient, form: DependantForm) -> None:
    commands.edit_own_profile(db.session, patient, email=patient.email, **_facts(form))
