"""What happened to records."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class MedicalNoteWritten:
    """`by` wrote a note about the patient; what it says is in no event."""

    note_id: int
    patient_id: int
    by: Actor
    at: datetime
