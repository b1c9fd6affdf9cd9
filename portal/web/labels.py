"""The words for our codes: statuses and roles, and which look a status has."""

from datetime import datetime
from typing import Protocol

from flask_babel import gettext
from flask_babel import lazy_gettext as _


class Cancelled(Protocol):
    cancelled_by: str | None
    cancel_reason: str


ADDRESS = {"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame"}

LOOKS = {
    "pending": _("Pending"),
    "hold": _("On hold"),
    "payment": _("Awaiting payment"),
    "acceptance": _("Awaiting confirmation"),
    "confirmed": _("Confirmed"),
    "arrived": _("Arrived"),
    "started": _("In progress"),
    "completed": _("Completed"),
    "cancelled": _("Cancelled"),
    "no-show": _("Did not attend"),
}
CHANGES = {
    "requested": _("Requested"),
    "confirmed": _("Booked"),
    "accepted": _("Accepted"),
    "rescheduled": _("Moved"),
    "move-asked": _("Patient asked to choose another time"),
    "arrived": _("Arrived"),
    "arrival-taken-back": _("Not arrived after all"),
    "started": _("Started"),
    "start-taken-back": _("Not started after all"),
    "completed": _("Completed"),
    "no_show": _("Did not attend"),
    "cancelled": _("Cancelled"),
    "cancellation-requested": _("Asked to cancel"),
    "cancellation-request-refused": _("Request to cancel turned down"),
    "edited": _("Notes changed"),
}
PROFICIENCIES = {
    "BEGINNER": _("Beginner"),
    "INTERMEDIATE": _("Some experience"),
    "ADVANCED": _("Experienced"),
    "EXPERT": _("Expert"),
}
PLANS = {"FREE": _("Free"), "PRO": _("Pro")}
CANCELLED_BY = {
    "PATIENT": _("Cancelled by the patient."),
    "CLINICIAN": _("Cancelled by the clinician."),
    "CENTRE": _("Cancelled by the centre."),
    "SYSTEM": _("Not answered in time, so it has lapsed."),
}
ROLES = {
    "ADMIN": _("Administrator"),
    "MANAGER": _("Manager"),
    "CLINICIAN": _("Clinician"),
    "CENTRE_MANAGER": _("Centre manager"),
    "CARE_COORDINATOR": _("Care coordinator"),
    "FRONT_DESK": _("Front desk"),
    "PATIENT": _("Patient"),
}


def look(
    status: str,
    waiting_for: str | None = None,
    arrived_at: datetime | None = None,
    started_at: datetime | None = None,
) -> str:
    """The class suffix of badges and blocks: one of the keys of LOOKS."""
    if waiting_for == "HOLD":
        return "hold"
    if status == "CONFIRMED" and (started_at or arrived_at):
        return "started" if started_at else "arrived"
    return status.lower().replace("_", "-")


def status_label(
    status: str,
    waiting_for: str | None = None,
    arrived_at: datetime | None = None,
    started_at: datetime | None = None,
) -> str:
    """What people call the state: one of the five words, what it waits for, or how far the visit has come."""
    if waiting_for:
        return look_label(waiting_for.lower())
    return look_label(look(status, arrived_at=arrived_at, started_at=started_at))


def look_label(name: str) -> str:
    """The word for a look."""
    return str(LOOKS[name])


def role_label(role: str) -> str:
    """The word for a role."""
    return str(ROLES[role]) if role in ROLES else gettext("Visitor")


def change_label(kind: str) -> str:
    """The words for a line of an appointment's history."""
    return str(CHANGES.get(kind, kind))


def proficiency_label(level: str) -> str:
    """How well somebody can do something, in words."""
    return str(PROFICIENCIES[level])


def plan_label(plan: str) -> str:
    """The name of a clinician's plan."""
    return str(PLANS[plan])


def cancellation_sentence(appointment: Cancelled, *, for_patient: bool = False) -> str:
    """Who cancelled, and why if they said; the patient is "you" to themself."""
    is_own = for_patient and appointment.cancelled_by == "PATIENT"
    said = gettext("You cancelled it.") if is_own else str(CANCELLED_BY[appointment.cancelled_by or "SYSTEM"])
    reason = "" if appointment.cancelled_by == "SYSTEM" else appointment.cancel_reason
    return gettext("%(said)s Reason: %(reason)s", said=said, reason=reason) if reason else said
