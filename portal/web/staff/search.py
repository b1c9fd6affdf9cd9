"""One box for whoever is on the phone: patients and appointments. What is typed never stands in an address."""

from flask import Response, g, request

from portal.appointments.looking_up import find_by_reference, next_of
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.finding import Found, find_patients
from portal.web.rendering import page
from portal.web.staff import bp

LEAST_TYPED, MOST_TYPED = 2, 100
PATIENTS, APPOINTMENTS = 8, 8


@bp.route("/search", methods=["GET", "POST"])
@requires(Permission.PATIENT_VIEW)
def search() -> Response:
    """Patients by name, phone, date of birth or email, and appointments by reference, as far as one may see them."""
    typed = request.form.get("search", "").strip()[:MOST_TYPED]
    found, visits = Found((), has_more=False), []
    if len(typed) >= LEAST_TYPED:
        found = find_patients(db.session, g.actor, typed, limit=PATIENTS)
        named = find_by_reference(db.session, g.actor, typed)
        ids = {patient.id for patient in found.items}
        coming = next_of(db.session, g.actor, ids, at=clock.now(), limit=APPOINTMENTS)
        visits = [*([named] if named else []), *coming]
    return page(
        "staff/search/index.html",
        fragment="staff/search/_results.html",
        search=typed,
        is_asked=len(typed) >= LEAST_TYPED,
        found=found,
        visits=visits,
    )
