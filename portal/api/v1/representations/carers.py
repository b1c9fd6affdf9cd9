"""Those who look after a patient, as they go out and come in."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Body, Id, Shape, Upper
from portal.people.care_models import Care, Relation


class CarerShape(Shape):
    id: int = Field(description="Of their own record.")
    full_name: str
    relation: Relation = Field(description="What the patient is to them.")
    is_allowed: bool = Field(description="False until a patient who signs in by themself has allowed it.")
    created_at: datetime


class NewCarer(Body):
    carer_id: Id
    relation: Annotated[Relation, Upper] = Field(Relation.CHILD, description="What the patient is to them.")


def carer_shape(care: Care) -> CarerShape:
    return CarerShape(
        id=care.carer_id,
        full_name=care.carer.full_name,
        relation=Relation(care.relation),
        is_allowed=care.paused_at is None,
        created_at=care.created_at,
    )
