"""A clinician's hours, by the same commands as the pages: what is booked stays where it is."""

from collections.abc import Callable

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.finding import zone_at
from portal.api.v1.opening import check_to_come, of_field
from portal.api.v1.representations.availability import (
    AvailabilityShape,
    BookingRulesShape,
    exception_shape,
    rule_shape,
    stranded_shape,
)
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.hours import AvailabilityIn, ExceptionIn, Named
from portal.api.v1.who import check_in_reach, manageable_clinician, readable_clinician
from portal.appointments.commands import guarded
from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment
from portal.appointments.queries import ids_visible
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission, Role
from portal.people.commands import set_accepting
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.commands import WeeklyHours
from portal.scheduling.errors import BadHours, HoursOverlap
from portal.scheduling.queries import date_exceptions, schedule_of, weekly_rules

bp = Blueprint("api_availability", __name__, url_prefix="/clinicians/<string:clinician_id>/availability")


@bp.get("")
@endpoint("AVL-01", Answer[AvailabilityShape], is_cacheable=True, also=(401,))
def show(clinician_id: str) -> AvailabilityShape:
    """Read the week, the dates on which it does not hold, and the booking rules."""
    return _shape(readable_clinician(clinician_id))


@bp.put("")
@endpoint("AVL-01", Answer[AvailabilityShape], Permission.AVAILABILITY_EDIT, is_write=True)
def replace(clinician_id: str, json: AvailabilityIn) -> AvailabilityShape:
    """Replace the whole week, and the dates and booking rules that are given.

    Refused with CONFLICT when appointments would stay booked outside the hours, unless `force` says so; `stranded`
    names them either way.
    """
    clinician = manageable_clinician(clinician_id)
    return _changed(clinician, json, lambda: _replace(clinician, json))


@bp.patch("")
@endpoint("AVL-01", Answer[AvailabilityShape], Permission.AVAILABILITY_EDIT, is_write=True)
def update(clinician_id: str, json: AvailabilityIn) -> AvailabilityShape:
    """Change the days that are given, add dates, change booking rules in part.

    Refused with CONFLICT when appointments would stay booked outside the hours, unless `force` says so; `stranded`
    names them either way.
    """
    clinician = manageable_clinician(clinician_id)
    return _changed(clinician, json, lambda: _merge(clinician, json))


def _changed(clinician: Clinician, wanted: AvailabilityIn, change: Callable[[], None]) -> AvailabilityShape:
    if wanted.timezone not in (None, *_zones(clinician)):
        raise Invalid(details={"timezone": _("Hours are in the time zone of their centre.")})
    try:
        stranded = guarded(db.session, [clinician], change, accepted=wanted.force, at=clock.now())
    except WouldStrand as error:
        ids = sorted(ids_visible(db.session, g.actor, error.appointments))
        error.details["stranded"] = ", ".join(map(str, ids))
        raise
    seen = ids_visible(db.session, g.actor, stranded)
    return _shape(clinician, [one for one in stranded if one.id in seen] if wanted.force else None)


def _replace(clinician: Clinician, wanted: AvailabilityIn) -> None:
    if wanted.weekdays is not None:
        _set_week(clinician, wanted.week(_usual_centre(clinician)))
    if wanted.date_exceptions is not None:
        for old in date_exceptions(db.session, clinician.id, from_on=clock.now().date()):
            if old.centre_id is None or _is_mine(old.centre_id):
                commands.remove_exception(db.session, clinician, old.id)
    _change_the_rest(clinician, wanted)


def _merge(clinician: Clinician, wanted: AvailabilityIn) -> None:
    if wanted.weekdays is not None:
        kept = [
            WeeklyHours(**{name: getattr(rule, name) for name in WeeklyHours.__slots__})
            for rule in weekly_rules(db.session, clinician.id)
            if rule.weekday not in wanted.weekdays and _is_mine(rule.centre_id)
        ]
        given = wanted.week(_usual_centre(clinician))
        _set_week(clinician, [*given, *(Named("rules", hours) for hours in kept)])
    _change_the_rest(clinician, wanted)


