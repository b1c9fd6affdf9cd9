"""What the address of a list of payments asks for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import request

from portal.payments.gateways import Provider
from portal.payments.models import Method, PaymentStatus, Purpose
from portal.payments.queries import Filters
from portal.web.arguments import whole_number
from portal.web.periods import Days

Word = TypeVar("Word", bound=StrEnum)
LONGEST_REFERENCE = 200


@dataclass(frozen=True)
class Asked:
    """What is none of our words is left out."""

    status: PaymentStatus | None
    purpose: Purpose | None
    method: Method | None
    provider: Provider | None
    days: Days
    reference: str
    patient_id: int | None
    appointment_id: int | None

    @classmethod
    def of_address(cls) -> "Asked":
        return cls(
            status=_word(PaymentStatus, "status"),
            purpose=_word(Purpose, "purpose"),
            method=_word(Method, "method"),
            provider=_word(Provider, "provider"),
            days=Days.of_address(),
            reference=_text("reference")[:LONGEST_REFERENCE],
            patient_id=whole_number("patient_id"),
            appointment_id=whole_number("appointment_id"),
        )

    @property
    def errors(self) -> dict[str, str]:
        return self.days.errors

    @property
    def filters(self) -> Filters:
        """Days are those of the practice's calendar."""
        paid_from, paid_before = self.days.instants
        return Filters(
            status=self.status,
            purpose=self.purpose,
            method=self.method,
            provider=self.provider,
            patient_id=self.patient_id,
            appointment_id=self.appointment_id,
            paid_from=paid_from,
            paid_before=paid_before,
            reference=self.reference,
        )

    @property
    def values(self) -> dict[str, Any]:
        """For the address of the next page, and of the same list as a file."""
        return {
            "status": self.status,
            "purpose": self.purpose,
            "method": self.method,
            "provider": self.provider,
            **self.days.values,
            "reference": self.reference or None,
            "patient_id": self.patient_id,
            "appointment_id": self.appointment_id,
        }


def _text(name: str) -> str:
    return request.args.get(name, "").strip()


def _word(words: type[Word], name: str) -> Word | None:
    return words(_text(name)) if _text(name) in set(words) else None
