"""Hours that are opened on particular dates, beside the week."""

from datetime import date, time

from portal.api.v1.representations.slots import ExtraHours, Publication
from portal.api.v1.who import check_in_reach
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception


def open_hours(clinician: Clinician, wanted: Publication) -> list[date]:
    """Add the hours that are given; the dates on which they are. Raises Invalid where they make no sense."""
    centre_id = wanted.centre_id or clinician.primary_centre_id
    check_in_reach(centre_id)
    opened = []
    for number, hours in enumerate(wanted.slots):
        day, start, end = _walls(clinician, centre_id, hours, number)
        add_exception(
            db.session,
            clinician,
            starts_on=day,
            ends_on=day,
            start_time=start,
            end_time=end,
            is_available=True,
            centre_id=centre_id,
        )
        opened.append(day)
    return opened


def _walls(
    clinician: Clinician, centre_id: int | None, hours: ExtraHours, number: int
) -> tuple[date, time, time]:
    """Date and wall times where they work."""
    if hours.date is not None and hours.start_time is not None and hours.end_time is not None:
        return hours.date, hours.start_time.replace(tzinfo=None), hours.end_time.replace(tzinfo=None)
    if hours.start_at is None or hours.end_at is None:
        raise AssertionError("one of the ways is given")
    zones = [centre.zone for centre in clinician.centres if centre.id == centre_id]
    zone = zones[0] if zones else clinician.zone
    start, end = clock.local(hours.start_at, zone), clock.local(hours.end_at, zone)
    if start.date() != end.date():
        raise Invalid(details={f"slots.{number}.end_at": _("Hours must end on the day they begin.")})
    return start.date(), start.time(), end.time()
