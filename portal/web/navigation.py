"""The menus: one table of entries per shell, in sections where there are many. What is not allowed is not shown."""

from dataclasses import replace

from flask import url_for

from portal.core.errors import _
from portal.core.permissions import Actor, Permission, Role
from portal.web.menu import Entry, Menu, Section
from portal.web.menu_entries import (
    ACCOUNT,
    AFFECTED,
    APPOINTMENTS,
    BOARD,
    CENTRES,
    CLINICIANS,
    FIND,
    MESSAGES,
    NEW_BOOKING,
    PATIENTS,
    PAYMENTS,
    PAYMENTS_TOO,
    QUOTATIONS,
    SEARCH,
    UNDELIVERED,
    WAITING,
    WAITING_LIST,
    has_another_hat,
    has_one_hat,
    own_clinician,
)

SHELLS = {
    Role.PATIENT: "patient",
    Role.CLINICIAN: "clinician",
    Role.FRONT_DESK: "desk",
    Role.CARE_COORDINATOR: "desk",
    Role.ADMIN: "admin",
    Role.MANAGER: "admin",
    Role.CENTRE_MANAGER: "admin",
}


MAIN: dict[str, tuple[Entry | Section, ...]] = {
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
        Section(_("Patients"), (SEARCH, PATIENTS, AFFECTED, QUOTATIONS)),
        Section(
            _("Hours and services"),
            (
                Entry(
                    _("Working hours"),
                    "schedules.hours",
                    "clock",
                    Permission.AVAILABILITY_EDIT,
                    own_clinician,
                ),
                Entry(_("Leave"), "schedules.leave", "leave", Permission.AVAILABILITY_EDIT, own_clinician),
                Entry(_("Services"), "schedules.services", "tag", Permission.SERVICE_EDIT, own_clinician),
            ),
        ),
        Section(
            _("You"),
            (
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
        ),
    ),
    "desk": (
        BOARD,
        NEW_BOOKING,
        SEARCH,
        APPOINTMENTS,
        MESSAGES,
        PATIENTS,
        WAITING_LIST,
        PAYMENTS,
        AFFECTED,
        UNDELIVERED,
    ),
    "admin": (
        Entry(_("Overview"), "admin.overview", "grid"),
        Section(_("Day"), (BOARD, NEW_BOOKING, APPOINTMENTS, WAITING_LIST, AFFECTED)),
        Section(
            _("People"),
            (
                SEARCH,
                PATIENTS,
                Entry(_("Clinicians"), "admin.clinicians", "stethoscope", Permission.CLINICIAN_MANAGE),
                Entry(_("Staff"), "admin.staff", "user", Permission.STAFF_VIEW),
            ),
        ),
        Section(
            _("Messages"),
            (
                MESSAGES,
                Entry(
                    _("Messages sent"),
                    "admin.deliveries",
                    "mail",
                    Permission.DELIVERY_LIST,
                    also=("admin.delivery", "admin.delivery_statistics"),
                ),
                UNDELIVERED,
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
            ),
        ),
        Section(
            _("Money"),
            (
                PAYMENTS,
                replace(QUOTATIONS, permission=Permission.QUOTATION_MANAGE),
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
            ),
        ),
        Section(
            _("Practice"),
            (
                Entry(_("Centres"), "admin.centres", "building", Permission.CENTRE_VIEW_ALL),
                Entry(
                    _("Categories"),
                    "admin.categories",
                    "tag",
                    Permission.CATEGORY_EDIT,
                    also=("admin.category",),
                ),
                Entry(
                    _("Practice rules"),
                    "admin.practice",
                    "sliders",
                    Permission.PRACTICE_EDIT,
                    also=("admin.practice_rules", "admin.practice_reset"),
                ),
                Entry(
                    _("Import"),
                    "admin.imports",
                    "download",
                    Permission.IMPORT_RUN,
                    also=("admin.new_import", "admin.import_run"),
                ),
                Entry(_("Permissions"), "admin.permissions", "key", Permission.STAFF_VIEW),
                Entry(_("Audit"), "admin.audit", "shield", Permission.AUDIT_VIEW),
            ),
        ),
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
        replace(ACCOUNT, is_for=has_one_hat),
        Entry(_("My practice"), "clinician.day", "stethoscope", is_for=has_another_hat),
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
    return Menu(MAIN[shell], END.get(shell, ()), actor)


def home_for(actor: Actor) -> str:
    """Where the brand leads: the first page of the actor's shell; to what is left to do while they wait."""
    if actor.waits_for:
        return url_for(WAITING.endpoint)
    return url_for(HOMES[shell_for(actor)])
