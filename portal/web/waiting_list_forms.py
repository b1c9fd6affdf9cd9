"""What would do: the form of the waiting list, the same for patients and for staff who fill it in for them."""

from collections.abc import Iterable
from typing import Protocol

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from portal.waiting_list.commands import ALL_DAYS, ALL_PARTS, When
from portal.waiting_list.models import PartOfDay
from portal.web.forms import DateField, Form, RadioField, Required

DAYS = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)
PARTS = (
    (PartOfDay.MORNING, _("Morning, until 12:00")),
    (PartOfDay.AFTERNOON, _("Afternoon, 12:00 to 17:00")),
    (PartOfDay.EVENING, _("Evening, from 17:00")),
)
SHORT_PARTS = {
    PartOfDay.MORNING: _("mornings"),
    PartOfDay.AFTERNOON: _("afternoons"),
    PartOfDay.EVENING: _("evenings"),
}
WAYS = (("IN_PERSON", _("In person")), ("ONLINE", _("Online")))


class Wanting(Protocol):
    weekdays: list[int]
    parts: list[str]


def waiting_days(entry: Wanting) -> str:
    """Monday, Friday; mornings. Or: Any day; any time."""
    days, parts = dict(DAYS), {PartOfDay(one) for one in entry.parts}
    on = (
        gettext("Any day")
        if len(entry.weekdays) == len(days)
        else _listed(days[one] for one in entry.weekdays)
    )
    wanted = [word for part, word in SHORT_PARTS.items() if part in parts]
    at = gettext("any time") if len(wanted) == len(SHORT_PARTS) else _listed(wanted)
    return f"{on}; {at}"


def _listed(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)


class WhenForm(Form):
    weekdays = SelectMultipleField(
        _("Days"), coerce=int, choices=[SelectChoice(*day) for day in DAYS], default=ALL_DAYS
    )
    parts = SelectMultipleField(
        _("Times of day"), choices=[SelectChoice(*part) for part in PARTS], default=ALL_PARTS
    )

    def when(self) -> When:
        """What would do; whether it makes sense is for the command to say."""
        return When(tuple(self.weekdays.data or ()), tuple(self.parts.data or ()))


class EarlierForm(WhenForm):
    any_clinician = BooleanField(
        _("Another clinician at the same place will do"),
        description=_(
            "You see who it is and what it costs before you say yes. It is a new booking then, and this one is "
            "cancelled free of charge."
        ),
    )


class WishForm(WhenForm):
    patient_id = RadioField(_("Who is it for?"), [Required(_("Say who is coming"))], coerce=int)
    any_clinician = BooleanField(_("Another clinician at the same place will do, for the same service"))
    session_type = RadioField(_("How"))
    last_on = DateField(_("Not later than"), description=_("Left empty, we look for two months."))

    def when(self) -> When:
        return When(tuple(self.weekdays.data or ()), tuple(self.parts.data or ()), self.last_on.data)
