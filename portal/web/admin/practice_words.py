"""The practice's rules in plain words: what each means, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _


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
