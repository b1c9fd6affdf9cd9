"""The form of a series: what repeats, and what is chosen for each date that cannot be had as it is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.commands import Pattern
from portal.appointments.models import Appointment, SessionType
from portal.appointments.recurring import FEWEST, MOST
from portal.appointments.series_models import Rhythm
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.scheduling.rules import Refusal
from portal.web.desk.forms import WAYS
from portal.web.desk.offerings import Catalogue, Offering, catalogue, default_centre
from portal.web.forms import DateField, Form, Needed, SelectField, TimeField, WholeNumberField

RHYTHMS = [
    (Rhythm.WEEKLY, _("Every week")),
    (Rhythm.FORTNIGHTLY, _("Every two weeks")),
    (Rhythm.MONTHLY, _("Every month, on the same weekday")),
]
IN_THE_WAY = {
    Refusal.PAST: _("In the past"),
    Refusal.TOO_SOON: _("Too soon"),
    Refusal.TOO_FAR: _("Too far ahead"),
    Refusal.HOLIDAY: _("The centre is closed"),
    Refusal.OUTSIDE_HOURS: _("Outside working hours"),
    Refusal.LEAVE: _("The clinician is on leave"),
    Refusal.NOT_ON_GRID: _("Visits do not start at that time"),
    Refusal.TAKEN: _("Taken"),
    Refusal.ENGAGED: _("The patient has another visit then"),
}
SKIP = "skip"
USUAL_COUNT, ONE_WEEK = 6, timedelta(days=7)


class SeriesForm(Form):
    """Asked in the address: looking at dates changes nothing."""

    class Meta(Form.Meta):
        csrf = False

    service = SelectField(_("Clinician and service"))
    centre_id = SelectField(_("Centre"))
    session_type = SelectField(_("How"), choices=[("", _("As is usual")), *WAYS], default="")
    first_on = DateField(_("First visit on"), [Needed(_("Enter the date of the first visit"))])
    first_at = TimeField(_("Time"), [Needed(_("Enter the time"))])
    rhythm = SelectField(_("How often"), choices=RHYTHMS, default=Rhythm.WEEKLY)
    count = WholeNumberField(
        _("Number of visits"), [Needed(_("Enter how many visits"))], least=FEWEST, most=MOST
    )

    def pattern(self, found: Catalogue) -> Pattern | None:
        """What it says; None, with the mistake beside its field, for what cannot be."""
        if not self.validate():
            return None
        one = found.of_service(int(self.service.data))
        centre_id = int(self.centre_id.data) if one.centre_ids and self.centre_id.data else None
        if one.centre_ids and centre_id not in one.centre_ids:
            self.centre_id.errors = [gettext("%(name)s does not work there", name=one.clinician.full_name)]
        if not _happens(one, self.session_type.data):
            self.session_type.errors = [gettext("This service is not offered in that way")]
        zone = found.centres[centre_id].zone if centre_id in found.centres else one.clinician.zone
        start = clock.at(self.first_on.data, self.first_at.data, zone)
        if clock.local(start, zone).time() != self.first_at.data:
            self.first_at.errors = [gettext("The clocks skip that time")]
        if self.errors:
            return None
        key = SlotKey(one.clinician.id, centre_id, one.service.id, start)
        return Pattern(key, Rhythm(self.rhythm.data), self.count.data or FEWEST)

    @property
    def way(self) -> SessionType | None:
        return SessionType(self.session_type.data) if self.session_type.data else None


def series_form(values: Mapping[str, Any], found: Catalogue) -> SeriesForm:
    """The form with what this member of staff can book; filled with what the address, or the form sent, says."""
    form = SeriesForm(values if "first_on" in values else None)
    people = sorted(
        found.offerings, key=lambda one: (one.clinician.full_name.casefold(), one.title.casefold())
    )
    form.service.choices = [
        (str(one.service.id), f"{one.clinician.full_name}: {one.title}") for one in people
    ]
    centres = [(str(centre.id), centre.name) for centre in found.centres.values()]
    form.centre_id.choices = centres or [("", gettext("Online"))]
    if "first_on" not in values:
        form.count.data = USUAL_COUNT
        form.centre_id.data = str(default_centre(g.actor) or form.centre_id.choices[0][0])
    return form


def repeating(appointment: Appointment) -> dict[str, Any]:
    """What the address asks for to repeat a visit: the same a week later, and so on from there."""
    local = clock.local(appointment.starts_at, appointment.zone)
    today = clock.local_day(clock.now(), appointment.zone)
    first = local.date() + ONE_WEEK
    while first <= today:
        first += ONE_WEEK
    return {
        "patient_id": appointment.patient_id,
        "service": appointment.service_id,
        "centre_id": appointment.centre_id or "",
        "session_type": appointment.session_type,
        "first_on": first.isoformat(),
        "first_at": f"{local:%H:%M}",
        "rhythm": Rhythm.WEEKLY,
        "count": USUAL_COUNT,
    }


def chosen(count: int) -> dict[int, datetime | None]:
    """What the form that was sent says of the dates: a time for each, or none. Raises Invalid for what is no time."""
    instead: dict[int, datetime | None] = {}
    for number in range(1, count + 1):
        said = request.form.get(f"visit-{number}")
        if said:
            instead[number] = None if said == SKIP else SlotKey.parse(said).starts_at
    return instead


def _happens(one: Offering, way: str) -> bool:
    if not way:
        return True
    return one.service.is_online if way == SessionType.ONLINE else one.service.is_in_person


def offered() -> Catalogue:
    return catalogue(db.session, g.actor)
