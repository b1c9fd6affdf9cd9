"""Why a time is offered, or is not."""

from flask import Blueprint, g
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Id, Query, Shape
from portal.api.v1.representations.slots import Instant
from portal.appointments.availability import Asking
from portal.appointments.explaining import Rule, explain
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.people.queries import get_readable
from portal.scheduling.queries import get_service

bp = Blueprint("api_explanations", __name__, url_prefix="/availability-explanation")


class Question(Query):
    clinician_id: Id
    service_id: Id
    centre_id: Id | None = Field(None, description="None for who works online and at no centre.")
    start_at: Instant


class FindingShape(Shape):
    rule: Rule
    is_kept: bool | None = Field(description="Null where another rule leaves nothing to look at.")


class ExplanationShape(Shape):
    is_offered: bool
    rules: list[FindingShape] = Field(description="In the order in which they are looked at.")
    appointment_id: int | None = Field(description="What takes the time, for those who may see it.")


@bp.get("")
@endpoint("AVL-05", Answer[ExplanationShape], Permission.APPOINTMENT_VIEW, also=(404,))
def show(query: Question) -> ExplanationShape:
    """Say of each rule whether a start keeps it, as it holds for patients: offered exactly when GET /slots lists it."""
    clinician = get_readable(db.session, g.actor, query.clinician_id)
    service = get_service(db.session, clinician.id, query.service_id)
    key = SlotKey(clinician.id, query.centre_id, service.id, query.start_at)
    found = explain(db.session, clinician, service, key, Asking(clock.now()), by=g.actor)
    return ExplanationShape(
        is_offered=found.is_offered,
        rules=[FindingShape(rule=one.rule, is_kept=one.is_kept) for one in found.findings],
        appointment_id=found.appointment_id,
    )
