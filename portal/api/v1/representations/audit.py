"""An entry of the audit, as it goes out; and what may be asked of them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.v1.representations.base import Id, Listing, Shape
from portal.api.v1.representations.slots import Day
from portal.audit.browsing import MOST_COUNTED, told
from portal.audit.models import AuditEntry

Word = Annotated[str, Field(max_length=100, pattern=r"^[a-z_.-]*$")]


class AuditShape(Shape):
    id: int
    at: datetime
    action: str = Field(description="A word such as patient.view, clinician.switch-off or list.export.")
    by_account_id: int | None
    by_name: str
    by_role: str | None
    subject_type: str
    subject_id: int
    patient_id: int | None = Field(description="Whose record it touched.")
    patient_name: str | None
    detail: dict[str, Any] = Field(description="Names of things, such as the fields that were changed.")


class AuditQuery(Listing):
    account_id: Id | None = Field(None, description="Who did it.")
    action: Word = ""
    patient_id: Id | None = None
    subject_type: Word = ""
    subject_id: Id | None = None
    start_date: Day | None = Field(
        None,
        description=f"On or after that day, in the practice's zone. Of all that is found the latest {MOST_COUNTED} "
        "entries can be paged.",
    )
    end_date: Day | None = Field(None, description="Included.")


def audit_shape(entry: AuditEntry) -> AuditShape:
    """Without anything of its detail that is not known to be harmless."""
    return AuditShape(
        id=entry.id,
        at=entry.happened_at,
        action=entry.action,
        by_account_id=entry.account_id,
        by_name=entry.by_name,
        by_role=entry.role,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        patient_id=entry.patient_id,
        patient_name=entry.patient.full_name if entry.patient else None,
        detail=told(entry),
    )
