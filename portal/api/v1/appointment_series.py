"""Visits that repeat: looked at date by date, booked together or not at all, and the rest of them cancelled."""

import uuid
from datetime import datetime

from flask import Blueprint, g
from flask_babel import gettext, ngettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import appointment_shape
from portal.api.v1.representations.base import Answer, Done
from portal.api.v1.representations.series import DateShape, Instead, OtherTime, Rest, SeriesIn, SeriesShape
from portal.api.v1.when import slot_key
from portal.appointments import commands
from portal.appointments.commands import Pattern
from portal.appointments.commands.proposing import Proposed
from portal.appointments.commands.repeating import is_to_come
from portal.appointments.errors import NOT_OFFERED, THEY_ARE_ENGAGED
from portal.appointments.models import Channel
from portal.appointments.series import Series, get_visible_series
from portal.appointments.slots import Slot, SlotKey
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings
from portal.payments.queries import accounts_of
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.scheduling.rules import Refusal

bp = Blueprint("api_appointment_series", __name__, url_prefix="/appointment-series")
READ = (Permission.APPOINTMENT_VIEW, Permission.APPOINTMENT_BOOK_OWN)


@bp.post("")
@endpoint("BKG-10", Answer[SeriesShape], Permission.APPOINTMENT_BOOK_FOR_OTHERS, is_write=True)
def create(json: SeriesIn) -> SeriesShape:
    """Book a patient every week, every two weeks or every month, at the same time of day; all dates or none.

    With `dryRun` each date says whether it can be had, and what could be had instead; `instead` settles them. Refused
    with SLOT_UNAVAILABLE while one is in the way: `visits` names the numbers. The patient is told in one message.
    """
    patient = get_visible_patient(db.session, g.actor, json.patient_id)
    pattern = _pattern(json)
    if json.dry_run:
        return _dates(pattern, patient)
    series = commands.repeat(
        db.session,
        pattern,
        form_key=uuid.uuid4(),
        patient=patient,
        by=g.actor,
        at=clock.now(),
        channel=Channel.API,
        session_type=json.session_type,
    )
    return _shape(get_visible_series(db.session, g.actor, series.id), g.actor)


@bp.get("/<int:series_id>")
@endpoint("BKG-10", Answer[SeriesShape], *READ)
def show(series_id: int) -> SeriesShape:
    """Read the visits of a series, those that were moved or cancelled too. What staff read of a patient is audited."""
    series, actor = _seen(series_id)
    if actor.is_staff:
        in_transaction(db.session, lambda: _audit(series, actor))
    return _shape(series, actor)


@bp.delete("/<int:series_id>")
@endpoint("BKG-10", Done, Permission.APPOINTMENT_CANCEL, is_write=True)
def delete(series_id: int, query: Rest) -> Done:
    """Cancel all visits of a series that are still to come. What was paid for them goes back in full."""
    series, actor = _seen(series_id)
    if actor.role is Role.PATIENT:
        raise NotFound
    if not query.reason:
        raise Invalid(details={"reason": _("Say why, so that the patient can be told.")})
    at, late = clock.now(), settings().late_cancellation
    coming = [visit for visit in series.visits if is_to_come(visit, at)]
    ended = commands.cancel_together(db.session, coming, by=actor, at=at, late=late, reason=query.reason)
    said = "%(num)s appointment is cancelled."
    return Done(message=ngettext(said, "%(num)s appointments are cancelled.", len(ended)))


def _pattern(json: SeriesIn) -> Pattern:
    instead = {one.number: _start_of(one) for one in json.instead}
    return Pattern(slot_key(db.session, json.when()), json.rhythm, json.count, instead)


def _start_of(one: Instead) -> datetime | None:
    return SlotKey.parse(one.slot_id).starts_at if one.slot_id else one.start_at


def _seen(series_id: int) -> tuple[Series, Actor]:
    """The series, and the actor in the role in which they take part in it."""
    series = get_visible_series(db.session, g.actor, series_id)
    is_colleague = g.actor.role is Role.CLINICIAN and series.visits[0].clinician_id != g.actor.clinician_id
    return series, g.actor.as_patient() if is_colleague else g.actor


def _dates(pattern: Pattern, patient: Patient) -> SeriesShape:
    proposal = commands.propose(db.session, pattern, patient=patient, by=g.actor, at=clock.now())
    return SeriesShape(
        id=None, rhythm=pattern.rhythm, dates=[_date(one) for one in proposal.visits], appointments=[]
    )


def _date(one: Proposed) -> DateShape:
    return DateShape(
        number=one.number,
        planned_at=one.planned_at,
        start_at=one.starts_at,
        is_free=one.starts_at is not None and one.refusal is None,
        refusal=one.refusal,
        message=gettext(_said_of(one.refusal)) if one.refusal else None,
        same_day=[_other(slot) for slot in one.same_day],
        next_free=_other(one.next_free) if one.next_free else None,
    )


def _said_of(refusal: Refusal) -> str:
    return THEY_ARE_ENGAGED if refusal is Refusal.ENGAGED else NOT_OFFERED[refusal]


def _other(slot: Slot) -> OtherTime:
    return OtherTime(slot_id=slot.id, start_at=slot.starts_at)


def _shape(series: Series, actor: Actor) -> SeriesShape:
    accounts = accounts_of(db.session, series.visits)
    visits = [appointment_shape(visit, actor, accounts[visit.id]) for visit in series.visits]
    return SeriesShape(id=series.id, rhythm=series.rhythm, dates=[], appointments=visits)


def _audit(series: Series, actor: Actor) -> None:
    first = series.visits[0]
    record_view(db.session, "appointment", first.id, by=actor, patient_id=first.patient_id, at=clock.now())
