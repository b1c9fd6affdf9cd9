"""Booking a time that is not offered: each rule it breaks is named, and who may books it anyway, with a reason."""

from collections.abc import Sequence

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
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.scheduling.models import Service
from portal.scheduling.rules import Refusal
from portal.web.desk import bp
from portal.web.desk.booking_page import Parts, booking_page
from portal.web.desk.forms import OverbookingForm, overbooking_form
from portal.web.desk.held import take
from portal.web.desk.offerings import Catalogue, catalogue
from portal.web.desk.wanted import Wanted
from portal.web.rendering import redirect_to
from portal.web.rule_labels import rules_read


@bp.post("/bookings/overbookings")
@requires(Permission.APPOINTMENT_OVERBOOK)
def overbook() -> Response:
    """Hold the time like any other, or say which rules it breaks; once these are known, book it with a reason."""
    wanted = Wanted.from_values(request.form).but(overbook=1)
    if wanted.patient_id is None:
        raise NotFound
    patient = get_visible_patient(db.session, g.actor, wanted.patient_id)
    found = catalogue(db.session, g.actor)
    form = overbooking_form(wanted, found)
    rules = rules_read()
    if not form.validate():
        return booking_page(wanted, Parts(overbooking=form, rules=rules), status=422)
    try:
        return _take_or_book(_key(form, found), found, patient, rules, form.reason.data or "")
    except SlotTaken as refusal:
        return _warned(wanted, form, refusal)
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return booking_page(wanted, Parts(overbooking=form, rules=rules), status=422)


def _take_or_book(
    key: SlotKey, found: Catalogue, patient: Patient, rules: Sequence[Refusal], reason: str
) -> Response:
    if not rules:
        slot = key.with_length_of(_service(found, key)).id
        held = in_transaction(db.session, lambda: take(slot, patient))
        return redirect_to("desk.new_booking", hold=held.uid)
    override = commands.Override(frozenset(rules), reason)
    booked = in_transaction(db.session, lambda: _book(key, patient, override))
    return redirect_to("desk.booked", appointment_id=booked.id)


def _warned(wanted: Wanted, form: OverbookingForm, refusal: SlotTaken) -> Response:
    """All that is in the way, to be overridden by those who may; else why it cannot be had."""
    if refusal.rules and commands.may_override(g.actor, refusal.rules):
        known = dict.fromkeys([*rules_read(), *refusal.rules])
        return booking_page(wanted, Parts(overbooking=form, rules=list(known)), status=refusal.status)
    form.form_errors.append(gettext(refusal.message))
    return booking_page(wanted, Parts(overbooking=form), status=refusal.status)


def _service(found: Catalogue, key: SlotKey) -> Service:
    return found.of_service(key.service_id).service


def _key(form: OverbookingForm, found: Catalogue) -> SlotKey:
    one = found.of_service(int(form.service.data))
    centre = get_visible(db.session, g.actor, int(form.centre_id.data))
    return SlotKey(one.clinician.id, centre.id, one.service.id, form.instant(centre.zone))


def _book(key: SlotKey, patient: Patient, override: commands.Override) -> Appointment:
    return commands.book(
        db.session,
        key,
        patient=patient,
        by=g.actor,
        at=clock.now(),
        channel=Channel.DESK,
        override=override,
    )
