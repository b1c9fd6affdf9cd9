"""The form with which clinicians book a patient of their own: who, what, when, how, and for how much."""

from collections.abc import Sequence
from datetime import datetime
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from flask import g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from portal.appointments.availability import Asking, Availability
from portal.appointments.commands import Details
from portal.appointments.models import SessionType
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.people.models import Patient
from portal.people.queries import patient_visible_to
from portal.web import arguments
from portal.web.desk.forms import WAYS
from portal.web.desk.offerings import Catalogue, Offering
from portal.web.filters import duration, money
from portal.web.forms import (
    DateField,
    MoneyField,
    Needed,
    PhoneField,
    RadioField,
    SelectField,
    TextField,
    TimeField,
)
from portal.web.staff.patient_forms import NEW, NewPersonForm

MOST_PATIENTS = 300
TYPED = "typed"


class SessionForm(NewPersonForm):
    patient_id = SelectField(_("Patient"), default="")
    full_name = TextField(_("Full name"), longest=100)
    phone = PhoneField(_("Phone number"))
    email = TextField(_("Email"))
    service_id = SelectField(_("Service"))
    centre_id = SelectField(_("Centre"))
    on = DateField(_("Date"), [Needed(_("Enter the date"))])
    at = RadioField(_("Time"), validate_choice=False)
    time = TimeField(_("Which other time"))
    session_type = SelectField(_("How"), choices=[("", _("As is usual")), *WAYS], default="")
    fee = MoneyField(_("Fee"), description=_("Empty for the price of the service."))
    title = TextField(
        _("Title"), description=_("The patient sees this, for example “Second opinion”."), longest=120
    )
    reason = TextField(_("Reason"))

    def validate_time(self, field: TimeField) -> None:
        """One of the free times, or one that was typed."""
        if self.start_time is None:
            field.errors = [*field.errors] or [gettext("Choose a time, or enter one")]

    @property
    def start_time(self) -> wall_time | None:
        try:
            chosen = wall_time.fromisoformat(self.at.data or "")
        except ValueError:
            typed: wall_time | None = self.time.data
            return typed
        return chosen.replace(second=0, microsecond=0, tzinfo=None)

    @property
    def way(self) -> SessionType | None:
        return SessionType(self.session_type.data) if self.session_type.data else None

    def details(self) -> Details:
        return Details(title=self.title.data or "", fee_minor=self.fee.data if "fee" in self else None)

    def place(self, found: Catalogue) -> tuple[Offering, int | None, ZoneInfo]:
        """What is to be booked and where, in which zone; the first service while none of theirs is chosen."""
        known = {str(one.service.id): one for one in found.offerings}
        one = known.get(self.service_id.data, found.offerings[0])
        chosen = int(self.centre_id.data) if "centre_id" in self and self.centre_id.data else None
        centre_id = chosen if chosen in one.centre_ids else min(one.centre_ids, default=None)
        zone = found.centres[centre_id].zone if centre_id in found.centres else one.clinician.zone
        return one, centre_id, zone

    def key(self, found: Catalogue) -> SlotKey | None:
        """The time that is meant; None, with the mistake beside it, for one that the clocks skip."""
        one, centre_id, zone = self.place(found)
        meant = self.start_time or wall_time.min
        starts_at = clock.at(self.on.data, meant, zone)
        if clock.local(starts_at, zone).time() != meant:
            self.time.errors = [gettext("The clocks skip that time")]
            return None
        return SlotKey(one.clinician.id, centre_id, one.service.id, starts_at)


def session_form(found: Catalogue, now: datetime) -> SessionForm:
    """The form as the address or what was sent fills it, for who has something that can be booked."""
    form = SessionForm()
    form.service_id.choices = [(str(one.service.id), _named(one)) for one in found.offerings]
    worked = {centre_id for one in found.offerings for centre_id in one.centre_ids}
    places = [centre for centre in found.centres.values() if centre.id in worked]
    form.centre_id.choices = [(str(centre.id), centre.name) for centre in places]
    form.fee.currency = found.offerings[0].clinician.currency
    if not form.is_submitted():
        _fill(form, found, now)
    elif request.form.get("alike", NEW) != NEW:
        form.patient_id.data = request.form["alike"]
    known = _own_patients(form.patient_id.data)
    form.patient_id.choices = [("", gettext("Somebody else, by phone or email")), *known]
    if len(places) < 2:
        del form.centre_id
    if not g.actor.may(Permission.APPOINTMENT_SET_FEE):
        del form.fee
    return form


def free_times(form: SessionForm, found: Catalogue, at: datetime) -> Sequence[Slot]:
    """What is free on the date of the form, in three queries; nothing while it is not known when."""
    if not form.on.data:
        return []
    one, centre_id, zone = form.place(found)
    near = Availability(db.session, [one.clinician], form.on.data, form.on.data, Asking(at, is_staff=True))
    return [
        slot
        for slot in near.free(one.service)
        if slot.centre_id == centre_id and clock.local_day(slot.starts_at, zone) == form.on.data
    ]


def offer_times(form: SessionForm, slots: Sequence[Slot], zone: ZoneInfo) -> None:
    """The free times as choices, and one to type another; what was chosen and is gone stands in the field to type."""
    walls = [f"{clock.local(slot.starts_at, zone):%H:%M}" for slot in slots]
    form.at.choices = [*((wall, wall) for wall in walls), (TYPED, gettext("Another time"))]
    if form.at.data not in walls:
        form.time.data = form.start_time
        form.at.data = TYPED if form.time.data or not walls else None


def _fill(form: SessionForm, found: Catalogue, now: datetime) -> None:
    service = request.args.get("service_id", "")
    known = [str(one.service.id) for one in found.offerings]
    form.service_id.data = service if service in known else known[0]
    form.patient_id.data = str(arguments.whole_number("patient_id") or "")
    form.centre_id.data = str(found.offerings[0].clinician.primary_centre_id or "")
    form.on.data = arguments.day("date") or clock.local_day(now, found.offerings[0].clinician.zone)


def _named(one: Offering) -> str:
    facts = (
        one.title,
        duration(one.service.duration_minutes),
        money(one.service.price_minor, one.clinician.currency),
    )
    return ", ".join(map(str, facts))


def _own_patients(chosen: str) -> list[tuple[str, str]]:
    """Those whom the actor may see, by name, as many as a list can be; who is chosen is among them."""
    mine = select(Patient.id, Patient.full_name).where(patient_visible_to(g.actor))
    others = mine.where(Patient.id.not_in(sorted(g.actor.patient_ids))) if g.actor.patient_ids else mine
    by_name = func.lower(Patient.full_name), Patient.id
    first = others.with_only_columns(Patient.id).order_by(*by_name).limit(MOST_PATIENTS)
    is_listed = Patient.id.in_(first) | (Patient.id == arguments.number(chosen))
    found = db.session.execute(others.where(is_listed).order_by(*by_name))
    return [(str(patient_id), name) for patient_id, name in found]
