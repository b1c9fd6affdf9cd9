"""The day board of a centre: who is with whom, what is free, who should arrive, who asks to cancel."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, g, make_response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.commands.visiting import EARLY_START
from portal.appointments.models import Appointment
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.centres.queries import get_visible, visible_centres, visible_centres_beside
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.notifications.undelivered import undelivered_figure
from portal.web.desk import bp
from portal.web.desk.board import Board, Links, board
from portal.web.desk.loading import Facts, load
from portal.web.desk.wanted import Wanted
from portal.web.forms import DateField, Form, SelectField
from portal.web.rendering import page, wants_fragment

LIVE_SECONDS = 30


class DayForm(Form):
    """Which day of which centre, and whose."""

    class Meta(Form.Meta):
        csrf = False

    centre_id = SelectField(_("Centre"))
    date = DateField(_("Date"))
    service_id = SelectField(_("Free times for"))
    clinician_id = SelectField(_("Clinician"))


@dataclass(frozen=True)
class Shown:
    """What the address asks for, checked."""

    centre: Centre
    centres: Sequence[Centre]
    on: date
    today: date
    service_id: int | None
    clinician_id: int | None

    def href(self, **changes: Any) -> str:
        """The address of this board with something changed."""
        values = {
            "centre_id": self.centre.id,
            "date": self.on,
            "service_id": self.service_id,
            "clinician_id": self.clinician_id,
        }
        return url_for("desk.day", **{**values, **changes})


@bp.get("/day")
@requires(Permission.DAY_BOARD_VIEW)
def day() -> Response:
    """The board; to htmx, every half a minute, the piece that changes, or nothing when nothing has."""
    centres, undelivered = _centres_and_undelivered()
    wanted = Wanted.from_values(request.args)
    if not centres and wanted.centre_id is None:
        return page("desk/no_centre.html")
    centre = _chosen(centres, wanted.centre_id)
    today = clock.local_day(clock.now(), centre.zone)
    form = DayForm(request.args)
    shown = Shown(centre, centres, _date(form) or today, today, wanted.service_id, wanted.clinician_id)
    facts = load(db.session, g.actor, centre, shown.on, at=clock.now(), service_id=shown.service_id)
    return _answer(shown, facts, form, undelivered)


def _centres_and_undelivered() -> tuple[Sequence[Centre], int]:
    """Also how many messages wait for somebody; the piece that asks for itself does not show it."""
    if not g.actor.may(Permission.DELIVERY_HANDLE) or wants_fragment():
        return visible_centres(db.session, g.actor), 0
    return visible_centres_beside(db.session, g.actor, undelivered_figure(g.actor, clock.now()))


def _chosen(centres: Sequence[Centre], centre_id: int | None) -> Centre:
    """The centre asked for, else the first; raises NotFound, or Forbidden for another one's."""
    if centre_id is None:
        return centres[0]
    found = next((centre for centre in centres if centre.id == centre_id), None)
    return found or get_visible(db.session, g.actor, centre_id)


def _date(form: DayForm) -> date | None:
    """The date, unless it makes no sense: then the form says so and today is shown."""
    form.date.validate(form)
    on: date | None = form.date.data
    return on


def _answer(shown: Shown, facts: Facts, form: DayForm, undelivered: int) -> Response:
    members = [member for member in facts.members if shown.clinician_id in (None, member.clinician.id)]
    if not members and shown.clinician_id is not None:
        raise NotFound
    made = board(facts, members, Links(_appointment_href, _booking_href), clock.now())
    stamp = _stamp(made, facts)
    if wants_fragment() and request.args.get("stamp") == stamp:
        return make_response("", 204)
    _fill(form, shown, facts)
    return page(
        "desk/day.html",
        fragment="desk/_day.html",
        status=422 if form.date.errors else 200,
        shown=shown,
        facts=facts,
        board=made,
        form=form,
        stamp=stamp,
        now=clock.now() if shown.on == shown.today else None,
        every=LIVE_SECONDS,
        early_start=EARLY_START,
        undelivered=undelivered,
        previous_on=shown.on - timedelta(days=1),
        next_on=shown.on + timedelta(days=1),
    )


def _fill(form: DayForm, shown: Shown, facts: Facts) -> None:
    form.centre_id.choices = [(str(centre.id), centre.name) for centre in shown.centres]
    form.service_id.choices = [
        ("", gettext("Usual service")),
        *((str(key), title) for key, title in facts.titles),
    ]
    people = [(str(one.clinician.id), one.clinician.full_name) for one in facts.members]
    form.clinician_id.choices = [("", gettext("All clinicians")), *people]
    form.centre_id.data = str(shown.centre.id)
    form.service_id.data = str(shown.service_id or "")
    form.clinician_id.data = str(shown.clinician_id or "")
    form.date.data = shown.on


def _appointment_href(one: Appointment) -> str:
    return url_for("staff.appointment", appointment_id=one.id)


def _booking_href(slot: Slot) -> str:
    return url_for("desk.new_booking", slot=slot.id)


def _stamp(made: Board, facts: Facts) -> str:
    """Changes when anything on the board does, so that a refresh need not disturb whoever reads it."""
    listed = [one.id for one in (*made.expected, *facts.requests)]
    waited = [(one.id, minutes) for one, minutes in made.waiting]
    minutes = int(clock.now().timestamp()) // 300
    shown = repr((made.columns, listed, waited, made.closed_for, minutes))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
