"""The menus: one table of entries per shell. What is not allowed is not shown."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import g, request, url_for
from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy.orm.attributes import set_committed_value

from portal.bootstrap import db
from portal.conversations import queries as conversations
from portal.core.permissions import OPEN_BEFORE_THE_GATE, Actor, Permission, Role

SHELLS = {
    Role.PATIENT: "patient",
    Role.CLINICIAN: "clinician",
    Role.FRONT_DESK: "desk",
    Role.CARE_COORDINATOR: "desk",
    Role.ADMIN: "admin",
    Role.MANAGER: "admin",
    Role.CENTRE_MANAGER: "admin",
}


def _no_values(_actor: Actor) -> dict[str, Any]:
    return {}


def _always(_actor: Actor) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu. `values` makes the endpoint's arguments from the actor; `also` are its further pages.

    `count` says how much is new there, and the endpoint `counted_at` says it again to a page that is open.
    """

    label: Any
    endpoint: str
    icon: str
    permission: Permission | None = None
    values: Callable[[Actor], dict[str, Any]] = _no_values
    is_for: Callable[[Actor], bool] = _always
    also: tuple[str, ...] = ()
    count: Callable[[Actor], int] | None = None
    counted_at: str = ""

    def is_offered(self, actor: Actor) -> bool:
        """May the actor go there, now?"""
        if not self.is_for(actor):
            return False
        if self.permission is None:
            return True
        is_open = actor.waits_for is None or self.permission in OPEN_BEFORE_THE_GATE
        return is_open and actor.may(self.permission)


@dataclass(frozen=True, slots=True)
class Item:
    """`count` asks only when the menu is drawn: pieces of pages have none."""

    label: Any
    href: str
    icon: str
    is_current: bool
    count: Callable[[], int] | None = None
    count_href: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """`main` stands first, `end` at the far end of a top bar; `sign_out` is the address to post to."""

    main: list[Item]
    end: list[Item]
    sign_out: str

    @property
    def all(self) -> list[Item]:
        return self.main + self.end


def _own_clinician(actor: Actor) -> dict[str, Any]:
    return {"clinician_id": actor.clinician_id}


def _waits(actor: Actor) -> bool:
    return actor.waits_for is not None


def _has_another_hat(actor: Actor) -> bool:
    """Is a colleague here as a patient of others?"""
    return g.person.role is not actor.role


def _has_one_hat(actor: Actor) -> bool:
    return not _has_another_hat(actor)


def unread_messages(actor: Actor) -> int:
    """It has come with the sign-in, but in the request that signs in."""
    known: int | None = current_user.account.unread_messages if current_user.is_authenticated else None
    return conversations.unread_count(db.session, actor) if known is None else known


def count_anew() -> None:
    """What has just been read is no longer new on the page that shows it."""
    for name in ("unread", "unread_messages"):
        set_committed_value(current_user.account, name, None)


WAITING = Entry(_("What is left to do"), "account.waiting", "check-circle", is_for=_waits)
CALENDAR = ("account.calendar", "account.calendar_renewal", "account.calendar_end")
PAYMENTS_TOO = ("patient.payment", "account.credits", "patient.subscription", "patient.subscription_end")
ACCOUNT = Entry(
    _("Your account"),
    "account.devices",
    "key",
    Permission.SESSION_OWN,
    also=("account.password", "account.mail", "account.credits", *CALENDAR),
)
MESSAGES = Entry(
    _("Messages"),
    "conversations.index",
    "chat",
    Permission.CONVERSATION_OWN,
    also=("conversations.show", "conversations.new", "conversations.people", "conversations.write"),
    count=unread_messages,
    counted_at="conversations.unread",
)
FIND = Entry(_("Find a time"), "public.find", "search")
CLINICIANS = Entry(_("Clinicians"), "public.clinicians", "stethoscope")
CENTRES = Entry(_("Centres"), "public.centres", "pin")
BOARD = Entry(_("Day board"), "desk.day", "calendar", Permission.DAY_BOARD_VIEW)
NEW_BOOKING = Entry(_("New booking"), "desk.new_booking", "plus", Permission.APPOINTMENT_BOOK_FOR_OTHERS)
PATIENTS = Entry(_("Patients"), "staff.patients", "users", Permission.PATIENT_VIEW)
SEARCH = Entry(_("Look up"), "staff.search", "search", Permission.PATIENT_VIEW)
PAYMENTS = Entry(
    _("Payments"),
    "staff.payments",
    "card",
    Permission.PAYMENT_VIEW,
    also=("staff.payment", "staff.refund", "staff.payments_attention"),
)
QUOTATIONS = Entry(
    _("Quotations"),
    "staff.quotations",
    "quote",
    Permission.QUOTATION_OWN,
    also=(
        "staff.quotation",
        "staff.new_quotation",
        "staff.edit_quotation",
        "staff.quotation_sending",
        "staff.quotation_deletion",
    ),
)
WAITING_LIST = Entry(
    _("Waiting list"),
    "staff.waiting_list",
    "clock",
    Permission.WAITING_LIST_MANAGE,
    also=("staff.earlier",),
)
AFFECTED = Entry(
    _("To rearrange"),
    "staff.affected_appointments",
    "alert",
    Permission.APPOINTMENT_VIEW,
    also=("staff.affected_cancellation",),
)
UNDELIVERED = Entry(_("Not delivered"), "desk.undelivered", "alert", Permission.DELIVERY_HANDLE)

