"""The start page of those who run the practice: today in figures, and what needs a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, g
from sqlalchemy import ColumnElement

from portal.appointments.affected import affected_causes
from portal.appointments.figures import DayFigures, day_figures, waiting_for_answer
from portal.appointments.models import Appointment, Waiting
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.centres.queries import visible_centres_beside
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.tills import practice
from portal.notifications.channels.registry import configured
from portal.notifications.models import Channel
from portal.notifications.undelivered import undelivered_figure
from portal.people.models import Clinician
from portal.people.queries import clinician_visible_to
from portal.scheduling.readiness import Readiness, readiness
from portal.settings import OnlinePayment
from portal.web.admin import bp
from portal.web.admin.approvals import count_due
from portal.web.rendering import page

SOON = timedelta(hours=24)


@dataclass(frozen=True)
class CentreToday:
    """A centre, or None for visits at no centre, with its figures of the day."""

    centre: Centre | None
    figures: DayFigures
    requests: int
    cancellations: int


@dataclass(frozen=True)
class WaysToSend:
    """Channels that have their keys, and those that lack them, for whoever can do something about it."""

    working: list[Channel]
    unset: list[Channel]


@bp.get("")
@requires(Permission.CENTRE_VIEW_ALL)
def overview() -> Response:
    """Today at each centre, and what waits: eight queries at most."""
    now = clock.now()
    centres, undelivered = visible_centres_beside(db.session, g.actor, undelivered_figure(g.actor), at=now)
    waiting = waiting_for_answer(db.session, g.actor, at=now)
    states = readiness(db.session, _managed(), today=now.date())
    outside = affected_causes(db.session, g.actor, at=now)
    return page(
        "admin/overview.html",
        fragment="admin/_today.html",
        now=now,
        zone=clock.zone(settings().default_time_zone),
        today=_today(centres, waiting, now),
        requests=sum(map(is_request, waiting)),
        lapsing=[one for one in waiting if is_request(one) and one.starts_at <= now + SOON],
        cancellations=[one for one in waiting if one.cancellation_requested_at],
        unready=[state for state in states if not state.is_ready and state.clinician.approved_at],
        undecided=_undecided(states),
        outside=len(outside),
        ways=_ways_to_send(),
        unpayable=_unpayable(centres),
        undelivered=undelivered,
    )


@bp.get("/waiting")
@requires(Permission.CENTRE_VIEW_ALL)
def appointments_waiting() -> Response:
    """Everything that somebody waits to hear about."""
    waiting = waiting_for_answer(db.session, g.actor, at=clock.now())
    return page(
        "admin/waiting.html",
        requests=[one for one in waiting if is_request(one)],
        cancellations=[one for one in waiting if one.cancellation_requested_at],
    )


def is_request(appointment: Appointment) -> bool:
    """Does a clinician have to accept it?"""
    return appointment.waiting_for == Waiting.ACCEPTANCE


def _undecided(states: Sequence[Readiness]) -> int:
    """How many clinicians wait for approval, for those who decide about it."""
    may_decide = g.actor.may(Permission.CLINICIAN_APPROVE)
    return count_due(state.clinician for state in states) if may_decide else 0


def _ways_to_send() -> WaysToSend:
    working = configured(settings())
    unset = [channel for channel in Channel if channel not in working]
    return WaysToSend(
        [channel for channel in Channel if channel in working],
        unset if g.actor.may(Permission.HEALTH_VIEW) else [],
    )


def _unpayable(centres: Sequence[Centre]) -> list[str]:
    """Currencies in which patients should be able to pay online and cannot, for whoever can do something about it."""
    if settings().online_payment is OnlinePayment.OFF or not g.actor.may(Permission.HEALTH_VIEW):
        return []
    return sorted({centre.currency for centre in centres if not practice().can_take(centre.currency)})


def _managed() -> ColumnElement[bool]:
    return clinician_visible_to(g.actor) & Clinician.is_active


def _today(centres: Sequence[Centre], waiting: list[Appointment], now: datetime) -> list[CentreToday]:
    """Each centre's day is that of its own calendar; visits at no centre follow the practice's."""
    places: dict[int | None, Centre | None] = {centre.id: centre for centre in centres}
    if g.actor.may_at(None):
        places[None] = None
    usual = clock.zone(settings().default_time_zone)
    zones = {key: centre.zone if centre else usual for key, centre in places.items()}
    days = {key: clock.day_bounds(clock.local_day(now, zone), zone) for key, zone in zones.items()}
    figures = day_figures(db.session, g.actor, days)
    found = [_at(place, centre, figures[place], waiting) for place, centre in places.items()]
    return [one for one in found if one.centre or one.figures.booked or one.requests or one.cancellations]


def _at(
    place: int | None, centre: Centre | None, figures: DayFigures, waiting: list[Appointment]
) -> CentreToday:
    here = [one for one in waiting if one.centre_id == place]
    requests = sum(map(is_request, here))
    return CentreToday(centre, figures, requests, sum(1 for one in here if one.cancellation_requested_at))
