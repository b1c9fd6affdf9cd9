"""What somebody for whom no time suits can wait for: services at a place, whoever it is with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import g

from portal.centres.models import Centre
from portal.people.models import Clinician
from portal.scheduling.directory import Offered
from portal.web.public.looking import session_type

MOST = 6


@dataclass(frozen=True)
class Waitable:
    """A service at a centre, or online where there is none; `slot` names it to the waiting list."""

    title: str
    centre: Centre | None
    slot: str
    session_type: str | None


def waitable(offered: Sequence[Offered], centre_id: int | None) -> list[Waitable]:
    """Each service once, whoever offers it; none where there are too many to choose from, and none for staff."""
    if g.actor.is_staff:
        return []
    found: dict[tuple[str, int | None], Waitable] = {}
    for one in _all(offered, centre_id):
        found.setdefault((one.title.casefold(), one.centre.id if one.centre else None), one)
        if len(found) > MOST:
            return []
    return list(found.values())


def _all(offered: Sequence[Offered], centre_id: int | None) -> Iterator[Waitable]:
    way = session_type()
    for one in offered:
        centre = _place(one.clinician, centre_id)
        place = centre.id if centre else 0
        for service in one.services:
            slot = f"{one.clinician.id}-{place}-{service.id}-0"
            yield Waitable(service.title, centre, slot, way)


def _place(clinician: Clinician, centre_id: int | None) -> Centre | None:
    """Where they are looked for: at the centre asked for, else at their usual one."""
    wanted = centre_id or clinician.primary_centre_id
    return next((centre for centre in clinician.centres if centre.id == wanted), None)
