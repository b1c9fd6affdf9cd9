"""The waiting list: joining, leaving, and answering what is offered."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.appointments import detail, fresh
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import AppointmentDetail
from portal.api.v1.representations.base import Answer, Done, Listed, Paged, paged
from portal.api.v1.representations.waiting_list import (
    EntryQuery,
    EntryShape,
    NewEntry,
    OfferShape,
    entry_shape,
    offer_shape,
)
from portal.appointments import queries as appointments
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Actor, Permission, Role
from portal.delivery.tills import practice
from portal.payments.requiring import ways_to_pay
from portal.people.models import Patient
from portal.people.queries import get_listed, get_visible_patient
from portal.waiting_list import commands, queries
from portal.waiting_list.models import Entry

bp = Blueprint("api_waiting_list", __name__, url_prefix="/waiting-list")
BOTH = (Permission.WAITING_LIST_OWN, Permission.WAITING_LIST_MANAGE)


@bp.get("")
@endpoint("WTL-01", Listed[EntryShape], *BOTH)
def index(query: EntryQuery) -> Paged[EntryShape]:
    """List who waits, in the order in which they are asked: own entries, for staff those of their centre."""
    found = queries.waiting(
        db.session, g.actor, centre_id=query.centre_id, page=query.page, limit=query.limit
    )
    return paged(found, entry_shape)


@bp.post("")
@endpoint("WTL-01", Answer[EntryShape], *BOTH, status=201, is_write=True)
def create(json: NewEntry) -> EntryShape:
    """Wait for an earlier time of an appointment, or for any time of a service of a clinician."""
    entry = _earlier(json) if json.appointment_id is not None else _any(json)
    db.session.flush()
    return entry_shape(entry)


@bp.delete("/<int:entry_id>")
@endpoint("WTL-01", Done, *BOTH, is_write=True)
def delete(entry_id: int) -> Done:
    """Wait no longer; what is being offered goes to the next."""
    entry = queries.get_visible(db.session, g.actor, entry_id)
    commands.leave(db.session, entry, by=g.actor, at=clock.now())
    return Done(message=gettext("Removed from the waiting list."))


@bp.get("/offers")
@endpoint("WTL-02", Answer[list[OfferShape]], Permission.WAITING_LIST_OWN)
def offers() -> list[OfferShape]:
    """List the times that are kept for oneself now, the first to expire first."""
    return [offer_shape(offer) for offer in queries.open_offers(db.session, g.actor, clock.now())]


@bp.post("/offers/<int:offer_id>/accept")
@endpoint("WTL-02", Answer[AppointmentDetail], Permission.WAITING_LIST_OWN, is_write=True)
def accept(offer_id: int) -> AppointmentDetail:
    """Take the time: the appointment moves, or a new one is booked; held, where it is paid for first.

    With another clinician than the appointment's, that one is cancelled as soon as the new one is booked.
    """
    offer = queries.get_offer(db.session, g.actor, offer_id)
    by = commands.actor_of(offer.patient)
    is_paid_first = not offer.moves_visit and not ways_to_pay(practice(), offer.hold, by=by).later
    visit = commands.accept(db.session, offer, at=clock.now(), is_paid_first=is_paid_first)
    return detail(fresh(visit), g.actor)


@bp.post("/offers/<int:offer_id>/decline")
@endpoint("WTL-02", Done, Permission.WAITING_LIST_OWN, is_write=True)
def decline(offer_id: int) -> Done:
    """No thanks: the time goes to the next. The entry stays."""
    offer = queries.get_offer(db.session, g.actor, offer_id)
    commands.decline(db.session, offer, at=clock.now())
    return Done(message=gettext("The time goes to the next person."))


def _earlier(json: NewEntry) -> Entry:
    visit = appointments.get_visible(db.session, g.actor, json.appointment_id or 0)
    return commands.join_for_earlier(
        db.session, visit, json.when(), any_clinician=json.any_clinician, by=g.actor, at=clock.now()
    )


def _any(json: NewEntry) -> Entry:
    missing = [name for name in ("clinician_id", "service_id") if getattr(json, name) is None]
    if missing:
        raise Invalid(details={name: _("Say what you wait for.") for name in missing})
    clinician = get_listed(db.session, json.clinician_id or 0)
    key = SlotKey(
        clinician.id, json.centre_id or clinician.primary_centre_id, json.service_id or 0, clock.now()
    )
    return commands.join_for_any(
        db.session,
        key,
        _patient(g.actor, json),
        json.when(),
        any_clinician=json.any_clinician,
        session_type=json.session_type,
        by=g.actor,
        at=clock.now(),
    )


def _patient(actor: Actor, json: NewEntry) -> Patient:
    patient_id = json.patient_id or actor.patient_id
    if actor.role is Role.PATIENT and patient_id not in actor.patient_ids:
        raise NotFound
    if patient_id is None:
        raise Invalid(details={"patient_id": _("Say who waits.")})
    return get_visible_patient(db.session, actor, patient_id)
