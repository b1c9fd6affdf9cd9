"""Events that leave a line in the audit."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portal.accounts.events import StaffChanged
from portal.appointments.events import RulesOverridden
from portal.appointments.models import Appointment
from portal.audit.commands import record
from portal.centres.events import CentreChanged
from portal.core.permissions import Actor
from portal.people.events import (
    CategoryChanged,
    ClinicianChanged,
    ClinicianCreated,
    DuplicateOverridden,
    PatientChanged,
)
from portal.practice.events import PracticeRulesChanged
from portal.records.events import MedicalNoteWritten


class MessageHandled(Protocol):
    """Messages are a sibling of the audit, which knows of their events only what it writes down."""

    @property
    def delivery_id(self) -> int: ...
    @property
    def patient_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def by(self) -> Actor: ...
    @property
    def at(self) -> datetime: ...


class WordsChanged(Protocol):
    """The same, of the practice's own words for a message."""

    @property
    def template_id(self) -> int: ...
    @property
    def template(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def by(self) -> Actor: ...
    @property
    def at(self) -> datetime: ...
    @property
    def changed(self) -> tuple[str, ...]: ...


class FileBroughtIn(Protocol):
    """The same, of a file."""

    @property
    def import_run_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def new_count(self) -> int: ...
    @property
    def by(self) -> Actor: ...
    @property
    def at(self) -> datetime: ...


def record_override(session: Session, event: RulesOverridden) -> None:
    """Staff booked around rules: which, and why they said they did."""
    appointment = session.get_one(Appointment, event.appointment_id)
    record(
        session,
        action="appointment.override-rule",
        by=event.by,
        subject_type="appointment",
        subject_id=appointment.id,
        patient_id=appointment.patient_id,
        detail={"rules": list(event.rules), "reason": event.reason},
        at=event.at,
    )


def record_duplicate(session: Session, event: DuplicateOverridden) -> None:
    """Somebody was registered beside somebody alike, and why."""
    record(
        session,
        action="patient.override-duplicate",
        by=event.by,
        subject_type="patient",
        subject_id=event.patient_id,
        patient_id=event.patient_id,
        detail={"reason": event.reason},
        at=event.at,
    )


def record_patient_change(session: Session, event: PatientChanged) -> None:
    """Somebody made or changed a patient's record; which fields, never what is in them."""
    record(
        session,
        action=event.action,
        by=event.by,
        subject_type="patient",
        subject_id=event.patient_id,
        patient_id=event.patient_id,
        detail={"fields": list(event.changed)},
        at=event.at,
    )


def record_clinician_change(session: Session, event: ClinicianChanged | ClinicianCreated) -> None:
    """Somebody made or changed a clinician."""
    action = event.action if isinstance(event, ClinicianChanged) else "clinician.create"
    changed = event.changed if isinstance(event, ClinicianChanged) else ()
    record(
        session,
        action=action,
        by=event.by,
        subject_type="clinician",
        subject_id=event.clinician_id,
        detail={"fields": list(changed)},
        at=event.at,
    )


def record_staff_change(session: Session, event: StaffChanged) -> None:
    """Somebody made or changed an account of staff."""
    record(
        session,
        action=event.action,
        by=event.by,
        subject_type="account",
        subject_id=event.account_id,
        detail={"fields": list(event.changed)},
        at=event.at,
    )


def record_centre_change(session: Session, event: CentreChanged) -> None:
    """Somebody made or changed a centre."""
    record(
        session,
        action=event.action,
        by=event.by,
        subject_type="centre",
        subject_id=event.centre_id,
        detail={"fields": list(event.changed)},
        at=event.at,
    )


def record_rules_change(session: Session, event: PracticeRulesChanged) -> None:
    """Somebody changed rules of the practice; from what to what stands in the changes themselves."""
    record(
        session,
        action="practice-rules.edit",
        by=event.by,
        subject_type="practice_rules",
        subject_id=event.version,
        detail={"fields": list(event.changed)},
        at=event.at,
    )


def record_category_change(session: Session, event: CategoryChanged) -> None:
    """Somebody made, changed or took away a category of skills."""
    record(
        session,
        action=event.action,
        by=event.by,
        subject_type="category",
        subject_id=event.category_id,
        detail={"fields": list(event.changed)},
        at=event.at,
    )


def record_message(session: Session, event: MessageHandled) -> None:
    """Somebody sent a message by hand, or dealt with one that had not arrived."""
    record(
        session,
        action=event.action,
        by=event.by,
        subject_type="delivery",
        subject_id=event.delivery_id,
        patient_id=event.patient_id,
        detail={"kind": event.kind},
        at=event.at,
    )


def record_words_change(session: Session, event: WordsChanged) -> None:
    """Somebody put a message into the practice's own words, or went back to ours."""
    record(
        session,
        action=event.action,
        by=event.by,
        subject_type="message_template",
        subject_id=event.template_id,
        detail={"template": event.template, "fields": list(event.changed)},
        at=event.at,
    )


def record_note(session: Session, event: MedicalNoteWritten) -> None:
    """Somebody wrote a medical note; what it says stays in the note."""
    record(
        session,
        action="medical_note.write",
        by=event.by,
        subject_type="medical_note",
        subject_id=event.note_id,
        patient_id=event.patient_id,
        at=event.at,
    )


def record_import(session: Session, event: FileBroughtIn) -> None:
    """Somebody brought in a file: of what kind and how much of it; each person has a line of their own."""
    record(
        session,
        action="import.bring-in",
        by=event.by,
        subject_type="import_run",
        subject_id=event.import_run_id,
        detail={"list": event.kind.casefold(), "lines": event.new_count},
        at=event.at,
    )