MAIN: dict[str, tuple[Entry, ...]] = {
    "public": (FIND, CLINICIANS, CENTRES),
    "patient": (
        WAITING,
        Entry(_("Home"), "patient.overview", "home", Permission.APPOINTMENT_BOOK_OWN),
        Entry(_("Appointments"), "patient.appointments", "calendar", Permission.APPOINTMENT_BOOK_OWN),
        Entry(_("Payments"), "patient.payments", "card", Permission.PAYMENT_OWN, also=PAYMENTS_TOO),
        MESSAGES,
        FIND,
        CLINICIANS,
        CENTRES,
    ),
    "clinician": (
        WAITING,
        Entry(_("Today"), "clinician.day", "calendar", Permission.DAY_SCHEDULE_OWN),
        Entry(_("Week"), "clinician.week", "week", Permission.DAY_SCHEDULE_OWN),
        Entry(
            _("Overview"), "clinician.overview", "grid", Permission.ANALYTICS_OWN, also=("clinician.charts",)
        ),
        MESSAGES,
        SEARCH,
        PATIENTS,
        QUOTATIONS,
        Entry(_("Working hours"), "schedules.hours", "clock", Permission.AVAILABILITY_EDIT, _own_clinician),
        Entry(_("Leave"), "schedules.leave", "leave", Permission.AVAILABILITY_EDIT, _own_clinician),
        AFFECTED,
        Entry(_("Services"), "schedules.services", "tag", Permission.SERVICE_EDIT, _own_clinician),
        Entry(
            _("Earnings"),
            "clinician.earnings",
            "chart",
            Permission.EARNINGS_OWN,
            also=("clinician.payouts", "staff.payout"),
        ),
        Entry(
            _("Your profile"),
            "clinician.profile",
            "user",
            Permission.CLINICIAN_PROFILE_OWN,
            also=("staff.skills",),
        ),
        Entry(_("My own visits"), "account.own_visits", "star", Permission.DAY_SCHEDULE_OWN),
    ),
    "desk": (BOARD, NEW_BOOKING, SEARCH, MESSAGES, PATIENTS, WAITING_LIST, PAYMENTS, AFFECTED, UNDELIVERED),
    "admin": (
        Entry(_("Overview"), "admin.overview", "grid"),
        BOARD,
        NEW_BOOKING,
        SEARCH,
        MESSAGES,
        PATIENTS,
        WAITING_LIST,
        PAYMENTS,
        AFFECTED,
        UNDELIVERED,
        replace(QUOTATIONS, permission=Permission.QUOTATION_MANAGE),
        Entry(
            _("Messages sent"),
            "admin.deliveries",
            "mail",
            Permission.DELIVERY_LIST,
            also=("admin.delivery", "admin.delivery_statistics"),
        ),
        Entry(
            _("Message wording"),
            "admin.message_templates",
            "edit",
            Permission.TEMPLATE_EDIT,
            also=(
                "admin.message_template",
                "admin.message_template_preview",
                "admin.message_template_removal",
            ),
        ),
        Entry(
            _("Earnings"),
            "admin.earnings",
            "chart",
            Permission.EARNINGS_VIEW,
            also=(
                "admin.clinician_earnings",
                "admin.payouts",
                "admin.payout_history",
                "admin.clinician_payout",
                "staff.payout",
            ),
        ),
        Entry(_("Clinicians"), "admin.clinicians", "stethoscope", Permission.CLINICIAN_MANAGE),
        Entry(_("Categories"), "admin.categories", "tag", Permission.CATEGORY_EDIT, also=("admin.category",)),
        Entry(_("Centres"), "admin.centres", "building", Permission.CENTRE_VIEW_ALL),
        Entry(_("Staff"), "admin.staff", "user", Permission.STAFF_VIEW),
        Entry(_("Permissions"), "admin.permissions", "shield", Permission.STAFF_VIEW),
    ),
}
END: dict[str, tuple[Entry, ...]] = {
    "public": (Entry(_("For staff"), "staff_sign_in.new", "key"), Entry(_("Sign in"), "sign_in.new", "user")),
    "patient": (
        Entry(
            _("Your details"),
            "patient.profile",
            "user",
            Permission.PATIENT_PROFILE_OWN,
            also=("patient.contact_preferences", "patient.access", "patient.people", "patient.new_dependant"),
        ),
        replace(ACCOUNT, is_for=_has_one_hat),
        Entry(_("My practice"), "clinician.day", "stethoscope", is_for=_has_another_hat),
    ),
    "clinician": (ACCOUNT,),
    "desk": (ACCOUNT,),
    "admin": (ACCOUNT,),
}
PATIENTS_HOME = "patient.overview"
HOMES = {
    "public": "public.home",
    "patient": PATIENTS_HOME,
    "clinician": "clinician.day",
    "desk": "desk.day",
    "admin": "admin.overview",
}


def shell_for(actor: Actor) -> str:
    """The name of the layout an actor lives in; visitors live on the public site."""
    return SHELLS[actor.role] if actor.role else "public"


def menu_for(actor: Actor) -> Menu:
    """The entries of the actor's shell that are allowed."""
    shell = shell_for(actor)
    return Menu(
        main=_items(MAIN[shell], actor),
        end=_items(END.get(shell, ()), actor),
        sign_out=url_for("sign_in.sign_out"),
    )


def home_for(actor: Actor) -> str:
    """Where the brand leads: the first page of the actor's shell; to what is left to do while they wait."""
    if actor.waits_for:
        return url_for(WAITING.endpoint)
    return url_for(HOMES[shell_for(actor)])


def _items(entries: tuple[Entry, ...], actor: Actor) -> list[Item]:
    return [
        Item(
            entry.label,
            url_for(entry.endpoint, **entry.values(actor)),
            entry.icon,
            request.endpoint in {entry.endpoint, *entry.also},
            partial(entry.count, actor) if entry.count else None,
            url_for(entry.counted_at) if entry.counted_at else "",
        )
        for entry in entries
        if entry.is_offered(actor)
    ]
