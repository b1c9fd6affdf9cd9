"""What the form of a centre asks, and what it offers."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import get_currency_name, get_territory_currencies, list_currencies
from flask_babel import lazy_gettext as _
from wtforms import StringField

from portal.core import clock
from portal.web.filters import locale, zone_name
from portal.web.forms import Form, LongTextField, PhoneField, Required, TextField

REGIONS = {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


class ZoneField(StringField):  # type: ignore[misc]  # wtforms carries no types
    """An IANA zone, also as people write it: "europe/london", "America/New York"."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        spelled = {name.casefold(): name for name in zone_names()}
        self.data = spelled.get(typed.replace(" ", "_").casefold(), typed)


class CentreForm(Form):
    name = TextField(_("Name"), [Required(_("Enter the centre’s name"))], longest=100)
    city = TextField(_("City"), [Required(_("Enter the city"))], longest=100)
    address = LongTextField(
        _("Address"),
        longest=500,
        description=_("As patients need it to find the door."),
        render_kw={"rows": 2},
    )
    phone = PhoneField(_("Phone number"), description=_("Patients call it when they are late."))
    email = TextField(_("Email"))
    time_zone = ZoneField(
        _("Time zone"),
        [Required(_("Choose a time zone"))],
        description=_("Type a city. Hours and appointments are in this zone."),
    )
    currency = TextField(
        _("Currency"),
        [Required(_("Choose a currency"))],
        longest=3,
        description=_("Three letters, like GBP."),
    )

    @property
    def values(self) -> dict[str, Any]:
        """For the commands of centres; the form must be valid."""
        names = ("name", "city", "address", "phone", "email", "time_zone", "currency")
        return {name: self[name].data or "" for name in names}


@cache
def zone_names() -> tuple[str, ...]:
    """The zones that are places, in alphabetical order."""
    return tuple(sorted(name for name in available_timezones() if name.partition("/")[0] in REGIONS))


def time_zones(at: datetime) -> list[tuple[str, str]]:
    """Every zone with its city and present offset."""
    return [(name, zone_name(at, clock.zone(name))) for name in zone_names()]


def currencies() -> list[tuple[str, str]]:
    """The currencies in use somewhere, by code, with their names."""
    in_use = {code for region in locale().territories for code in get_territory_currencies(str(region))}
    return [
        (code, get_currency_name(code, locale=locale())) for code in sorted(in_use & set(list_currencies()))
    ]
