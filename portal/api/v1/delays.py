"""A clinician runs late: said, changed and taken back."""

from datetime import datetime
from typing import Annotated

from flask import Blueprint, g
from flask_babel import gettext
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Body, Done, Id, Query, Shape
from portal.api.v1.who import manageable_clinician
from portal.appointments.commands import set_delay
from portal.appointments.delay_models import MOST_MINUTES
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission

bp = Blueprint("api_delays", __name__, url_prefix="/clinicians/<string:clinician_id>/delay")


class DelayIn(Body):
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)]
    centre_id: Id | None = Field(None, description="Their first centre unless it is given.")


class DelayWhere(Query):
    centre_id: Id | None = Field(None, description="Their first centre unless it is given.")


class DelayShape(Shape):
    clinician_id: int
    centre_id: int | None
    minutes: int
    until: datetime = Field(description="The end of the day there.")
    by_name: str


@bp.put("")
@endpoint("AVL-05", Answer[DelayShape], Permission.CLINICIAN_DELAY, is_write=True)
def set_(clinician_id: str, json: DelayIn) -> DelayShape:
    """Say that a clinician runs late for the rest of the day. Patients of the next two hours are told."""
    clinician = manageable_clinician(clinician_id)
    said = set_delay(
        db.session, clinician, json.minutes, centre_id=json.centre_id, by=g.actor, at=clock.now()
    )
    assert said is not None  # noqa: S101  none only where there are no minutes
    return DelayShape(
        clinician_id=said.clinician_id,
        centre_id=said.centre_id,
        minutes=said.minutes,
        until=said.ends_at,
        by_name=said.by_name,
    )


@bp.delete("")
@endpoint("AVL-05", Done, Permission.CLINICIAN_DELAY, is_write=True)
def delete(clinician_id: str, query: DelayWhere) -> Done:
    """Say that they are on time again; those who were told of the delay are told."""
    clinician = manageable_clinician(clinician_id)
    set_delay(db.session, clinician, 0, centre_id=query.centre_id, by=g.actor, at=clock.now())
    return Done(message=gettext("On time again."))
