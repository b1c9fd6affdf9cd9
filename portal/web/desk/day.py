"""The day board of a centre: who is with whom, what is free, who should arrive, who asks to cancel."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import compress
from operator import itemgetter

from flask import Response, g, make_response, request, url_for

from portal.appointments.commands.visiting import EARLY_START
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.centres.queries import visible_centres, visible_centres_beside
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.notifications.undelivered import undelivered_figure
from portal.web.desk import bp
from portal.web.desk.board import Board, Links, View, board
from portal.web.desk.loading import Facts, load
from portal.web.desk.members import Member
from portal.web.desk.shown import DayForm, Shown, read
from portal.web.desk.stages import STAGES
from portal.web.rendering import page, wants_fragment
from portal.web.staff.appointments import Actions, Rights
from portal.web.timegrid import Column
from portal.web.visits import Visit

LIVE_SECONDS = 30
ACTS = {
    "can_arrive": "arrival",
    "can_start": "start",
    "can_complete": "completion",
    "can_miss": "no-show",
    "can_unsay_arrival": "arrival-removal",
    "can_unsay_start": "start-removal",
    "can_reschedule": "move",
}
"""What one press does to a visit on the board, by the question whether it may be done."""
ANSWERS = itemgetter(*map(Actions._fields.index, ACTS))


@bp.get("/day")
@requires(Permission.DAY_BOARD_VIEW)
def day() -> Response:
    """The board; to htmx, every half a minute, the piece that changes, or nothing when nothing has."""
    centres, undelivered = _centres_and_undelivered()
    if not centres and not request.args.get("centre_id"):
        return page("desk/no_centre.html")
    form = DayForm(request.args)
    shown = read(centres, form)
    facts = load(db.session, g.actor, shown.centre, shown.on, at=clock.now(), service_id=shown.service_id)
    return _answer(shown, facts, form, undelivered)


def _centres_and_undelivered() -> tuple[Sequence[Centre], int]:
    """Also how many messages wait for somebody; the piece that asks for itself does not show it."""
    if not g.actor.may(Permission.DELIVERY_HANDLE) or wants_fragment():
        return visible_centres(db.session, g.actor), 0
    return visible_centres_beside(db.session, g.actor, undelivered_figure(g.actor), at=clock.now())


def _answer(shown: Shown, facts: Facts, form: DayForm, undelivered: int) -> Response:
    now = clock.now()
    members = shown.members(facts)
    made = board(facts, members, View(now, _links(shown, now), shown.stage))
    stamp = _stamp(made, facts)
    if wants_fragment() and request.args.get("stamp") == stamp:
        return make_response("", 204)
    shown.fill(form, facts)
    return page(
        "desk/day.html",
        fragment="desk/_day.html",
        status=422 if form.date.errors else 200,
        shown=shown,
        facts=facts,
        board=made,
        form=form,
        stamp=stamp,
        stages=STAGES,
        now=now if shown.on == shown.today else None,
        every=LIVE_SECONDS,
        early_start=EARLY_START,
        undelivered=undelivered,
        previous_on=shown.on - timedelta(days=1),
        next_on=shown.on + timedelta(days=1),
    )


def _links(shown: Shown, at: datetime) -> Links:
    """The router is asked once, not once for each of the three hundred times on a full board."""
    visit = url_for("staff.appointment", appointment_id=0).removesuffix("0")
    booking = url_for("desk.new_booking", slot="")
    acts = partial(_acts, Rights.of(g.actor), at)
    return Links(visit, booking, acts, partial(_late_href, shown))


def _late_href(shown: Shown, member: Member) -> str | None:
    """Only for today, and by those who may say it."""
    if shown.on != shown.today or not g.actor.may(Permission.CLINICIAN_DELAY):
        return None
    return url_for("staff.delay", clinician_id=member.id, centre_id=shown.centre.id)


def _acts(rights: Rights, at: datetime, one: Visit) -> str:
    return " ".join(compress(ACTS.values(), ANSWERS(Actions.by(rights, one, at))))


def _stamp(made: Board, facts: Facts) -> str:
    """Changes when anything on the board does, so that a refresh need not disturb whoever reads it."""
    listed = [one.id for one in (*made.expected, *facts.requests)]
    waited = [(one.id, minutes) for one, minutes in made.waiting]
    minutes = int(clock.now().timestamp()) // 300
    columns = [_digest(column) for column in made.columns]
    shown = repr((columns, listed, waited, made.counts, made.closed_for, minutes))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


# Most columns of a board are as they were half a minute ago.
@lru_cache(maxsize=512)
def _digest(column: Column) -> str:
    return hashlib.sha256(repr(column).encode()).hexdigest()
