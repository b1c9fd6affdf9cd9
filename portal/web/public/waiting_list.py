"""The link in the message of an offer: take the time, say no thanks, or wait no longer. No sign-in is needed.

Programs that look through mail open links: a GET changes nothing.
"""

from functools import partial

from flask import Blueprint, Response, flash, g, url_for
from flask_babel import gettext

from portal.appointments.availability import Asking
from portal.appointments.errors import NotBookable, SlotTaken
from portal.appointments.models import Appointment
from portal.appointments.nearest import alternatives
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import public, requires
from portal.delivery.tills import practice
from portal.payments.requiring import ways_to_pay
from portal.waiting_list import commands, queries
from portal.waiting_list.errors import NothingToWaitFor, OfferGone
from portal.waiting_list.links import offer_of_token, offer_token
from portal.waiting_list.models import Offer, OfferState
from portal.web.rendering import page, redirect_to
from portal.web.waiting_list_forms import waiting_days

bp = Blueprint("waiting_list", __name__, url_prefix="/waiting-list")
bp.add_app_template_filter(waiting_days)
GONE = (OfferGone, SlotTaken, NotBookable, NothingToWaitFor)


@bp.get("/offers/<string(maxlength=100):token>")
@public
def offer(token: str) -> Response:
    """The time that is kept, beside the old one; or what became of it."""
    found = _offered(token)
    at = clock.now()
    if found.state == OfferState.ACCEPTED:
        return page("waiting_list/accepted.html", offer=found, visit=found.visit)
    if not found.is_open(at):
        return _over(found, token)
    return page("waiting_list/offer.html", offer=found, token=token, is_paid_first=_is_paid_first(found))


@bp.post("/offers/<string(maxlength=100):token>/acceptance")
@public
def accept(token: str) -> Response:
    """Take it. Saying yes twice takes it once."""
    found = _offered(token)
    try:
        visit = in_transaction(
            db.session,
            lambda: commands.accept(db.session, found, at=clock.now(), is_paid_first=_is_paid_first(found)),
        )
    except GONE as refusal:
        db.session.refresh(found)
        flash(gettext(refusal.message, **refusal.values), "danger")
        return redirect_to("waiting_list.offer", token=token)
    return _then(visit, token)


@bp.post("/offers/<string(maxlength=100):token>/refusal")
@public
def decline(token: str) -> Response:
    """No thanks: it goes to the next. Whoever waits goes on waiting."""
    found = _offered(token)
    in_transaction(db.session, lambda: commands.decline(db.session, found, at=clock.now()))
    return redirect_to("waiting_list.offer", token=token)


@bp.get("/offers/<string(maxlength=100):token>/end")
@public
def ending(token: str) -> Response:
    """What would end, and one button."""
    return page("waiting_list/end.html", offer=_offered(token), token=token)


@bp.post("/offers/<string(maxlength=100):token>/end")
@public
def end(token: str) -> Response:
    """Wait no longer."""
    entry = _offered(token).entry
    by = commands.actor_of(entry.patient)
    in_transaction(db.session, lambda: commands.leave(db.session, entry, by=by, at=clock.now()))
    return redirect_to("waiting_list.ending", token=token)


@bp.get("/own-offers/<int:offer_id>")
@requires(Permission.WAITING_LIST_OWN)
def own_offer(offer_id: int) -> Response:
    """The same page, for whoever comes from what they were told in-app."""
    found = queries.get_offer(db.session, g.actor, offer_id)
    return redirect_to("waiting_list.offer", token=offer_token(settings().secret_key, found))


def _over(found: Offer, token: str) -> Response:
    return page(
        "waiting_list/over.html",
        offer=found,
        token=token,
        others=_others(found),
        address=partial(_address, found),
    )


def _offered(token: str) -> Offer:
    return offer_of_token(db.session, settings().secret_key, token)


def _is_paid_first(found: Offer) -> bool:
    """Must a new booking be paid for on the internet? A visit that moves keeps its money."""
    if found.moves_visit:
        return False
    return not ways_to_pay(practice(), found.hold, by=commands.actor_of(found.patient)).later


def _then(visit: Appointment, token: str) -> Response:
    if visit.is_hold:
        return redirect_to("holds.show", uid=visit.uid)
    return redirect_to("waiting_list.offer", token=token)


def _address(found: Offer, slot: Slot) -> str:
    """Where that time is chosen: for the visit that is to move, or for a new one."""
    visit = found.entry.appointment
    if visit is None:
        return url_for("public.clinician", clinician_id=found.hold.clinician.slug, slot=slot.id)
    on = clock.local_day(slot.starts_at, visit.zone)
    return url_for(
        "patient.rescheduling",
        appointment_id=visit.id,
        month=f"{on:%Y-%m}",
        day=on.isoformat(),
        slot=slot.id,
    )


def _others(found: Offer) -> list[Slot]:
    """Free times nearest to the one that is gone."""
    wanted = found.entry.appointment or found.hold
    asking = Asking(clock.now(), patient_resource_id=found.patient.resource_id)
    return alternatives(db.session, wanted.clinician, wanted.service, found.starts_at, asking)
