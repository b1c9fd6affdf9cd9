"""Booking a time that is not free: an explicit act of those who may, with a reason."""

from flask import Response, g, request
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.centres.queries import get_visible
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.web.desk import bp
from portal.web.desk.booking_page import Parts, booking_page
from portal.web.desk.forms import OverbookingForm, overbooking_form
from portal.web.desk.offerings import Catalogue, catalogue
from portal.web.desk.wanted import Wanted
from portal.web.rendering import redirect_to


@bp.post("/bookings/overbookings")
@requires(Permission.APPOINTMENT_OVERBOOK)
def overbook() -> Response:
    """Book at once, whoever has that time already."""
    wanted = Wanted.from_values(request.form).but(overbook=1)
    if wanted.patient_id is None:
        raise NotFound
    patient = get_visible_patient(db.session, g.actor, wanted.patient_id)
    found = catalogue(db.session, g.actor)
    form = overbooking_form(wanted, found)
    if not form.validate():
        return booking_page(wanted, Parts(overbooking=form), status=422)
    key = _key(form, found)
    try:
        booked = in_transaction(db.session, lambda: _book(key, patient, form.reason.data))
    except SlotTaken as gone:
        form.form_errors.append(gettext(gone.message))
        return booking_page(wanted, Parts(overbooking=form), status=409)
    return redirect_to("desk.booked", appointment_id=booked.id)


def _key(form: OverbookingForm, found: Catalogue) -> SlotKey:
    one = found.of_service(int(form.service.data))
    centre = get_visible(db.session, g.actor, int(form.centre_id.data))
    starts_at = clock.at(form.on.data, form.time.data, centre.zone)
    return SlotKey(one.clinician.id, centre.id, one.service.id, starts_at)


def _book(key: SlotKey, patient: Patient, reason: str) -> Appointment:
    return commands.book(
        db.session,
        key,
        patient=patient,
        by=g.actor,
        at=clock.now(),
        channel=Channel.DESK,
        overbook=True,
        reason=reason,
    )
