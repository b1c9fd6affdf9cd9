"""How the value of a rule reads."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.delivery import settings
from portal.environment import SettingsError
from portal.practice.choices import ClinicianWord, LateCancellation, OnlinePayment, PatientWord
from portal.practice.rules import read_rule
from portal.web.filters import duration, money


def _people(word: str) -> str:
    """Said as it is: through the catalogue it would be exchanged for the word in force."""
    return word.replace("_", " ").capitalize() + "s"


CHOICES: Mapping[type, Mapping[str, tuple[Any, Any]]] = {
    LateCancellation: {
        "NO_REFUND": (_("They may, and the late fee is kept"), None),
        "REQUEST": (_("They ask, and staff decide"), None),
        "REFUSE": (_("They cannot; they call the centre"), None),
    },
    OnlinePayment: {
        "OFF": (_("Never"), _("Everybody pays at the centre.")),
        "OPTIONAL": (_("If they wish"), _("Patients choose between now and at the centre.")),
        "REQUIRED": (_("Always"), _("A patient’s time is booked once it is paid. Staff book without.")),
    },
    PatientWord: {word: (_people(word), None) for word in PatientWord},
    ClinicianWord: {word: (_people(word), None) for word in ClinicianWord},
}


def shown(key: str, value: Any) -> str:
    """A rule's value as people read it."""
    if key in SHOWN:
        return SHOWN[key](value)
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if type(value) in CHOICES:
        return str(CHOICES[type(value)][value][0])
    return str(value if value != "" else gettext("None"))


def shown_text(key: str, text: str | None) -> str:
    """The same of a rule as it is written, whatever it says; without a text it is the usual one."""
    if text is None:
        return str(gettext("the usual value"))
    try:
        return shown(key, read_rule(key, text))
    except (KeyError, SettingsError):
        return text


def _price(minor: int) -> str:
    return str(money(minor, settings().default_currency) if minor else gettext("None are sold"))


def _hour(hour: int) -> str:
    return f"{hour:02}:00"


def _percent(percent: int) -> str:
    return f"{percent} %"


def _days(days: int) -> str:
    return str(ngettext("%(num)s day", "%(num)s days", days))


def _seconds(seconds: int) -> str:
    return str(ngettext("%(num)s second", "%(num)s seconds", seconds))


def _months(months: int) -> str:
    return str(ngettext("%(num)s month", "%(num)s months", months))


def _before(minutes: tuple[int, ...]) -> str:
    before = [_days(one // 1440) if one % 1440 == 0 else duration(one) for one in minutes]
    return str(gettext("%(times)s before", times=", ".join(before)) if before else gettext("None"))


def _taxes(rates: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{name} {points / 100:g} %" for name, points in rates) or str(gettext("None"))


SHOWN: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(
        ("hold_minutes", "waiting_list_offer_minutes", "code_minutes", "staff_idle_minutes"), duration
    ),
    **dict.fromkeys(("late_fee_percent", "no_show_fee_percent", "platform_fee_percent"), _percent),
    **dict.fromkeys(("credit_price_minor", "subscription_price_minor"), _price),
    **dict.fromkeys(("quiet_from_hour", "quiet_until_hour"), _hour),
    "message_grace_seconds": _seconds,
    "patient_idle_days": _days,
    "reminder_minutes": _before,
    "subscription_months": _months,
    "tax_rates": _taxes,
}
