"""The days that the address of a list asks for: from when, until when, and which of them makes no sense."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import request
from flask_babel import gettext

from portal.delivery.periods import instants
from portal.web.arguments import day

NAMES = ("start_date", "end_date")


@dataclass(frozen=True)
class Days:
    """Both are included, and those of the practice's calendar; `errors` is by the name of the field."""

    first: date | None
    last: date | None
    errors: dict[str, str]

    @classmethod
    def of_address(cls, usual_first: date | None = None) -> "Days":
        first, last = map(day, NAMES)
        errors = {
            name: gettext("Enter a date, like 2027-06-04")
            for name, found in zip(NAMES, (first, last), strict=True)
            if found is None and request.args.get(name, "").strip()
        }
        if first and last and last < first:
            errors["end_date"] = gettext("The end must not be before the start.")
        return cls(first or usual_first, last, errors)

    def typed(self, name: str) -> str:
        """What stands in a date's field."""
        return request.args.get(name, "") if name in self.errors else str(self.values[name] or "")

    @property
    def instants(self) -> tuple[datetime | None, datetime | None]:
        """Where the first begins and the last has ended."""
        return instants(self.first, self.last)

    @property
    def values(self) -> dict[str, date | None]:
        """For an address that means the same days."""
        return {"start_date": self.first, "end_date": self.last}
