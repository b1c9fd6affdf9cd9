"""Dashboards: patients about themselves, clinicians about their work."""

from flask import Blueprint, g

from portal.analytics.activity import activity_of
from portal.analytics.charts import charts_of
from portal.analytics.of_clinician import clinician_figures
from portal.analytics.of_patient import patient_figures
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.dashboards import (
    ActivityQuery,
    ActivityShape,
    ChartsQuery,
    ChartsShape,
    Dashboard,
    activity_shape,
    charts_shape,
    clinician_dashboard,
    patient_dashboard,
)
from portal.bootstrap import db
from portal.conversations.queries import unread_count
from portal.core import clock
from portal.core.permissions import Permission
from portal.payments.earnings import get_earner
from portal.people.models import Clinician

bp = Blueprint("api_dashboard", __name__, url_prefix="/dashboard")


@bp.get("")
@endpoint("ANA-01", Answer[Dashboard], Permission.ANALYTICS_OWN)
def show() -> Dashboard:
    """Read one's own dashboard: `role` says whether it is a patient's or a clinician's."""
    unread = unread_count(db.session, g.actor)
    if g.actor.clinician_id is None:
        found = patient_figures(db.session, g.actor, at=clock.now())
        return Dashboard(patient_dashboard(found, g.actor, unread))
    clinician = _own()
    figures = clinician_figures(db.session, clinician, at=clock.now())
    return Dashboard(clinician_dashboard(clinician, figures, unread))


@bp.get("/charts")
@endpoint("ANA-03", Answer[ChartsShape], Permission.EARNINGS_OWN)
def charts(query: ChartsQuery) -> ChartsShape:
    """Read what a clinician's charts are drawn from, for the week, month or year in which today lies."""
    clinician = _own()
    return charts_shape(
        clinician, query.period, charts_of(db.session, clinician, query.period, at=clock.now())
    )


@bp.get("/activity")
@endpoint("ANA-04", Answer[list[ActivityShape]], Permission.DAY_SCHEDULE_OWN)
def activity(query: ActivityQuery) -> list[ActivityShape]:
    """List what happened lately around a clinician's appointments, the newest first."""
    return [activity_shape(one) for one in activity_of(db.session, _own(), limit=query.limit)]


def _own() -> Clinician:
    return get_earner(db.session, g.actor, g.actor.clinician_id or 0)
