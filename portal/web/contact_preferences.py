"""How a patient wants to be told: the form, the same for patients and for staff who fill it in for them."""

from typing import Any

from flask import g
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectMultipleField

from portal.bootstrap import db
from portal.core import clock
from portal.notifications import preferences
from portal.notifications.models import Channel
from portal.notifications.preferences import Ways
from portal.notifications.wording import language_for, language_name, languages
from portal.people.models import Patient
from portal.web.admin.centre_form import ZoneField
from portal.web.admin.saving import saved
from portal.web.filters import phone
from portal.web.forms import Form, SelectField

WAYS = {
    Channel.WHATSAPP: _("WhatsApp to %(address)s"),
    Channel.SMS: _("Text message to %(address)s"),
    Channel.EMAIL: _("Email to %(address)s"),
}


class ContactPreferencesForm(Form):
    channels = SelectMultipleField(
        _("Ways to be told"), validate_choice=False
    )  # the command knows which are possible
    wants_reminders = BooleanField(_("Reminders before a visit"))
    language = SelectField(_("Language of messages"))
    time_zone = ZoneField(
        _("Time zone of messages"),
        description=_("Type a city. Empty, each message names the time at the place of the visit."),
    )

    @classmethod
    def of(cls, patient: Patient, *, language: str | None, time_zone: str | None) -> "ContactPreferencesForm":
        """The form as the patient has chosen, with these two where there is no choice yet."""
        ways = preferences.ways_of(db.session, patient)
        form = cls(
            data={
                "channels": list(ways.in_use),
                "wants_reminders": patient.wants_reminders,
                "language": language_for(patient.language or language),
                "time_zone": patient.time_zone or time_zone or "",
            }
        )
        form.channels.choices = [(way, _to(way, patient, ways)) for way in ways.possible]
        form.language.choices = [(one, language_name(one)) for one in languages()]
        return form

    def save(self, patient: Patient) -> bool:
        """Keep what was chosen; False, with the reasons beside the fields, where it cannot be."""
        chosen: dict[str, Any] = {
            "channels": self.channels.data or [],
            "wants_reminders": self.wants_reminders.data,
            "language": self.language.data,
            "time_zone": self.time_zone.data or None,
        }
        return saved(
            self, lambda: preferences.choose(db.session, patient, by=g.actor, at=clock.now(), **chosen)
        )


def _to(way: Channel, patient: Patient, ways: Ways) -> str:
    address = ways.email if way is Channel.EMAIL else phone(patient.phone)
    return str(WAYS[way]) % {"address": address}
