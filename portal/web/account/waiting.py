"""What somebody who signed up by themself still waits for, and what they can do about it meanwhile."""

from flask import Response, g
from flask_login import current_user

from portal.bootstrap import db
from portal.core.permissions import Gate, Permission
from portal.delivery.access import requires
from portal.people.approvals import approvals_of
from portal.people.models import ClinicianApproval
from portal.people.queries import get_manageable
from portal.web import navigation
from portal.web.account import bp
from portal.web.account.steps import Step, approval_step, email_step, profile_steps, ready
from portal.web.rendering import page, redirect_to_address


@bp.get("/waiting")
@requires(Permission.SESSION_OWN)
def waiting() -> Response:
    """All steps in order; those who wait for nothing are led home."""
    if g.actor.waits_for is None:
        return redirect_to_address(navigation.home_for(g.actor))
    return page(
        "account/waiting.html",
        account=current_user.account,
        waits_for_email=g.actor.waits_for is Gate.EMAIL,
        steps=_steps(),
        rejection=_rejection(),
    )


def _steps() -> list[Step]:
    """Whom the practice has made has no address to confirm."""
    account = current_user.account
    steps = [email_step(account)] if account.signed_up_at else []
    if g.actor.clinician_id is None:
        return steps
    clinician = get_manageable(db.session, g.actor, g.actor.clinician_id)
    return [*steps, approval_step(clinician), *profile_steps(ready(clinician))]


def _rejection() -> ClinicianApproval | None:
    """The decision, if the practice has said no."""
    decisions = approvals_of(db.session, g.actor.clinician_id) if g.actor.clinician_id else []
    return next((one for one in decisions[:1] if not one.is_approved), None)
