"""Clinicians as those who run the practice see them: all of them, and what one still needs to be bookable."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.availability import Asking, Availability
from portal.appointments.commands import coming_appointments
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.approvals import approvals_of
from portal.people.listing import search_clinicians
from portal.people.models import Clinician
from portal.people.placement import centres_with
from portal.people.queries import get_manageable, reaches_wholly
from portal.scheduling.models import Service
from portal.scheduling.queries import date_exceptions, services_of, weekly_rules
from portal.scheduling.readiness import Readiness, services_by_clinician
from portal.web.account.steps import missing
from portal.web.admin import bp
from portal.web.admin.saving import text
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.rendering import page

LOOK_AHEAD = timedelta(weeks=6)
WANTED = {"yes": True, "no": False}
STATES = (("", _("All")), ("yes", _("Active")), ("no", _("Switched off")))


@dataclass(frozen=True)
class Row:
    """A line of the list; `next_free` is what a patient would be offered first, told in `zone`."""

    clinician: Clinician
    centres: list[Centre]
    has_hours: bool
    has_services: bool
    next_free: Slot | None
    zone: ZoneInfo


@bp.get("/clinicians")
@requires(Permission.CLINICIAN_MANAGE)
def clinicians() -> Response:
    """The clinicians whom this person manages, with the next time each can be booked at."""
    found = search_clinicians(
        db.session, g.actor, **asked_clinicians(), with_centres=False, page=page_number()
    )
    check_is_page(found)
    placed = centres_with(db.session, g.actor, [clinician.id for clinician in found.items])
    filters = {name: text(name) or None for name in ("search", "centre_id", "active")}
    return page(
        "admin/clinicians/index.html",
        fragment="admin/clinicians/_list.html",
        found=found,
        rows=_rows(list(found.items), placed, clock.now()),
        centres=[centre for centre, _who in placed],
        states=STATES,
        filters=filters,
    )


def asked_clinicians() -> dict[str, Any]:
    """Which the address asks for."""
    return {
        "search": text("search"),
        "centre_id": whole_number("centre_id"),
        "is_active": WANTED.get(text("active")),
    }


@bp.get("/clinicians/<int:clinician_id>")
@requires(Permission.CLINICIAN_MANAGE)
def clinician(clinician_id: int) -> Response:
    """One clinician: what is known, what is missing, and where everything else about them is."""
    shown = get_manageable(db.session, g.actor, clinician_id)
    now = clock.now()
    services = services_of(db.session, shown.id)
    extra = [one for one in date_exceptions(db.session, shown.id, from_on=now.date()) if one.is_available]
    ready = Readiness(shown, bool(weekly_rules(db.session, shown.id) or extra), bool(services))
    coming = coming_appointments(db.session, at=now, clinician_id=shown.id)
    return page(
        "admin/clinicians/show.html",
        clinician=shown,
        centres=[centre for centre in shown.centres if centre.deleted_at is None],
        services=services,
        steps=_steps(ready),
        is_ready=ready.is_ready and shown.is_active and shown.is_accepting and shown.approved_at is not None,
        decisions=approvals_of(db.session, shown.id) if g.actor.may(Permission.CLINICIAN_APPROVE) else [],
        coming=coming,
        can_retire=is_wholly_in_reach(shown),
    )


def is_wholly_in_reach(clinician: Clinician) -> bool:
    """Does this person manage all of the clinician's centres? Else only the part at their own is theirs to change."""
    return reaches_wholly(g.actor, clinician)


def _steps(ready: Readiness) -> list[tuple[str, bool, str, str]]:
    """What makes a clinician bookable: what, whether it is done, where, and what to press."""
    clinician_id = ready.clinician.id
    listed = ready.clinician.is_active and ready.clinician.is_accepting
    profile, services, hours = (
        url_for(endpoint, clinician_id=clinician_id)
        for endpoint in ("admin.edit_clinician", "schedules.services", "schedules.hours")
    )
    switch, press = (
        ("admin.clinician_listing", gettext("List for patients"))
        if ready.clinician.is_active
        else ("admin.clinician_activation", gettext("Switch on"))
    )
    shown = url_for(switch, clinician_id=clinician_id)
    approval = url_for("admin.approval", clinician_id=clinician_id)
    is_approved = ready.clinician.approved_at is not None
    decision = [(gettext("Approval"), False, approval, gettext("Decide"))] if not is_approved else []
    return [
        *(decision if g.actor.may(Permission.CLINICIAN_APPROVE) else []),
        (gettext("Profile"), not missing(ready.clinician), profile, gettext("Edit profile")),
        (gettext("Services"), ready.has_services, services, gettext("Add a service")),
        (gettext("Working hours"), ready.has_hours, hours, gettext("Give hours")),
        (gettext("Listed for patients"), listed, shown, press),
    ]


def _rows(found: list[Clinician], placed: list[tuple[Centre, frozenset[int]]], now: datetime) -> list[Row]:
    """Six queries at most, however many clinicians there are."""
    services = services_by_clinician(db.session, [clinician.id for clinician in found])
    today = now.date()
    free = Availability(db.session, found, today - timedelta(days=1), today + LOOK_AHEAD, Asking(now))
    worked_by = {place[0] for place in free.timetables}
    zones = {centre.id: centre.zone for centre, _who in placed}
    return [
        _row(clinician, placed, services[clinician.id], free, zones, has_hours=clinician.id in worked_by)
        for clinician in found
    ]


def _row(
    clinician: Clinician,
    placed: list[tuple[Centre, frozenset[int]]],
    services: list[Service],
    free: Availability,
    zones: dict[int, ZoneInfo],
    *,
    has_hours: bool,
) -> Row:
    bookable = clinician.is_active and clinician.is_accepting
    next_free = free.first_free(services) if bookable else None
    centre_id = next_free.centre_id if next_free else None
    return Row(
        clinician,
        [centre for centre, who in placed if clinician.id in who],
        has_hours,
        bool(services),
        next_free,
        zones.get(centre_id or 0, clinician.zone),
    )
