"""Any clinician who fits: the earliest times of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Response

from portal.appointments.finder import Found, earliest
from portal.appointments.nearest import FIRST_LOOK
from portal.bootstrap import db
from portal.core import clock
from portal.delivery.access import public
from portal.scheduling.choices import choices
from portal.scheduling.directory import offers
from portal.web import arguments
from portal.web.i18n import viewer_zone
from portal.web.public import bp
from portal.web.public.looking import address, asking, session_type, slot_address, wish, zone_of
from portal.web.public.waitable import waitable
from portal.web.rendering import page, wants_fragment

MOST_CLINICIANS, SHOWN = 400, 24


@dataclass(frozen=True)
class Day:
    on: date
    times: Sequence[Found]


@bp.get("/find")
@public
def find() -> Response:
    """The earliest times from ?date= on, grouped by day; ?after= (seconds since 1970) shows later ones."""
    asks, wanted = asking(), wish()
    today = clock.local_day(asks.at, viewer_zone())
    first = max(arguments.day("date") or today, today)
    offered = offers(db.session, wanted, limit=MOST_CLINICIANS).items
    times = earliest(
        db.session, offered, asks,
        first=first, centre_id=wanted.centre_id, after=_after(), count=SHOWN,
    )  # fmt: skip
    zone = _zone(times)
    response = page(
        "public/find.html",
        fragment="public/_times.html",
        wish=wanted,
        way=session_type(),
        first=first,
        today=today,
        zone=zone,
        days=[
            Day(on, list(some))
            for on, some in groupby(times, key=lambda found: clock.local_day(found.slot.starts_at, zone))
        ],
        has_offers=bool(offered),
        waitable=waitable(offered, wanted.centre_id),
        is_near=any(one.is_near for one in offered),
        choices=None if wants_fragment() else choices(db.session),
        later=_later(times, first),
        can_hold=can_hold,
        slot_address=slot_address,
        zone_of=zone_of,
    )
    if wants_fragment():
        response.headers["HX-Push-Url"] = address("public.find")
    return response


def can_hold(found: Found) -> bool:
    """Is it clear how they would meet, so that one click can hold the time? Otherwise the clinician's page asks."""
    is_both = found.service.is_online and found.service.is_in_person and found.slot.centre_id is not None
    return not is_both or session_type() is not None


def _zone(times: Sequence[Found]) -> ZoneInfo:
    """The zone of all these times, or the viewer's where they are in several."""
    names = {zone_of(found.clinician, found.slot) for found in times}
    return clock.zone(names.pop()) if len(names) == 1 else viewer_zone()


def _later(times: Sequence[Found], first: date) -> str:
    """Where later times are: after the last one shown, or in the two weeks that follow."""
    if len(times) >= SHOWN:
        after = int(times[-1].slot.starts_at.timestamp())
        return address("public.find", date=first.isoformat(), after=after)
    following = first + FIRST_LOOK + timedelta(days=1)
    return address("public.find", without=["after"], date=following.isoformat())


def _after() -> datetime | None:
    seconds = arguments.whole_number("after")
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and seconds < 10**11 else None
