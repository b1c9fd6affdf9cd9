"""Is the API ready? Readiness asks the database; liveness is `/health`."""

import time
from datetime import datetime, timedelta
from typing import Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Shape
from portal.appointments.figures import holds_overdue, requests_waiting
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Unavailable
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.tills import practice
from portal.notifications.channels.registry import configured
from portal.notifications.models import Channel
from portal.notifications.queries import sent_since
from portal.notifications.undelivered import count_overdue
from portal.payments.gateways import Provider

bp = Blueprint("api_health", __name__)
STARTED, VERSION = time.monotonic(), "0.1.0"
A_DAY, GRACE = timedelta(days=1), timedelta(minutes=5)


class Health(Shape):
    """`uptime` is in seconds."""

    status: Literal["healthy"]
    database: Literal["connected"]
    timestamp: datetime
    uptime: int


@bp.get("/health")
@endpoint("API-05", Answer[Health])
def show() -> Health:
    """Say that the database answers; 503 when it does not."""
    return _alive()


class Details(Health):
    version: str
    messages_last_day: int = Field(description="Written to the outbox.")
    holds_overdue: int = Field(
        description="Holds that ran out more than five minutes ago: 0 while the jobs run."
    )
    messages_overdue: int = Field(
        description="Messages that were due a quarter of an hour ago and were not tried: 0 while the jobs run."
    )
    requests_waiting: int = Field(description="Appointments that a clinician has yet to accept.")
    channels_not_configured: list[Channel] = Field(description="Ways to send messages that lack their keys.")
    payments_not_configured: list[Provider] = Field(description="Providers of payments that lack their keys.")


@bp.get("/health/details")
@endpoint("API-05", Answer[Details], Permission.HEALTH_VIEW)
def details() -> Details:
    """Say how the deployment does: its version, the outbox, and whether the jobs keep up."""
    now = clock.now()
    return Details(
        **_alive().model_dump(by_alias=False),
        version=VERSION,
        messages_last_day=sent_since(db.session, now - A_DAY),
        holds_overdue=holds_overdue(db.session, at=now - GRACE),
        messages_overdue=count_overdue(db.session, at=now),
        requests_waiting=requests_waiting(db.session),
        channels_not_configured=sorted(set(Channel) - configured(settings())),
        payments_not_configured=sorted(set(Provider) - practice().configured),
    )


def _alive() -> Health:
    """Raises Unavailable when the database does not answer."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise Unavailable from error
    return Health(
        status="healthy",
        database="connected",
        timestamp=clock.now(),
        uptime=round(time.monotonic() - STARTED),
    )
