"""Staff say that one patient of the practice looks after another, and that it is over; both are asked once more."""

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
from portal.people import caring
from portal.people.care_models import Relation
from portal.people.finding import find_patients
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.web.forms import Form, Required, SelectField
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp

LEAST_TYPED, MOST_TYPED, SHOWN = 2, 100, 8
RELATIONS = {
    Relation.CHILD: _("Their child"),
    Relation.PARENT: _("Their parent"),
    Relation.PARTNER: _("Their partner"),
    Relation.OTHER: _("Somebody else"),
}


class CareForm(Form):
    relation = SelectField(
        _("What is the patient to them?"),
        [Required(_("Choose one of the options"))],
        choices=list(RELATIONS.items()),
    )


@bp.route("/patients/<int:patient_id>/carers/new", methods=["GET", "POST"])
@requires(Permission.PATIENT_EDIT)
def new_carer(patient_id: int) -> Response:
    """Find who looks after the patient. What is searched for is posted, so that no name ends up in a log."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    typed = request.form.get("search", "").strip()[:MOST_TYPED]
    is_asked = len(typed) >= LEAST_TYPED
    found = find_patients(db.session, g.actor, typed, limit=SHOWN + 1).items if is_asked else []
    return page(
        "staff/patients/new_carer.html",
        patient=patient,
        search=typed,
        is_asked=is_asked,
        found=[one for one in found if one.id != patient.id][:SHOWN],
    )


@bp.route("/patients/<int:patient_id>/carers/<int:carer_id>", methods=["GET", "POST"])
@requires(Permission.PATIENT_EDIT)
def carer(patient_id: int, carer_id: int) -> Response:
    """What it means that they look after the patient, and the button."""
    patient, who = _both(patient_id, carer_id)
    form = CareForm()
    if request.method == "GET" or not form.validate():
        return _ask(patient, who, form)
    try:
        in_transaction(db.session, lambda: _link(patient, who, form.relation.data))
    except (Invalid, Duplicate) as refusal:
        return _ask(patient, who, form, problem=gettext(next(iter(refusal.details.values()))))
    flash(gettext("%(name)s books for them now.", name=who.full_name), "success")
    return redirect_to("staff.patient_care", patient_id=patient.id)


@bp.route("/patients/<int:patient_id>/carers/<int:carer_id>/end", methods=["GET", "POST"])
@requires(Permission.PATIENT_EDIT)
def end_of_care(patient_id: int, carer_id: int) -> Response:
    """Somebody books for the patient no longer; refused where nobody would hear of a visit that is to come."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    care = caring.get_care(db.session, carer_id=carer_id, patient_id=patient.id)
    problem = None
    if request.method == "POST":
        try:
            in_transaction(db.session, lambda: end_care(db.session, care, by=g.actor, at=clock.now()))
        except CareIsNeeded as refusal:
            problem = gettext(refusal.message, **refusal.values)
        else:
            flash(gettext("Saved."), "success")
            return redirect_to("staff.patient_care", patient_id=patient_id)
    return page(
        "staff/patients/care_end.html",
        patient=patient,
        carer=care.carer,
        problem=problem,
        status=409 if problem else 200,
    )


def _both(patient_id: int, carer_id: int) -> tuple[Patient, Patient]:
    patient, who = (get_visible_patient(db.session, g.actor, one) for one in (patient_id, carer_id))
    if patient.id == who.id:
        raise NotFound
    return patient, who


def _ask(patient: Patient, who: Patient, form: CareForm, *, problem: str | None = None) -> Response:
    return page(
        "staff/patients/care_begin.html",
        patient=patient,
        carer=who,
        form=form,
        problem=problem,
        status=409 if problem else 422 if form.errors else 200,
    )


def _link(patient: Patient, who: Patient, relation: str) -> None:
    caring.link(db.session, who, patient, by=g.actor, relation=relation, at=clock.now())
