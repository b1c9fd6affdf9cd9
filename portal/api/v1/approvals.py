"""Clinicians who signed up by themselves: approved, or not."""

from datetime import datetime
from typing import Annotated, Literal

from flask import Blueprint, g
from pydantic import BeforeValidator

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Body, Line, Shape
from portal.api.v1.who import manageable_clinician
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.people.approvals import decide_approval

bp = Blueprint("api_approvals", __name__, url_prefix="/clinicians/<string:clinician_id>/approvals")


class Decision(Body):
    """A refusal needs a reason, which the clinician is told."""

    action: Annotated[
        Literal["approve", "reject"],
        BeforeValidator(lambda word: word.lower() if isinstance(word, str) else word),
    ]
    reason: Line = ""


class Decided(Shape):
    clinician_id: int
    is_approved_by_admin: bool
    approved_at: datetime | None
    approved_by: int | None


@bp.post("")
@endpoint("ADM-02", Answer[Decided], Permission.CLINICIAN_APPROVE, status=201, is_write=True)
def create(clinician_id: str, json: Decision) -> Decided:
    """Approve a clinician, or not; each decision is kept, and can be changed by another."""
    clinician = manageable_clinician(clinician_id)
    is_approved = json.action == "approve"
    decide_approval(
        db.session, clinician, is_approved=is_approved, reason=json.reason, by=g.actor, at=clock.now()
    )
    return Decided(
        clinician_id=clinician.id,
        is_approved_by_admin=clinician.approved_at is not None,
        approved_at=clinician.approved_at,
        approved_by=clinician.approved_by_id,
    )
