"""Who may do what, read from the only table there is."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask_babel import lazy_gettext as _

from portal.core.permissions import GRANTS, Permission, Role
from portal.delivery import settings
from portal.delivery.access import requires
from portal.web.admin import bp
from portal.web.rendering import page

P = Permission
GROUPS: tuple[tuple[Any, dict[Permission, Any]], ...] = (
    (
        _("Appointments"),
        {
            P.APPOINTMENT_VIEW: _("See appointments"),
            P.APPOINTMENT_BOOK_OWN: _("Book, move and cancel their own"),
            P.APPOINTMENT_BOOK_FOR_OTHERS: _("Book for a patient"),
            P.APPOINTMENT_OVERBOOK: _("Book a time that is taken or not worked"),
            P.APPOINTMENT_RESCHEDULE: _("Move an appointment"),
            P.APPOINTMENT_CANCEL: _("Cancel, and answer requests to cancel"),
            P.APPOINTMENT_ARRIVE: _("Note that a patient has arrived"),
            P.APPOINTMENT_SET_STATUS: _("Accept requests, start and complete visits"),
            P.APPOINTMENT_EDIT: _("Write notes for the team"),
            P.APPOINTMENT_SET_FEE: _("Change the fee of a visit"),
            P.DAY_BOARD_VIEW: _("See the day board"),
            P.CLINICIAN_DELAY: _("Say that a clinician runs late, clinicians that they do"),
            P.WAITING_LIST_OWN: _("Ask for an earlier time"),
            P.WAITING_LIST_MANAGE: _("Keep the waiting list"),
        },
    ),
    (
        _("Patients"),
        {
            P.PATIENT_VIEW: _("See patients’ records"),
            P.PATIENT_CREATE: _("Register patients"),
            P.PATIENT_EDIT: _("Correct patients’ details"),
            P.PATIENT_MEDICAL_HISTORY: _("Read and write the medical history"),
            P.MEDICAL_NOTE_WRITE: _("Read and write medical notes"),
            P.PATIENT_PROFILE_OWN: _("Keep their own details"),
            P.PATIENT_MERGE: _("Merge two records of one patient"),
            P.PATIENT_REMOVE: _("Remove patients, or let go of their own"),
        },
    ),
    (
        _("Clinicians"),
        {
            P.DAY_SCHEDULE_OWN: _("See their own day and week"),
            P.CLINICIAN_PROFILE_OWN: _("Edit their own profile"),
            P.CLINICIAN_APPROVE: _("Approve clinicians who signed up by themselves"),
            P.CLINICIAN_MANAGE: _("Add, edit, switch off and delete clinicians"),
            P.AVAILABILITY_EDIT: _("Change working hours and leave"),
            P.SERVICE_EDIT: _("Change services"),
            P.CATEGORY_EDIT: _("Keep the categories of skills"),
        },
    ),
    (
        _("Centres"),
        {
            P.CENTRE_VIEW_ALL: _("See centres that are switched off"),
            P.CENTRE_EDIT: _("Edit a centre and its holidays"),
            P.CENTRE_CREATE: _("Open a centre"),
            P.CENTRE_SWITCH: _("Switch a centre on and off"),
            P.CENTRE_DELETE: _("Delete a centre"),
        },
    ),
    (
        _("Money"),
        {
            P.PAYMENT_OWN: _("Pay, and see what they paid"),
            P.CREDIT_OWN: _("Have credits of their own"),
            P.SUBSCRIPTION_OWN: _("Subscribe for themselves"),
            P.PAYMENT_VIEW: _("See payments"),
            P.RECEIPT_VIEW: _("See receipts, clinicians those of their own visits"),
            P.PAYMENT_TAKE: _("Take money at the centre"),
            P.PAYMENT_LINK_SEND: _("Send a link to pay"),
            P.PAYMENT_REFUND: _("Give money back"),
            P.CREDIT_VIEW: _("See other people’s credits"),
            P.QUOTATION_OWN: _("Write quotations of their own"),
            P.QUOTATION_MANAGE: _("Write and change anybody’s quotations"),
            P.EARNINGS_OWN: _("See what they have earned"),
            P.EARNINGS_VIEW: _("See what clinicians have earned"),
            P.PAYOUT_MAKE: _("Pay clinicians out"),
            P.PLAN_EDIT: _("Change a clinician’s plan"),
        },
    ),
    (
        _("Messages"),
        {
            P.CONVERSATION_OWN: _("Write to people they share an appointment with"),
            P.NOTIFICATION_OWN: _("See what they are told in the portal"),
            P.CONFIRMATION_SEND: _("Send a confirmation again"),
            P.REMINDER_SEND: _("Send a reminder by hand"),
            P.DELIVERY_HANDLE: _("Put right what was not delivered"),
            P.DELIVERY_VIEW: _("See what became of a message"),
            P.DELIVERY_LIST: _("See the history of messages and its figures"),
            P.TEMPLATE_EDIT: _("Change the wording of messages"),
        },
    ),
    (
        _("Colleagues"),
        {
            P.STAFF_VIEW: _("See colleagues’ accounts"),
            P.STAFF_CREATE: _("Add colleagues"),
            P.STAFF_SWITCH: _("Switch colleagues on and off"),
            P.STAFF_EDIT: _("Edit and delete colleagues"),
            P.ANALYTICS_OWN: _("See their own figures"),
            P.SESSION_OWN: _("Keep track of their own sign-ins"),
        },
    ),
    (
        _("The practice as a whole"),
        {
            P.PRACTICE_EDIT: _("Change the practice’s rules"),
            P.EXPORT_RUN: _("Download lists as files"),
            P.IMPORT_RUN: _("Import files from another system"),
            P.AUDIT_VIEW: _("See who looked at and changed what"),
            P.HEALTH_VIEW: _("See how the portal itself is doing"),
        },
    ),
)


@bp.get("/permissions")
@requires(Permission.STAFF_VIEW)
def permissions() -> Response:
    """The table of roles and permissions in plain words."""
    extra = {P.APPOINTMENT_RESCHEDULE} if settings().front_desk_can_reschedule else set()
    return page("admin/permissions.html", groups=list(_groups(extra)), roles=list(Role))


def _groups(extra: set[Permission]) -> Iterator[tuple[Any, list[tuple[Any, list[tuple[Role, bool]]]]]]:
    """By group: each permission's words, with each role and whether it has it.

    `extra` is what a setting of the practice gives the front desk.
    """
    for title, labels in GROUPS:
        rows = []
        for permission, label in labels.items():
            also = {Role.FRONT_DESK} if permission in extra else set()
            rows.append((label, [(role, permission in GRANTS[role] or role in also) for role in Role]))
        yield title, rows
