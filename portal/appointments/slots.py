"""A slot: a time that can be booked, as a value. Its id is made from what it is, so that a listed slot, a typed time
and an API call all find the same one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.core.errors import Invalid, _
from portal.scheduling.models import Service


@dataclass(frozen=True, slots=True)
class Slot:
    """`centre_id` is None for a clinician who works online and at no centre. Instants are UTC."""

    clinician_id: int
    centre_id: int | None
    service_id: int
    starts_at: datetime
    ends_at: datetime

    @property
    def id(self) -> str:
        return (
            f"{self.clinician_id}-{self.centre_id or 0}-{self.service_id}-{int(self.starts_at.timestamp())}"
        )


@dataclass(frozen=True, slots=True)
class SlotKey:
    """What a slot's id says; whether it is offered is another question."""

    clinician_id: int
    centre_id: int | None
    service_id: int
    starts_at: datetime

    @classmethod
    def parse(cls, text: str) -> "SlotKey":
        """Read a slot's id; raises Invalid for anything else."""
        parts = text.split("-")
        if len(parts) != 4 or not all(
            part.isascii() and part.isdecimal() and len(part) < 16 for part in parts
        ):
            raise Invalid(details={"slot_id": _("Please choose one of the times.")})
        clinician_id, centre_id, service_id, seconds = map(int, parts)
        try:
            starts_at = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            raise Invalid(details={"slot_id": _("Please choose one of the times.")}) from None
        return cls(clinician_id, centre_id or None, service_id, starts_at)

    def with_length_of(self, service: Service) -> Slot:
        ends_at = self.starts_at + timedelta(minutes=service.duration_minutes)
        return Slot(self.clinician_id, self.centre_id, self.service_id, self.starts_at, ends_at)
