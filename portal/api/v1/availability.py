"""A clinician's hours, by the same commands as the pages: what is booked stays where it is."""

from collections.abc import Callable

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.availability import (
    AvailabilityIn,
    AvailabilityShape,
    BookingRulesShape,
    ExceptionIn,
    exception_shape,
    rule_shape,
    stranded_shape,
)
from portal.api.v1.representations.base import Answer
from portal.api.v1.who import check_in_reach, manageable_clinician, readable_clinician
from portal.appointments.commands import guarded
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission, Role
from portal.people.commands import set_accepting
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.commands import WeeklyHours
from portal.scheduling.errors import BadHours
from portal.scheduling.queries import date_exceptions, schedule_of, weekly_rules

bp = Blueprint("api_availability", __name__, url_prefix="/clinicians/<string:clinician_id>/availability")


@bp.get("")
@endpoint("AVL-01", Answer[AvailabilityShape], is_cacheable=True)
def show(clinician_id: str) -> AvailabilityShape:
    """Read the week, the dates on which it does not hold, and the booking rules."""
    return _shape(readable_clinician(clinician_id))


@bp.put("")
@endpoint("AVL-01", Answer[AvailabilityShape], Permission.AVAILABILITY_EDIT, is_write=True)
def replace(clinician_id: str, json: AvailabilityIn) -> AvailabilityShape:
    """Replace the whole week, and what else is given.

    Refused with CONFLICT when appointments would stay booked outside the hours, unless `force` says so.
    """
    clinician = manageable_clinician(clinician_id)
    return _changed(clinician, json, lambda: _replace(clinician, json))


@bp.patch("")
@endpoint("AVL-01", Answer[AvailabilityShape], Permission.AVAILABILITY_EDIT, is_write=True)
def update(clinician_id: str, json: AvailabilityIn) -> AvailabilityShape:
    """Change the days that are given, add dates, change booking rules in part.

    Refused with CONFLICT when appointments would stay booked outside the hours, unless `force` says so.
    """
    clinician = manageable_clinician(clinician_id)
    return _changed(clinician, json, lambda: _merge(clinician, json))


def _changed(clinician: Clinician, wanted: AvailabilityIn, change: Callable[[], None]) -> AvailabilityShape:
    if wanted.timezone not in (None, *_zones(clinician)):
        raise Invalid(details={"timezone": _("Hours are in the time zone of their centre.")})
    stranded = guarded(db.session, [clinician], change, accepted=wanted.force, at=clock.now())
    return _shape(clinician, stranded if wanted.force else None)


def _replace(clinician: Clinician, wanted: AvailabilityIn) -> None:
    if wanted.days is not None:
        _set_week(clinician, wanted.hours(clinician.primary_centre_id))
    if wanted.date_exceptions is not None:
        for old in date_exceptions(db.session, clinician.id, from_on=clock.now().date()):
            check_in_reach(old.centre_id)
            commands.remove_exception(db.session, clinician, old.id)
    _change_the_rest(clinician, wanted)


def _merge(clinician: Clinician, wanted: AvailabilityIn) -> None:
    if wanted.days is not None:
        kept = [
            WeeklyHours(
                rule.weekday,
                rule.start_time,
                rule.end_time,
                rule.centre_id,
                rule.week_of_month,
                rule.slot_minutes,
            )
            for rule in weekly_rules(db.session, clinician.id)
            if rule.weekday not in wanted.days and _is_mine(rule.centre_id)
        ]
        _set_week(clinician, [*wanted.hours(clinician.primary_centre_id), *kept])
    _change_the_rest(clinician, wanted)


def _set_week(clinician: Clinician, hours: list[WeeklyHours]) -> None:
    try:
        commands.replace_hours(db.session, clinician, hours, at=clock.now(), by=g.actor)
    except BadHours as error:
        raise Invalid(details={f"rules.{error.position or 0}": error.message}) from error


def _change_the_rest(clinician: Clinician, wanted: AvailabilityIn) -> None:
    for exception in wanted.date_exceptions or []:
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
    centre_id = wanted.centre_id or (clinician.primary_centre_id if wanted.is_available else None)
    if centre_id is not None:
        check_in_reach(centre_id)
    commands.add_exception(
        db.session,
        clinician,
        starts_on=wanted.date,
        ends_on=wanted.end_date or wanted.date,
        start_time=wanted.start_time.replace(tzinfo=None) if wanted.start_time else None,
        end_time=wanted.end_time.replace(tzinfo=None) if wanted.end_time else None,
        is_available=wanted.is_available,
        centre_id=centre_id,
        reason=wanted.reason,
    )


def _shape(clinician: Clinician, stranded: list[Appointment] | None = None) -> AvailabilityShape:
    schedule = schedule_of(db.session, clinician.id)
    rules = weekly_rules(db.session, clinician.id)
    with_reason = g.actor.is_staff and (
        g.actor.role is not Role.CLINICIAN or g.actor.clinician_id == clinician.id
    )
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
    by_id = {centre.id: centre.time_zone for centre in clinician.centres}
    usual = by_id.get(clinician.primary_centre_id or 0, clinician.time_zone)
    return list(dict.fromkeys([usual, *by_id.values()]))


def _is_mine(centre_id: int | None) -> bool:
    """Staff of one centre replace the hours there; those elsewhere stay by themselves."""
    return g.actor.role is Role.CLINICIAN or g.actor.may_at(centre_id)
