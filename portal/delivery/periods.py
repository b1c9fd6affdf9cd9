"""Dates that somebody names, as instants: those of the practice's calendar."""

from datetime import date, datetime, timedelta

from portal.core import clock
from portal.delivery import settings


def instants(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Where the first of those dates begins and the last, which is included, has ended; None where none is named."""
    zone = clock.zone(settings().default_time_zone)
    return (
        clock.midnight(first, zone) if first else None,
        clock.midnight(last + timedelta(days=1), zone) if last else None,
    )
