"""Waiting for an earlier time, or for any: joining, seeing what one waits for, and leaving."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import queries as appointments
from portal.appointments.commands.offering import Offer, find_offer
from portal.appointments.models import SessionType
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.caring import cared_for_by
from portal.people.models import Patient
from portal.waiting_list import commands, queries
from portal.web.admin.saving import saved
from portal.web.arguments import check_is_page, page_number
from portal.web.patient import bp
from portal.web.rendering import page, redirect_to
from portal.web.waiting_list_forms import WAYS, EarlierForm, WishForm


@bp.get("/waiting-list")
@requires(Permission.WAITING_LIST_OWN)
def waiting_list() -> Response:
    """What one waits for, and what is being offered now."""
    found = queries.waiting(db.session, g.actor, page=page_number())
    check_is_page(found)
    return page(
        "patient/waiting_list/index.html",
        found=found,
        offers=queries.open_offers(db.session, g.actor, clock.now()),
    )


@bp.route("/appointments/<int:appointment_id>/earlier", methods=["GET", "POST"])
@requires(Permission.WAITING_LIST_OWN)
def earlier(appointment_id: int) -> Response:
    """Say which days and times would do, for a visit that is to come earlier."""
    visit = appointments.get_visible(db.session, g.actor, appointment_id)
    form = EarlierForm()
    status = 200
    if request.method == "POST":
        if form.validate() and saved(form, lambda: _join(visit.id, form)):
            flash(gettext("We will tell you as soon as something earlier is free."), "success")
            return redirect_to("patient.appointment", appointment_id=appointment_id)
        status = 422
    return page(
        "patient/waiting_list/earlier.html",
        appointment=visit,
        entry=queries.entry_of(db.session, visit),
        has_others=queries.has_others(db.session, visit),
        form=form,
        status=status,
    )


@bp.route("/waiting-list/new", methods=["GET", "POST"])
@requires(Permission.WAITING_LIST_OWN)
def new_wish() -> Response:
    """Wait for any time of a service at a place: ?slot= names them, its time is not looked at.

    With ?any=yes and ?session_type= it is filled in that any clinician will do, and how they would meet.
    """
    key = SlotKey.parse(request.args.get("slot", ""))
    offered = find_offer(db.session, key)
    form = _wish_form(offered)
    status = 200
    if request.method == "POST":
        if form.validate() and saved(form, lambda: _wish(key, form)):
            flash(gettext("We will tell you as soon as a time is free."), "success")
            return redirect_to("patient.waiting_list")
        status = 422
    return page("patient/waiting_list/new.html", offered=offered, form=form, slot=_named(key), status=status)


@bp.post("/waiting-list/<int:entry_id>/end")
@requires(Permission.WAITING_LIST_OWN)
def end_waiting(entry_id: int) -> Response:
    """Wait no longer."""
    entry = queries.get_visible(db.session, g.actor, entry_id)
    in_transaction(db.session, lambda: commands.leave(db.session, entry, by=g.actor, at=clock.now()))
    flash(gettext("You are no longer on the waiting list for this."), "success")
    return redirect_to("patient.waiting_list")


def _join(appointment_id: int, form: EarlierForm) -> Any:
    visit = appointments.get_visible(db.session, g.actor, appointment_id)
    return commands.join_for_earlier(
        db.session, visit, form.when(), any_clinician=form.any_clinician.data, by=g.actor, at=clock.now()
    )


def _wish_form(offered: Offer) -> WishForm:
    """Which ways there are depends on the service; only who books for others is asked who is coming."""
    form = WishForm()
    form.session_type.choices = [way for way in WAYS if way[0] in _ways(offered)]
    if g.actor.cares_for:
        cares = cared_for_by(db.session, g.actor.patient_id)
        people = [(care.patient_id, care.patient.full_name) for care in cares]
        form.patient_id.choices = [(g.actor.patient_id, gettext("Myself")), *people]
    else:
        del form.patient_id
    if request.method == "GET":
        ways = [way for way, _label in form.session_type.choices]
        asked = request.args.get("session_type")
        form.session_type.data = asked if asked in ways else ways[0]
        form.any_clinician.data = request.args.get("any") == "yes"
    return form


def _wish(key: SlotKey, form: WishForm) -> Any:
    patient_id = form.patient_id.data if "patient_id" in form else g.actor.patient_id
    return commands.join_for_any(
        db.session,
        key,
        db.session.get_one(Patient, patient_id),
        form.when(),
        any_clinician=form.any_clinician.data,
        session_type=SessionType(form.session_type.data),
        by=g.actor,
        at=clock.now(),
    )


def _ways(offered: Offer) -> set[str]:
    ways = {SessionType.IN_PERSON: offered.service.is_in_person and offered.centre is not None}
    return {
        way
        for way, is_offered in {**ways, SessionType.ONLINE: offered.service.is_online}.items()
        if is_offered
    }


def _named(key: SlotKey) -> str:
    return f"{key.clinician_id}-{key.centre_id or 0}-{key.service_id}-0"
