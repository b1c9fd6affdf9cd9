"""Which day of which centre the board and the sheet show, whose, and narrowed to what: read from the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.centres.models import Centre
from portal.centres.queries import get_visible
from portal.core import clock
from portal.core.errors import NotFound
from portal.web.addresses import url_for
from portal.web.desk.loading import Facts
from portal.web.desk.members import Member
from portal.web.desk.stages import Stage
from portal.web.desk.wanted import Wanted
from portal.web.forms import DateField, Form, SelectField


class DayForm(Form):
    """Which day of which centre, and whose."""

    class Meta(Form.Meta):
        csrf = False

    centre_id = SelectField(_("Centre"))
    date = DateField(_("Date"))
    service_id = SelectField(_("Free times for"))
    clinician_id = SelectField(_("Clinician"))

    def __eq__(self, other: object) -> bool:
        """Two that look the same are the same: each desk has the same form all day, and it is drawn once."""
        return isinstance(other, DayForm) and self._looks() == other._looks()

    def __hash__(self) -> int:
        return hash(self._looks())

    def _looks(self) -> tuple[Any, ...]:
        lists = tuple(tuple(one.choices) for one in (self.centre_id, self.service_id, self.clinician_id))
        return (*lists, *((one.data, tuple(one.raw_data or ()), tuple(map(str, one.errors))) for one in self))


@dataclass(frozen=True)
class Shown:
    """What the address asks for, checked."""

    centre: Centre
    centres: Sequence[Centre]
    on: date
    today: date
    service_id: int | None
    clinician_id: int | None
    stage: Stage | None

    def href(self, endpoint: str = "desk.day", **changes: Any) -> str:
        """The address of this board, or of another page of the same day, with something changed."""
        values = {
            "centre_id": self.centre.id,
            "date": self.on,
            "service_id": self.service_id,
            "clinician_id": self.clinician_id,
            "stage": self.stage,
        }
        return url_for(endpoint, **{**values, **changes})

    def members(self, facts: Facts) -> list[Member]:
        """All of the centre, or the one that is looked at; raises NotFound for somebody who is not there."""
        members = [one for one in facts.members if self.clinician_id in (None, one.id)]
        if not members and self.clinician_id is not None:
            raise NotFound
        return members

    def fill(self, form: DayForm, facts: Facts) -> None:
        """The choices of the form, with what is shown chosen; a date that makes no sense stays as it was typed."""
        form.centre_id.choices = [(str(centre.id), centre.name) for centre in self.centres]
        titles = [(str(key), title) for key, title in facts.titles]
        form.service_id.choices = [("", gettext("Usual service")), *titles]
        people = [(str(one.id), one.full_name) for one in facts.members]
        form.clinician_id.choices = [("", gettext("All clinicians")), *people]
        form.centre_id.data = str(self.centre.id)
        form.service_id.data = str(self.service_id or "")
        form.clinician_id.data = str(self.clinician_id or "")
        form.date.data = self.on


def read(centres: Sequence[Centre], form: DayForm) -> Shown:
    """Without a wish the first centre, today, everybody. Raises NotFound, or Forbidden for another centre."""
    wanted = Wanted.from_values(request.args)
    centre = _chosen(centres, wanted.centre_id)
    today = clock.local_day(clock.now(), centre.zone)
    on = _date(form) or today
    return Shown(centre, centres, on, today, wanted.service_id, wanted.clinician_id, _stage())


def _chosen(centres: Sequence[Centre], centre_id: int | None) -> Centre:
    if centre_id is None:
        return centres[0]
    found = next((centre for centre in centres if centre.id == centre_id), None)
    return found or get_visible(db.session, g.actor, centre_id)


def _date(form: DayForm) -> date | None:
    """The date, unless it makes no sense: then the form says so and today is shown."""
    form.date.validate(form)
    on: date | None = form.date.data
    return on


def _stage() -> Stage | None:
    said = request.args.get("stage", "")
    if said and said not in set(Stage):
        raise NotFound
    return Stage(said) if said else None
