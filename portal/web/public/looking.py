"""What visitors look for, read from the address; and who asks for the free times."""

from collections.abc import Collection
from urllib.parse import urlencode

from flask import g, request, url_for

from portal.appointments.availability import Asking
from portal.appointments.models import SessionType
from portal.appointments.slots import Slot
from portal.core import clock
from portal.people.models import Clinician
from portal.scheduling.directory import Wish
from portal.web import arguments

LONGEST = 80
ARGUMENTS = (
    "q",
    "need",
    "centre_id",
    "language",
    "specialization",
    "category_id",
    "session_type",
    "free",
    "date",
    "after",
    "page",
)
WAYS = {SessionType.ONLINE: True, SessionType.IN_PERSON: False}


def asking() -> Asking:
    """Whoever looks: offered is what patients are offered, less the times at which a signed-in patient is busy.

    Who books for others is shown all of them: it is said later who is coming.
    """
    busy = None if g.actor.cares_for else g.actor.patient_resource_id
    return Asking(clock.now(), patient_resource_id=busy)


def session_type() -> SessionType | None:
    """?session_type=, or None for either way."""
    value = request.args.get("session_type", "")
    return SessionType(value) if value in set(SessionType) else None


def wish() -> Wish:
    """q (need is another word for it), centre_id, language, specialization, category_id and session_type."""
    way = session_type()
    return Wish(
        text=(_text("q") or _text("need")),
        or_nearest=True,
        centre_id=arguments.whole_number("centre_id"),
        language=_text("language"),
        specialization=_text("specialization"),
        category_id=arguments.whole_number("category_id"),
        is_online=None if way is None else WAYS[way],
    )


def address(endpoint: str, *, without: Collection[str] = (), **changes: object) -> str:
    """The page of that endpoint with what was looked for here, empty arguments and those named left out."""
    said = {name: request.args.get(name, "").strip() for name in ARGUMENTS if name not in without}
    query = {name: value for name, value in {**said, **changes}.items() if value}
    return url_for(endpoint) + (f"?{urlencode(query)}" if query else "")


def slot_address(clinician: Clinician, slot: Slot) -> str:
    """The clinician's page, opened at that time."""
    return url_for("public.clinician", clinician_id=clinician.slug, service_id=slot.service_id, slot=slot.id)


def zone_of(clinician: Clinician, slot: Slot) -> str:
    """The name of the zone in which that time is told: the centre's, or that of who works at none."""
    return next(
        (centre.time_zone for centre in clinician.centres if centre.id == slot.centre_id), clinician.time_zone
    )


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\0", "").strip()[:LONGEST]
