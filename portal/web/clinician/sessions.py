"""A clinician books a session for a patient of their own, known or new, on one page."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import commands, queries
from portal.appointments.errors import NotBookable, SlotTaken
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.people.clients import find_or_register
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.web import arguments
from portal.web.clinician import bp
from portal.web.clinician.session_form import SessionForm, free_times, offer_times, session_form
from portal.web.desk.offerings import Catalogue, catalogue
from portal.web.filters import date_time
from portal.web.rendering import page, redirect_to
from portal.web.rule_labels import rules_read

FIELDS = {"consultation_fee": "fee", "patient_id": "phone"}


@bp.route("/appointments/new", methods=["GET", "POST"])
@requires(Permission.DAY_SCHEDULE_OWN)
def new_session() -> Response:
    """?patient_id=, ?service_id=, ?date=, ?follow_up_of=; posted, it is filled in further and shows what is free."""
    found = catalogue(db.session, g.actor)
    if not found.offerings:
        return page("clinician/no_services.html")
    return _show(session_form(found, clock.now()), found)


@bp.post("/appointments")
@requires(Permission.DAY_SCHEDULE_OWN)
def create_session() -> Response:
    """Book it, or say what is in the way, with all that was filled in."""
    found = catalogue(db.session, g.actor)
    if not found.offerings:
        return redirect_to("clinician.new_session")
    form = session_form(found, clock.now())
    key = form.key(found) if form.validate() else None
    if key is None:
        return _show(form, found, status=422)
    try:
        booked = in_transaction(db.session, lambda: _book(form, key))
    except (Invalid, Duplicate) as refusal:
        return _corrected(form, found, refusal)
    except NotBookable as refusal:
        form.form_errors.append(gettext(refusal.message))
        return _show(form, found, status=int(refusal.status))
    except SlotTaken as refusal:
        return _refused(form, found, refusal)
    return _done(booked, form)


def _book(form: SessionForm, key: SlotKey) -> Appointment:
    patient = _patient(form)
    booked = commands.book(
        db.session,
        key,
        patient=patient,
        by=g.actor,
        at=clock.now(),
        channel=Channel.DESK,
        session_type=form.way,
        details=form.details(),
        override=commands.Override(frozenset(rules_read()), form.reason.data or ""),
    )
    earlier = _follow_up_of()
    if earlier is not None:
        commands.follow_up(booked, of=queries.get_visible(db.session, g.actor, earlier))
    return booked


def _patient(form: SessionForm) -> Patient:
    if form.patient_id.data:
        return get_visible_patient(db.session, g.actor, int(form.patient_id.data))
    return find_or_register(
        db.session,
        full_name=form.full_name.data or "",
        phone=form.phone.data or None,
        email=form.email.data or None,
        region=settings().default_region,
        why_new=form.said_new(),
        by=g.actor,
        at=clock.now(),
    )


def _corrected(form: SessionForm, found: Catalogue, refusal: Invalid | Duplicate) -> Response:
    """What is wrong with what was filled in, or who the patient may be."""
    if isinstance(refusal, PossibleDuplicate):
        return _show(form, found, rules=rules_read(), duplicate=refusal, status=409)
    said = {FIELDS.get(name, name): gettext(text) for name, text in refusal.details.items()}
    form.refuse(said or {"": gettext(refusal.message)})
    unexplained = refusal if isinstance(refusal, DuplicateUnexplained) else None
    return _show(form, found, rules=rules_read(), duplicate=unexplained, status=422)


def _refused(form: SessionForm, found: Catalogue, refusal: SlotTaken) -> Response:
    """The rules in the way of those who may book around them, else why, and other times."""
    if refusal.rules and commands.may_override(g.actor, refusal.rules):
        rules = list(dict.fromkeys([*rules_read(), *refusal.rules]))
        return _show(form, found, rules=rules, status=int(refusal.status))
    form.form_errors.append(gettext(refusal.message))
    return _show(form, found, alternatives=refusal.alternatives, status=int(refusal.status))


def _done(booked: Appointment, form: SessionForm) -> Response:
    name = booked.patient.full_name if booked.patient else ""
    said = gettext(
        "Booked for %(name)s: %(when)s. The patient is told.",
        name=name,
        when=date_time(booked.starts_at, booked.zone),
    )
    flash(said, "success")
    if form.full_name.data and form.full_name.data.casefold() != name.casefold() and not form.patient_id.data:
        flash(gettext("We know this patient as %(name)s.", name=name), "info")
    on = clock.local_day(booked.starts_at, booked.clinician.zone)
    return redirect_to("clinician.day", date=on, appointment=booked.id, _anchor="beside-title")


def _show(form: SessionForm, found: Catalogue, *, status: int = 200, **more: Any) -> Response:
    _, _, zone = form.place(found)
    slots = free_times(form, found, clock.now())
    offer_times(form, slots, zone)
    context = {"rules": [], "alternatives": [], "duplicate": None, **more}
    return page(
        "clinician/new_session.html",
        fragment="clinician/_session_times.html",
        status=status,
        form=form,
        slots=slots,
        zone=zone,
        follow_up_of=_follow_up_of(),
        **context,
    )


def _follow_up_of() -> int | None:
    """The visit that this one is to follow, as the address or the form names it."""
    sent = arguments.number(request.form.get("follow_up_of", ""))
    return arguments.whole_number("follow_up_of") if sent is None else sent
