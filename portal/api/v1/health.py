"""Is the API ready? Readiness asks the database; liveness is `/health`."""

import time
from datetime import datetime
from typing import Literal

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Shape
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Unavailable

bp = Blueprint("api_health", __name__)
STARTED = time.monotonic()


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
