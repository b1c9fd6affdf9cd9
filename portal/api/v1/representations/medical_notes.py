"""Medical notes as they go out and come in."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.v1.representations.base import Body, Id, Listing, Shape
from portal.records.models import LONGEST, MedicalNote


class AddendumShape(Shape):
    id: int
    note: str
    author_id: int
    author_name: str
    created_at: datetime


class MedicalNoteShape(AddendumShape):
    patient_id: int
    appointment_id: int | None
    addenda: list[AddendumShape] = Field(description="What was added later, in order.")


class MedicalNoteQuery(Listing):
    pass


class NewMedicalNote(Body):
    note: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    appointment_id: Id | None = Field(None, description="The visit it is about.")
    corrects_id: Id | None = Field(None, description="The note that this one puts right; that one stays.")


def note_shape(note: MedicalNote) -> MedicalNoteShape:
    return MedicalNoteShape(
        **_said(note),
        patient_id=note.patient_id,
        appointment_id=note.appointment_id,
        addenda=[AddendumShape(**_said(one)) for one in note.addenda],
    )


def _said(note: MedicalNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "note": note.text,
        "author_id": note.author_id,
        "author_name": note.author_name,
        "created_at": note.written_at,
    }
