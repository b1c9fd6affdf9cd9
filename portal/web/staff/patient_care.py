"""Who looks after a patient, as staff keep it; and removing a patient for good."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments.commands import remove_patient
from portal.appointments.errors import WouldStrand
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Forbidden, Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import caring
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.web.patient.people import NewDependantForm
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.patient_forms import NewPersonForm


class CallersDependantForm(NewDependantForm, NewPersonForm):
    """As people add somebody themselves, for those who are asked about somebody alike."""


@bp.get("/patients/<int:patient_id>/care")
@requires(Permission.PATIENT_VIEW)
def patient_care(patient_id: int) -> Response:
    """Who looks after the patient, and whom they look after; the look is audited."""
    shown = get_visible_patient(db.session, g.actor, patient_id)
    facts = {"by": g.actor, "patient_id": shown.id, "at": clock.now()}
    in_transaction(db.session, lambda: record_view(db.session, "patient", shown.id, **facts))
    return page(
        "staff/patients/care.html",
        patient=shown,
        carers=caring.carers_of(db.session, shown),
        cares=caring.cared_for_by(db.session, shown.id),
    )


@bp.route("/patients/<int:patient_id>/dependants/new", methods=["GET", "POST"])
@requires(Permission.PATIENT_CREATE)
def new_dependant(patient_id: int) -> Response:
    """Register a caller's child, or somebody else whom they book for."""
    carer, form = get_visible_patient(db.session, g.actor, patient_id), CallersDependantForm()
    if request.method == "GET" or not form.validate():
        return _new(carer, form, 200 if request.method == "GET" else 422)
    try:
        made = in_transaction(db.session, lambda: _register(carer, form))
    except PossibleDuplicate as duplicate:
        return _new(carer, form, 409, duplicate)
    except (Invalid, Duplicate) as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return _new(carer, form, 422, refusal if isinstance(refusal, DuplicateUnexplained) else None)
    flash(gettext("%(name)s is registered.", name=made.full_name), "success")
    return redirect_to("staff.patient", patient_id=made.id)


@bp.route("/patients/<int:patient_id>/removal", methods=["GET", "POST"])
@requires(Permission.PATIENT_REMOVE)
def patient_removal(patient_id: int) -> Response:
    """What removing means, then the button; a clinician only lets go of whom they registered."""
    shown = get_visible_patient(db.session, g.actor, patient_id)
    if request.method == "GET":
        return page("staff/patients/removal.html", patient=shown)
    try:
        in_transaction(db.session, lambda: remove_patient(db.session, shown, by=g.actor, at=clock.now()))
    except WouldStrand as refusal:
        return page("staff/patients/removal.html", patient=shown, coming=refusal.appointments, status=409)
    except Forbidden:
        problem = gettext("You can let go only of patients whom you registered yourself.")
        return page("staff/patients/removal.html", patient=shown, problem=problem, status=403)
    flash(gettext("%(name)s is removed.", name=shown.full_name), "success")
    return redirect_to("staff.patients")


def _new(
    carer: Patient,
    form: CallersDependantForm,
    status: int,
    duplicate: PossibleDuplicate | DuplicateUnexplained | None = None,
) -> Response:
    template = "staff/patients/new_dependant.html"
    return page(template, patient=carer, form=form, duplicate=duplicate, status=status)


def _register(carer: Patient, form: CallersDependantForm) -> Patient:
    facts = form.facts() | {"why_new": form.said_new()}
    return caring.add_dependant(db.session, carer, by=g.actor, at=clock.now(), **facts)
