"""All that a centre's day board shows, in a fixed number of queries however many clinicians there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    Select,
    bindparam,
    or_,
)
from sqlalchemy.orm import Session

from portal.appointments.availability import INSTANT, Asking, Availability
from portal.appointments.delays import delays_at
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED, visible_to
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Actor
from portal.scheduling.rosters import roster
from portal.scheduling.rules import Exceptional
from portal.web.desk.members import BEGINS, CENTRE, ENDS, Member, read_team
from portal.web.visits import Visit, read_visits, visits_where


@dataclass(frozen=True)
class Facts:
    """One centre, one date. `titles` are the services offered there; `requests` wait to be cancelled, of any date.

    `late` says by clinician how many minutes they run late today. What was cancelled is kept apart.
    """

    centre: Centre
    on: date
    members: Sequence[Member]
    availability: Availability
    requests: Sequence[Visit]
    leave: Mapping[int, Sequence[Exceptional]]
    holiday: str
    titles: Sequence[tuple[int, str]]
    late: Mapping[int, int]
    _by_clinician: Mapping[int, Sequence[Visit]]

    @cached_property
    def names(self) -> dict[int, str]:
        """How the clinicians are addressed, by id."""
        return {member.id: member.full_name for member in self.members}

    def of(self, member: Member) -> list[Visit]:
        return [one for one in self.all_of(member) if one.status != Status.CANCELLED]

    def all_of(self, member: Member) -> Sequence[Visit]:
        """What they have and what was cancelled."""
        return self._by_clinician.get(member.id, ())


def load(
    session: Session, actor: Actor, centre: Centre, on: date, *, at: datetime, service_id: int | None
) -> Facts:
    """Four queries, and one for delays where it is today.

    With `service_id`, free times are those of services with the same title.
    """
    begins, ends = clock.day_bounds(on, centre.zone)
    asked = {"centre": centre.id, "begins": begins, "ends": ends}
    team = read_team(session, asked)
    own, titles = team.own, team.titles
    # A week of twenty clinicians takes longer to read than all else: only the hours of that weekday.
    ids = [colleague.id for colleague in own]
    known = roster(session, ids, on, on, centre_id=centre.id, weekdays=[on.isoweekday()])
    visits = read_visits(session, _visits(actor), {**asked, "at": at}, at)
    by_clinician = _by_clinician(visits, begins, ends)
    return Facts(
        centre,
        on,
        team.members(dict(titles).get(service_id or 0), by_clinician),
        Availability(session, own, on, on, Asking(at, is_staff=True), known=known),
        [one for one in visits if one.cancellation_requested_at and one.starts_at > at and one.is_live],
        known.leave,
        known.holidays.get(centre.id, {}).get(on, ""),
        titles,
        delays_at(session, centre.id, at) if on == clock.local_day(at, centre.zone) else {},
        by_clinician,
    )


def _by_clinician(visits: Iterable[Visit], begins: datetime, ends: datetime) -> dict[int, list[Visit]]:
    """Those of the day."""
    found: dict[int, list[Visit]] = defaultdict(list)
    for one in visits:
        if begins <= one.starts_at < ends:
            found[one.clinician_id].append(one)
    return dict(found)


# Built once for everybody who works at a desk.
@lru_cache(maxsize=256)
def _visits(actor: Actor) -> Select[*tuple[Any, ...]]:
    """What begins at a centre on a day, with holds and what was cancelled of the booked, and whatever is to come there
    and asks to be cancelled."""
    is_live = Appointment.status != Status.CANCELLED
    is_of_the_day = (Appointment.starts_at >= BEGINS) & (Appointment.starts_at < ENDS)
    asks = (
        is_live
        & Appointment.cancellation_requested_at.is_not(None)
        & (Appointment.starts_at > bindparam("at", type_=INSTANT))
    )
    return visits_where(
        visible_to(actor), Appointment.centre_id == CENTRE, or_(is_live, BOOKED), or_(is_of_the_day, asks)
    )
