"""What a clinician has with the practice: a plan, for a time or without an end."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.events import ClinicianChanged
from portal.people.models import Clinician, Plan


def set_plan(
    session: Session,
    clinician: Clinician,
    *,
    plan: Plan,
    expires_at: datetime | None,
    by: Actor,
    at: datetime,
) -> None:
    """Give a clinician a plan until an instant, or for good. FREE never ends. Safe to repeat.

    Raises Invalid for an end that has passed.
    """
    ends_at = None if plan is Plan.FREE else expires_at
    if (clinician.plan, clinician.plan_expires_at) == (plan, ends_at):
        return
    if ends_at is not None and ends_at <= at:
        raise Invalid(details={"plan_expires_at": _("The end must lie ahead.")})
    clinician.plan, clinician.plan_expires_at = plan, ends_at
    publish(
        session, ClinicianChanged(clinician.id, "clinician.set-plan", by, at, ("plan", "plan_expires_at"))
    )
