"""A look at a patient's record, as it goes out."""

from datetime import datetime

from pydantic import Field

from portal.api.v1.representations.base import Shape
from portal.audit.queries import Access


class AccessShape(Shape):
    id: int
    action: str = Field(
        description="What was read: patient.view, appointment.view, receipt.view, payment.view ..."
    )
    by_name: str
    by_role: str | None
    centre_name: str | None = Field(
        description="Where they work; null for those who belong to no single centre."
    )
    at: datetime


def access_shape(look: Access) -> AccessShape:
    entry = look.entry
    return AccessShape(
        id=entry.id,
        action=entry.action,
        by_name=entry.by_name,
        by_role=entry.role,
        centre_name=look.centre,
        at=entry.happened_at,
    )
