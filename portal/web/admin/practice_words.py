"""The practice's rules in plain words: what each means, what follows from it, and how its value reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.delivery import settings
from portal.environment import SettingsError
from portal.practice.choices import ClinicianWord, LateCancellation, OnlinePayment, PatientWord
from portal.practice.rules import read_rule
from portal.web.filters import duration, money


@dataclass(frozen=True)
class Group:
    """Rules that are changed together: by key, their label and what follows from them."""

    name: str
    title: Any
    lead: Any
    rules: Mapping[str, tuple[Any, Any]]


GROUPS = (
    Group(
        "names",
        _("Names and words"),
        _("How the practice calls itself and the people in it."),
        {
            "portal_name": (_("Name of the practice"), _("On every page, message and receipt.")),
            "practice_address": (
                _("Address on documents"),
                _("In as many lines as it has. Without one, receipts show that of the centre."),
            ),
            "practice_tax_number": (_("Tax number"), _("Below the address on receipts. May be empty.")),
            "patient_word": (
                _("The people you see are called"),
                _("In English, on pages and in messages. What people wrote themselves stays as it is."),
            ),
            "clinician_word": (_("Those who see them are called"), _("In English, as above.")),
        },
    ),
    Group(
        "booking",
        _("Booking and cancelling"),
        _("What patients and the front desk may do, and how long a time waits for them."),
        {
            "hold_minutes": (
                _("A chosen time is held for"),
                _(
                    "In minutes. Nobody else can take it meanwhile. Longer gives more time to sign in and pay."
                ),
            ),
            "late_cancellation": (
                _("Cancelling after the deadline"),
                _("Each clinician has a deadline of their own. This says what patients can do after it."),
            ),
            "front_desk_can_reschedule": (
                _("The front desk may move appointments"),
                _("Otherwise coordinators and managers do."),
            ),
            "waiting_list_offer_minutes": (
                _("A time offered to the waiting list is kept for"),
                _("In minutes. Then it is offered to the next person."),
            ),
            "waiting_list_daily_offers": (
                _("Offers a day to one person"),
                _("Nobody on the waiting list is asked more often in 24 hours."),
            ),
        },
    ),
    Group(
        "messages",
        _("Messages"),
        _("When the practice writes to people."),
        {
            "reminder_minutes": (
                _("Reminders"),
                _(
                    "Minutes before the visit, with commas: 1440 is a day, 60 an hour. Write none to send none."
                ),
            ),
            "quiet_from_hour": (
                _("Quiet from"),
                _("The hour, 0 to 23, in the reader’s time zone. What can wait is sent when it is over."),
            ),
            "quiet_until_hour": (_("Quiet until"), _("The same hour as above means no quiet hours.")),
            "message_grace_seconds": (
                _("News is sent after"),
                _("In seconds. A change of mind within them sends one message instead of two."),
            ),
        },
    ),
    Group(
        "money",
        _("Payments and fees"),
        _("What visits cost and who gets it. Visits that are paid stay as they are."),
        {
            "online_payment": (
                _("Paying on the internet"),
                _("It needs a payment provider, which whoever runs the portal sets up."),
            ),
            "tax_rates": (
                _("Taxes in every price"),
                _("Name and percent, such as VAT 20 or CGST 9, SGST 9. May be empty."),
            ),
            "late_fee_percent": (
                _("Kept of the fee when a patient cancels late"),
                _("In percent. The rest is given back."),
            ),
            "no_show_fee_percent": (
                _("Kept of the fee when a patient does not come"),
                _("In percent. The rest is given back."),
            ),
            "platform_fee_percent": (
                _("The practice’s share"),
                _("In percent of what a clinician earns, before they are paid out."),
            ),
        },
    ),
    Group(
        "offers",
        _("Credits and subscriptions"),
        _("What patients can buy ahead. What they have bought stays as it was."),
        {
            "credit_price_minor": (_("Price of a credit"), _("0 means that none are sold.")),
            "credits_at_start": (_("Credits for a new account"), _("Given once, while credits are sold.")),
            "subscription_price_minor": (
                _("Price of a subscription, each period"),
                _("0 means that none are sold."),
            ),
            "subscription_months": (_("Length of a period"), _("In months. Paid at its beginning.")),
            "subscription_visits": (_("Visits in a period"), _("So many are covered in each.")),
        },
    ),
    Group(
        "sign-in",
        _("Signing in"),
        _("How long codes and sign-ins last. Shorter is safer, longer is more convenient."),
        {
            "code_minutes": (
                _("A sign-in code is valid for"),
                _("In minutes. Texts can be slow: a code that comes late must still work."),
            ),
            "staff_idle_minutes": (
                _("Staff who do nothing are signed out after"),
                _("In minutes. Screens at a desk are seen by others."),
            ),
            "patient_idle_days": (
                _("Patients who do nothing are signed out after"),
                _("In days. Most of them use a phone of their own."),
            ),
        },
    ),
)
BY_NAME = {group.name: group for group in GROUPS}
LABELS = {key: words[0] for group in GROUPS for key, words in group.rules.items()}


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
