"""Lines that several menus share, and for whom a line is meant."""

from typing import Any

from flask import g

from portal.core.errors import _
from portal.core.permissions import Actor, Permission
from portal.web.menu import Entry
from portal.web.unread import unread_messages


def own_clinician(actor: Actor) -> dict[str, Any]:
    return {"clinician_id": actor.clinician_id}


def waits(actor: Actor) -> bool:
    return actor.waits_for is not None


def has_another_hat(actor: Actor) -> bool:
    """Is a colleague here as a patient of others?"""
    return g.person.role is not actor.role


def has_one_hat(actor: Actor) -> bool:
    return not has_another_hat(actor)


WAITING = Entry(_("What is left to do"), "account.waiting", "check-circle", is_for=waits)
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
APPOINTMENTS = Entry(
    _("Appointments"), "staff.appointments", "week", Permission.DAY_BOARD_VIEW, also=("staff.appointment",)
)
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
    _("Waiting list"), "staff.waiting_list", "clock", Permission.WAITING_LIST_MANAGE, also=("staff.earlier",)
)
AFFECTED = Entry(
    _("To rearrange"),
    "staff.affected_appointments",
    "alert",
    Permission.APPOINTMENT_VIEW,
    also=("staff.affected_cancellation",),
)
UNDELIVERED = Entry(_("Not delivered"), "desk.undelivered", "alert", Permission.DELIVERY_HANDLE)
