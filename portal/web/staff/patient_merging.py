"""Records of one person: the list of pairs, both side by side, and one instead of two."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments.commands import merge_patients
from portal.appointments.commands.merging import check_in_reach, overlapping
from portal.appointments.looking_up import next_of
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Forbidden, NotFound, PortalError
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.duplicates import pairs
from portal.people.models import Patient
from portal.people.patient_facts import CONTACT_DATA
from portal.people.queries import get_visible_patient
from portal.web.arguments import whole_number
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.patient_forms import GENDERS, PatientForm

OTHER = "other"
"""What the choice of a field says when the value of the record that goes is to stay."""
MOST_VISITS = 10


@bp.get("/patients/duplicates")
@requires(Permission.PATIENT_MERGE)
def duplicate_patients() -> Response:
    """Pairs of records that may be of one person, the newest first; ?before= goes on with older records."""
    before = whole_number("before")
    return page(
        "staff/patients/duplicates.html",
        found=pairs(db.session, g.actor, before=before),
        is_first=before is None,
    )


@bp.route("/patients/<int:patient_id>/merge/<int:other_id>", methods=["GET", "POST"])
@requires(Permission.PATIENT_MERGE)
def merge_patient(patient_id: int, other_id: int) -> Response:
    """Both records side by side, what a merge does, and the button; `patient_id` is the one that is kept."""
    kept, gone = (get_visible_patient(db.session, g.actor, one) for one in (patient_id, other_id))
    if kept.id == gone.id:
        return redirect_to("staff.patient", patient_id=kept.id)
    check_in_reach(db.session, g.actor, kept, gone)
    if request.method == "GET":
        in_transaction(db.session, lambda: _audit_views(kept, gone))
        return _compare(kept, gone)
    taking = {name for name in CONTACT_DATA if request.form.get(name) == OTHER}
    try:
        in_transaction(
            db.session,
            lambda: merge_patients(db.session, kept, gone, taking=taking, by=g.actor, at=clock.now()),
        )
    except (Forbidden, NotFound):
        raise
    except PortalError as refusal:
        return _compare(kept, gone, refusal=refusal)
    flash(gettext("The two records are one now."), "success")
    return redirect_to("staff.patient", patient_id=kept.id)


def _compare(kept: Patient, gone: Patient, *, refusal: PortalError | None = None) -> Response:
    now = clock.now()
    labels = {name: getattr(PatientForm, name).args[0] for name in CONTACT_DATA}
    values = {name: (getattr(kept, name), getattr(gone, name)) for name in CONTACT_DATA}
    differing = [name for name, (ours, theirs) in values.items() if ours and theirs and ours != theirs]
    return page(
        "staff/patients/merge.html",
        kept=kept,
        gone=gone,
        labels=labels,
        differing=differing,
        added=[name for name, (ours, theirs) in values.items() if theirs and not ours],
        taken={name for name in differing if request.form.get(name) == OTHER},
        genders=dict(GENDERS),
        moving=next_of(db.session, g.actor, {gone.id}, at=now, limit=MOST_VISITS),
        in_the_way=overlapping(db.session, kept, gone, now),
        refusal=refusal,
        status=refusal.status if refusal else 200,
    )


def _audit_views(*patients: Patient) -> None:
    for one in patients:
        record_view(db.session, "patient", one.id, by=g.actor, patient_id=one.id, at=clock.now())
