"""A clinician of the demo practice, with hours, leave and services, made by the product's own commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.money import parse_amount
from portal.core.permissions import Actor
from portal.demo.hours import ONLINE, read_hours, read_times
from portal.demo.people import PASSWORD, address
from portal.people import commands as people
from portal.people.acting import actor_for
from portal.people.models import Clinician
from portal.scheduling import commands as scheduling
from portal.scheduling.models import Service
from portal.scheduling.queries import services_of
from portal.scheduling.rosters import BookingRules

EXTRA_HOURS = ((time(9), time(13)), (time(14), time(17, 30)))
WAYS = {
    "both": {"is_online": True, "is_in_person": True},
    "online": {"is_online": True, "is_in_person": False},
    "in person": {"is_online": False, "is_in_person": True},
}


@dataclass(frozen=True)
class Working:
    """A clinician of the demo. `about` is the file's entry; the first of the services is asked for most."""

    clinician: Clinician
    actor: Actor
    services: list[Service]
    rules: BookingRules
    about: Mapping[str, Any]


def add_clinician(
    session: Session,
    about: Mapping[str, Any],
    phone: str,
    centre_ids: Mapping[str, int],
    *,
    by: Actor,
    founded: datetime,
    at: datetime,
) -> Working:
    """Write one clinician, approved when the practice was founded. `at` is the instant that counts as now."""
    week = read_hours(about["hours"], {**centre_ids, ONLINE: None})
    clinician = _profile(session, about, phone, [hours.centre_id for hours in week], by=by, at=founded)
    clinician.account.email_verified_at = founded  # so that they get news by mail
    rules = BookingRules(**about["rules"])
    scheduling.change_booking_rules(
        session,
        clinician,
        notice_hours=rules.notice_hours,
        advance_days=rules.advance_days,
        deadline_hours=rules.deadline_hours,
        at=founded,
    )
    scheduling.replace_hours(session, clinician, week, at=founded)
    _take_leave(session, clinician, about, at)
    if about.get("on_call"):
        _work_today(session, clinician, {hours.weekday for hours in week}, at)
    services = _offer(session, clinician, about)
    if not about.get("accepting", True):
        people.set_accepting(session, clinician, by=by, is_accepting=False, at=at)
    if not about.get("active", True):
        people.set_clinician_active(session, clinician, by=by, is_active=False, at=at)
    return Working(clinician, actor_for(session, clinician.account), services, rules, about)


def _profile(
    session: Session,
    about: Mapping[str, Any],
    phone: str,
    worked_at: list[int | None],
    *,
    by: Actor,
    at: datetime,
) -> Clinician:
    username = about.get("username")
    return people.create_clinician(
        session,
        by=by,
        full_name=about["name"],
        phone=phone,
        email=address(about["name"]),
        username=username,
        password=PASSWORD if username else None,
        centre_ids={centre_id for centre_id in worked_at if centre_id is not None},
        primary_centre_id=worked_at[0],
        specialization=about["specialization"],
        qualification=about["qualification"],
        languages=about["languages"],
        years_of_experience=about["years"],
        consultation_fee_minor=parse_amount(str(about["services"][0]["price"]), about["currency"]).minor,
        default_duration_minutes=about["services"][0]["minutes"],
        headline=about["headline"],
        bio=about["bio"],
        requires_acceptance=about.get("acceptance", False),
        currency=about["currency"],
        time_zone=about.get("zone"),
        at=at,
    )


def _take_leave(session: Session, clinician: Clinician, about: Mapping[str, Any], at: datetime) -> None:
    for leave in about.get("leave", ()):
        starts_on = clock.local_day(at, clinician.zone) + timedelta(days=leave["from"])
        start, end = read_times(leave["times"]) if "times" in leave else (None, None)
        scheduling.add_exception(
            session,
            clinician,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=leave["days"] - 1),
            start_time=start,
            end_time=end,
            reason=leave["reason"],
        )


def _work_today(session: Session, clinician: Clinician, weekdays: set[int], at: datetime) -> None:
    """Somebody is always in on the day the demo is loaded, so that the day board is never empty."""
    today = clock.local_day(at, clinician.zone)
    for start, end in () if today.isoweekday() in weekdays else EXTRA_HOURS:
        scheduling.add_exception(
            session,
            clinician,
            starts_on=today,
            ends_on=today,
            start_time=start,
            end_time=end,
            is_available=True,
            centre_id=clinician.primary_centre_id,
            reason="Extra clinic",
        )


def _offer(session: Session, clinician: Clinician, about: Mapping[str, Any]) -> list[Service]:
    """Everybody begins with one service, made with the profile; it becomes the first of the file's."""
    [first] = services_of(session, clinician.id)
    services = [first]
    for number, offered in enumerate(about["services"]):
        values = {
            "title": offered["title"],
            "description": offered["about"],
            "duration_minutes": offered["minutes"],
            "buffer_before_minutes": offered.get("before", 0),
            "buffer_after_minutes": offered.get("after", 0),
            "price_minor": parse_amount(str(offered["price"]), clinician.currency).minor,
            **WAYS[offered["ways"]],
        }
        if number == 0:
            scheduling.edit_service(session, first, **values)
        else:
            services.append(scheduling.add_service(session, clinician, **values))
    session.flush()
    return services
