"""Hours on particular dates: leave, and hours that are opened beside the week."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from portal.api.v1.finding import zone_at
from portal.api.v1.representations.slots import ExtraHours, Publication
from portal.api.v1.who import check_in_reach
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from portal.scheduling.models import DateException
from portal.scheduling.queries import date_exceptions
from portal.scheduling.rules import FURTHEST_AHEAD

OUTSIDE = {"starts_on": "date", "ends_on": "end_date"}


@contextmanager
def of_field(path: str) -> Iterator[None]:
    """What is wrong inside is said of the field at that path, in the names that clients know."""
    try:
        yield
    except Invalid as error:
        wrong = error.details or {"": error.message}
        details = {
            f"{path}.{OUTSIDE.get(name, name)}".rstrip("."): message for name, message in wrong.items()
        }
        raise Invalid(details=details) from error


def check_to_come(clinician: Clinician, last: date) -> None:
    """Raises Invalid for days that are over, or too far away to be meant."""
    today = clock.local_day(clock.now(), clinician.zone)
    if last < today:
        raise Invalid(details={"starts_on": _("These days are over")})
    if last > today + FURTHEST_AHEAD:
        raise Invalid(details={"starts_on": _("Enter a day within the next five years")})


def open_hours(clinician: Clinician, wanted: Publication) -> list[date]:
    """Add the hours that are given, unless they are open already; the dates on which they are.

    Raises Invalid by field where they make no sense.
    """
    centre_id = wanted.centre_id or clinician.primary_centre_id
    check_in_reach(centre_id)
    known = {_facts(one) for one in date_exceptions(db.session, clinician.id, from_on=date.min)}
    opened = []
    for number, hours in enumerate(wanted.slots):
        with of_field(f"slots.{number}"):
            day, start, end = _walls(hours, zone_at(clinician, centre_id))
            check_to_come(clinician, day)
            if (centre_id, day, start, end) not in known:
                exception = add_exception(
                    db.session,
                    clinician,
                    starts_on=day,
                    ends_on=day,
                    start_time=start,
                    end_time=end,
                    is_available=True,
                    centre_id=centre_id,
                )
                known.add(_facts(exception))
        opened.append(day)
    db.session.flush()
    return opened


def _facts(one: DateException) -> tuple[int | None, date, time | None, time | None] | None:
    """What makes hours of one date the same as others."""
    is_one = one.is_available and one.starts_on == one.ends_on
    return (one.centre_id, one.starts_on, one.start_time, one.end_time) if is_one else None


def _walls(hours: ExtraHours, zone: ZoneInfo) -> tuple[date, time, time]:
    """Date and wall times where they work."""
    if hours.date is not None and hours.start_time is not None and hours.end_time is not None:
        return hours.date, hours.start_time, hours.end_time
    if hours.start_at is None or hours.end_at is None:
        raise AssertionError("one of the ways is given")
    start, end = _wall(hours.start_at, zone, "start_at"), _wall(hours.end_at, zone, "end_at")
    if end <= start:
        raise Invalid(details={"end_at": _("The end must be after the start.")})
    if start.date() != end.date():
        raise Invalid(details={"end_at": _("Hours must end on the day they begin.")})
    return start.date(), start.time(), end.time()


def _wall(instant: datetime, zone: ZoneInfo, field: str) -> datetime:
    """The instant in wall time; raises Invalid where our hours could not say it again."""
    wall = clock.local(instant, zone).replace(tzinfo=None, fold=0)
    if wall.second or wall.microsecond or clock.at(wall.date(), wall.time(), zone) != instant:
        raise Invalid(details={field: _("Give a whole minute that the clocks show only once that day.")})
    return wall
