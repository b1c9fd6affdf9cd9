"""What a list of quotations is asked for. Links say it in the address, the form posts it: names stay out of logs."""

from dataclasses import dataclass
from datetime import date

from flask import request

from portal.delivery.periods import instants
from portal.payments.quotation_models import QuotationStatus
from portal.payments.quotation_queries import Filters

MOST_TYPED = 100
FAR = 10_000


@dataclass(frozen=True)
class Asked:
    """`typed` is what stands in the form; what makes no sense is left out."""

    typed: dict[str, str]

    @classmethod
    def of_request(cls) -> "Asked":
        names = ("status", "start_date", "end_date", "patient_id", "page")
        typed = {name: request.values.get(name, "").strip() for name in names}
        return cls({**typed, "search": request.form.get("search", "").strip()[:MOST_TYPED]})

    @property
    def page(self) -> int:
        return min(self._number("page") or 1, FAR)

    @property
    def patient_id(self) -> int | None:
        return self._number("patient_id")

    @property
    def filters(self) -> Filters:
        """Days are those of the practice's calendar, and say when it was written."""
        created_from, created_before = instants(self._day("start_date"), self._day("end_date"))
        status = self.typed["status"]
        return Filters(
            status=QuotationStatus(status) if status in set(QuotationStatus) else None,
            patient_id=self.patient_id,
            created_from=created_from,
            created_before=created_before,
            search=self.typed["search"],
        )

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.typed.items() if name != "page")

    def _number(self, name: str) -> int | None:
        text = self.typed[name]
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 and int(text) else None

    def _day(self, name: str) -> date | None:
        try:
            on = date.fromisoformat(self.typed[name])
        except ValueError:
            return None
        return on if 2000 <= on.year < 2200 else None
