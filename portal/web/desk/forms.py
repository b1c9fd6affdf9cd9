"""The forms of a booking at the desk."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import ValidationError

from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.people.profiles import MOST_FEE_MINOR
from portal.web.any_time import AnyTime
from portal.web.desk.offerings import Catalogue
from portal.web.desk.wanted import Wanted
from portal.web.forms import (
    DateField,
    Form,
    LongTextField,
    MoneyField,
    PhoneField,
    RadioField,
    Required,
    SelectField,
    TextField,
)
from portal.web.staff.patient_forms import LEAD_SOURCES, NewPersonForm

WAYS = [("IN_PERSON", _("In person")), ("ONLINE", _("Online"))]


class NewPatientForm(NewPersonForm):
    """As little as is needed while somebody is on the line."""

    full_name = TextField(_("Full name"), [Required(_("Enter the full name"))], longest=100)
    phone = PhoneField(_("Phone number"))
    email = TextField(_("Email"))
    date_of_birth = DateField(_("Date of birth"))
    lead_source = SelectField(_("How did they hear of us?"), choices=LEAD_SOURCES, default="")


class TimesForm(Form):
    """What the caller needs, where, with whom and from when on."""

    class Meta(Form.Meta):
        csrf = False

    service_id = SelectField(_("Service"))
    clinician_id = SelectField(_("Clinician"))
    centre_id = SelectField(_("Centre"))
    session_type = SelectField(_("How"), choices=[("", _("In person or online")), *WAYS])
    from_on = DateField(_("From"))


class ReadBackForm(Form):
    """What can still be said or changed before the time is booked."""

    patient_notes = LongTextField(_("Note for the clinician"), longest=1000, render_kw={"rows": 2})
    fee = MoneyField(_("Fee"))
    session_type = RadioField(_("How"), choices=WAYS)
    reason = TextField(_("Why all the same?"), [Required(_("Say why it is booked all the same"))])

    def validate_fee(self, field: MoneyField) -> None:
        if field.data is not None and field.data > MOST_FEE_MINOR:
            raise ValidationError(gettext("Enter a smaller amount"))


class OverbookingForm(AnyTime, Form):
    """Any time, taken on purpose if it breaks rules; why is asked once it is known that it does."""

    service = SelectField(_("Clinician and service"))
    centre_id = SelectField(_("Centre"))
    reason = TextField(_("Why all the same?"))


def times_form(wanted: Wanted, catalogue: Catalogue) -> TimesForm:
    """The form filled with what is wanted; `formdata` is only the date, all else is known already."""
    form = TimesForm(formdata=None)
    form.service_id.choices = [(str(key), title) for key, title in catalogue.services()]
    people = [(str(key), name) for key, name in catalogue.clinicians(wanted.centre_id)]
    form.clinician_id.choices = people if len(people) == 1 else [("", gettext("Any clinician")), *people]
    places = [(str(centre.id), centre.name) for centre in catalogue.centres.values()]
    form.centre_id.choices = places if len(places) == 1 else [("", gettext("Any centre")), *places]
    for name in ("service_id", "clinician_id", "centre_id", "session_type"):
        value = getattr(wanted, name)
        form[name].data = "" if value is None else str(value)
    if wanted.service_id is not None:
        form.service_id.data = str(catalogue.standing_for(wanted.service_id))
    form.from_on.data = wanted.from_on
    return form


def overbooking_form(wanted: Wanted, catalogue: Catalogue) -> OverbookingForm:
    """Choices narrowed to the wanted clinician, if there is one."""
    form = OverbookingForm()
    form.service.choices = [
        (str(one.service.id), f"{one.clinician.full_name}: {one.title}")
        for one in sorted(catalogue.offerings, key=lambda one: one.clinician.full_name.casefold())
        if wanted.clinician_id in (None, one.clinician.id)
    ]
    form.centre_id.choices = [(str(centre.id), centre.name) for centre in catalogue.centres.values()]
    if not form.is_submitted():
        form.centre_id.data = str(wanted.centre_id or "")
        form.on.data = wanted.from_on
        _fill_in_slot(form, wanted.slot, catalogue)
    return form


def _fill_in_slot(form: OverbookingForm, slot: str | None, catalogue: Catalogue) -> None:
    """The time that was refused, to be booked all the same."""
    key = SlotKey.parse(slot) if slot else None
    centre = catalogue.centres.get(key.centre_id) if key and key.centre_id else None
    if key is not None and centre is not None:
        begins = clock.local(key.starts_at, centre.zone)
        form.service.data, form.centre_id.data = str(key.service_id), str(centre.id)
        form.on.data, form.time.data = begins.date(), begins.time()