def _set_week(clinician: Clinician, week: list[Named]) -> None:
    hours = [named.hours for named in week]
    try:
        commands.replace_hours(db.session, clinician, hours, at=clock.now(), by=g.actor)
    except BadHours as error:
        which = "start_time" if isinstance(error, HoursOverlap) else "end_time"
        raise Invalid(details={f"{week[error.position or 0].field}.{which}": error.message}) from error


def _change_the_rest(clinician: Clinician, wanted: AvailabilityIn) -> None:
    for number, exception in enumerate(wanted.date_exceptions or []):
        with of_field(f"date_exceptions.{number}"):
            _add(clinician, exception)
    if wanted.booking_rules is not None:
        schedule, given = schedule_of(db.session, clinician.id), wanted.booking_rules.given()
        commands.change_booking_rules(
            db.session,
            clinician,
            notice_hours=given.get("min_booking_notice", schedule.min_booking_notice_hours),
            advance_days=given.get("max_advance_booking", schedule.max_advance_booking_days),
            deadline_hours=given.get("cancellation_deadline", schedule.cancellation_deadline_hours),
            at=clock.now(),
        )
    if wanted.is_active is not None:
        set_accepting(db.session, clinician, by=g.actor, is_accepting=wanted.is_active, at=clock.now())


def _add(clinician: Clinician, wanted: ExceptionIn) -> None:
    centre_id = wanted.centre_id or (_usual_centre(clinician) if wanted.is_available else None)
    if centre_id is not None:
        check_in_reach(centre_id)
    check_to_come(clinician, wanted.end_date or wanted.date)
    commands.add_exception(
        db.session,
        clinician,
        starts_on=wanted.date,
        ends_on=wanted.end_date or wanted.date,
        start_time=wanted.start_time,
        end_time=wanted.end_time,
        is_available=wanted.is_available,
        centre_id=centre_id,
        reason=wanted.reason,
    )


def _shape(clinician: Clinician, stranded: list[Appointment] | None = None) -> AvailabilityShape:
    schedule = schedule_of(db.session, clinician.id)
    rules = weekly_rules(db.session, clinician.id)
    with_reason = _keeps_hours_of(clinician)
    return AvailabilityShape(
        clinician_id=clinician.id,
        type="monthly" if any(rule.week_of_month for rule in rules) else "weekly",
        timezone=_zones(clinician)[0],
        rules=[rule_shape(rule) for rule in rules],
        booking_rules=BookingRulesShape(
            min_booking_notice=schedule.min_booking_notice_hours,
            max_advance_booking=schedule.max_advance_booking_days,
            cancellation_deadline=schedule.cancellation_deadline_hours,
        ),
        date_exceptions=[
            exception_shape(one, with_reason=with_reason)
            for one in date_exceptions(db.session, clinician.id, from_on=clock.now().date())
        ],
        is_active=clinician.is_accepting,
        created_at=clinician.created_at,
        updated_at=schedule.updated_at,
        stranded=None if stranded is None else [stranded_shape(one) for one in stranded],
    )


def _zones(clinician: Clinician) -> list[str]:
    """The zone of the centre where they mainly work comes first; that of who works at none is their own."""
    usual = zone_at(clinician, clinician.primary_centre_id).key
    return list(dict.fromkeys([usual, *(centre.time_zone for centre in clinician.centres)]))


def _usual_centre(clinician: Clinician) -> int | None:
    """Where hours are that name no centre: where they mainly work, or of their centres that of the manager."""
    usual = clinician.primary_centre_id
    return next(
        (centre.id for centre in clinician.centres if not _is_mine(usual) and _is_mine(centre.id)), usual
    )


def _keeps_hours_of(clinician: Clinician) -> bool:
    """May the actor change these hours, and so read why somebody is away?"""
    if g.actor.role is Role.CLINICIAN:
        return bool(g.actor.clinician_id == clinician.id)
    is_in_reach = g.actor.may_at(None) or any(g.actor.may_at(centre.id) for centre in clinician.centres)
    return bool(is_in_reach and g.actor.may(Permission.AVAILABILITY_EDIT))


def _is_mine(centre_id: int | None) -> bool:
    """Staff of one centre replace the hours there; those elsewhere stay by themselves."""
    return bool(g.actor.role is Role.CLINICIAN or g.actor.may_at(centre_id))
