"""The people whom a patient looks after, as they go out and come in."""

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Body, Line, Shape, Upper
from portal.api.v1.representations.patients import BloodGroup, Born, Gender, Name
from portal.people.care_models import Care, Relation


class DependantShape(Shape):
    id: int = Field(description="Of the record: the patientId to book with.")
    full_name: str
    relation: Relation
    date_of_birth: date | None


class NewDependant(Body):
    full_name: Annotated[str, Field(min_length=1, max_length=100)]
    relation: Annotated[Relation, Upper] = Relation.CHILD
    date_of_birth: Born | None = None
    gender: Annotated[Gender, Upper] | None = None
    blood_group: Annotated[BloodGroup, Upper] | None = None
    emergency_contact_name: Name = ""
    emergency_contact_phone: Line | None = None


def dependant_shape(care: Care) -> DependantShape:
    patient = care.patient
    return DependantShape(
        id=patient.id,
        full_name=patient.full_name,
        relation=Relation(care.relation),
        date_of_birth=patient.date_of_birth,
    )
