"""What happened to patients and clinicians."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class PatientChanged:
    """`action` is a verb phrase such as "patient.edit"; `changed` names the fields, never their values."""

    patient_id: int
    action: str
    by: Actor
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class DuplicateOverridden:
    """A record was made although there is one of somebody alike: how it is known to be somebody else."""

    patient_id: int
    by: Actor
    at: datetime
    reason: str


@dataclass(frozen=True)
class PatientsMerged:
    """All of `gone_id` is `kept_id`'s now. The account is named where it was closed because both had one."""

    kept_id: int
    gone_id: int
    kept_account_id: int | None
    closed_account_id: int | None
    by: Actor
    at: datetime


@dataclass(frozen=True)
class ClinicianCreated:
    """A clinician is there and approved, without services or hours yet."""

    clinician_id: int
    by: Actor
    at: datetime


@dataclass(frozen=True)
class ClinicianChanged:
    """As PatientChanged, for a clinician."""

    clinician_id: int
    action: str
    by: Actor
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class CategoryChanged:
    """As PatientChanged, for a category of skills."""

    category_id: int
    action: str
    by: Actor
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClinicianDecided:
    """The practice approved a clinician, or not; the reason is told to them."""

    clinician_id: int
    is_approved: bool
    reason: str
    at: datetime
