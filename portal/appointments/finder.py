"""The earliest free times across many clinicians."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.nearest import FIRST_LOOK
from portal.appointments.slots import Slot
from portal.people.models import Clinician
from portal.scheduling.directory import Offered
from portal.scheduling.models import Service
from portal.scheduling.rosters import roster

QUICK_LOOK = timedelta(days=3)


@dataclass(frozen=True)
class Found:
    """A free time, of whom and for what."""

    slot: Slot
    clinician: Clinician
    service: Service


def earliest(
    session: Session,
    offered: Sequence[Offered],
    asking: Asking,
    *,
    first: date,
    centre_id: int | None = None,
    after: datetime | None = None,
    count: int = 30,
) -> list[Found]:
    """The first `count` free times in the two weeks from that date, in order of start; with `after`, later ones.

    A clinician who offers several services at the same time is found once, with the usual one. Those who share the
    last start are all in, so that the next look can begin after it. Four queries, however many clinicians: a few days
    usually hold enough, and only when they do not are the two weeks read.
    """
    last = first + FIRST_LOOK
    begin = max(first, after.date() - timedelta(days=1)) if after else first
    clinicians = [one.clinician for one in offered]
    known = roster(session, [one.id for one in clinicians], begin, last, centre_id=centre_id)
    times: list[Found] = []
    for until in (min(begin + QUICK_LOOK, last), last):
        availability = Availability(session, clinicians, begin, until, asking, known=known)
        times = _first(_in_order(availability, offered), after, count)
        if len(times) >= count:
            break
    return sorted(times, key=lambda found: (found.slot.starts_at, found.clinician.account.full_name))


def _first(in_order: Iterator[Found], after: datetime | None, count: int) -> list[Found]:
    times: list[Found] = []
    for starts_at, together in groupby(in_order, key=_start):
        if len(times) >= count:
            break
        if after is None or starts_at > after:
            times.extend({found.clinician.id: found for found in reversed(list(together))}.values())
    return times


def _in_order(availability: Availability, offered: Sequence[Offered]) -> Iterator[Found]:
    each = [_of(availability, one.clinician, service) for one in offered for service in one.services]
    return heapq.merge(*each, key=_start)


def _of(availability: Availability, clinician: Clinician, service: Service) -> Iterator[Found]:
    return (Found(slot, clinician, service) for slot in availability.free(service))


def _start(found: Found) -> datetime:
    return found.slot.starts_at
