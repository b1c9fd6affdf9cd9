"""Medical notes: what clinicians write about a patient. The database takes new ones and changes none."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.appointments.models import Appointment
from portal.core.db import Base

LONGEST = 10_000


class MedicalNote(Base):
    """One note, or, where `corrects_id` is set, what was added to put an earlier one right.

    `author_name` is who wrote it, as they were called then. `form_key` is of the page that was sent: pressed twice, it
    is the same note. A trigger refuses every change but that of the patient,
    whose record may be merged into another.
    """

    __tablename__ = "medical_note"
    __table_args__ = (
        CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST}", name="text_length"),
        CheckConstraint("corrects_id <> id", name="corrects_another"),
        UniqueConstraint("author_id", "form_key"),
        Index("ix_medical_note_patient_id", "patient_id", "id"),
        Index("ix_medical_note_corrects_id", "corrects_id"),
        Index("ix_medical_note_appointment_id", "appointment_id"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("medical_note.id"))
    text: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    author_name: Mapped[str]
    written_at: Mapped[datetime]
    form_key: Mapped[uuid.UUID | None]
    appointment: Mapped[Appointment | None] = relationship()
    addenda: Mapped[list["MedicalNote"]] = relationship(order_by="MedicalNote.id", viewonly=True)
