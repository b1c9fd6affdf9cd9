"""What the address of a list of payments asks for."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext

from portal.delivery.periods import instants
from portal.payments.gateways import Provider
from portal.payments.models import Method, PaymentStatus, Purpose
from portal.payments.queries import Filters
from portal.web.arguments import day, whole_number

Word = TypeVar("Word", bound=StrEnum)
LONGEST_REFERENCE = 200


@dataclass(frozen=True)
class Asked:
    """`errors` says of which date it makes no sense; what is none of our words is left out."""

    status: PaymentStatus | None
    purpose: Purpose | None
    method: Method | None
    provider: Provider | None
    first: date | None
    last: date | None
    reference: str
    patient_id: int | None
    appointment_id: int | None
    errors: dict[str, str]

    @classmethod
    def of_address(cls) -> "Asked":
        first, last = day("start_date"), day("end_date")
        return cls(
            status=_word(PaymentStatus, "status"),
            purpose=_word(Purpose, "purpose"),
            method=_word(Method, "method"),
            provider=_word(Provider, "provider"),
            first=first,
            last=last,
            reference=_text("reference")[:LONGEST_REFERENCE],
            patient_id=whole_number("patient_id"),
            appointment_id=whole_number("appointment_id"),
            errors=_errors(first, last),
        )

    @property
    def filters(self) -> Filters:
        """Days are those of the practice's calendar."""
        paid_from, paid_before = instants(self.first, self.last)
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
            "start_date": self.first,
            "end_date": self.last,
            "reference": self.reference or None,
            "patient_id": self.patient_id,
            "appointment_id": self.appointment_id,
        }


def _errors(first: date | None, last: date | None) -> dict[str, str]:
    errors = {}
    for name, found in (("start_date", first), ("end_date", last)):
        if found is None and _text(name):
            errors[name] = gettext("Enter a date, like 2027-06-04")
    if first and last and last < first:
        errors["end_date"] = gettext("The end must not be before the start.")
    return errors


def _text(name: str) -> str:
    return request.args.get(name, "").strip()


def _word(words: type[Word], name: str) -> Word | None:
    return words(_text(name)) if _text(name) in set(words) else None
