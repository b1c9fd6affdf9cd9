"""What a booking has come to so far. It travels in the address and in hidden fields, as ids only: nothing personal."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar

from portal.appointments.models import SessionType
from portal.appointments.slots import SlotKey
from portal.core.errors import NotFound
from portal.web.forms import FIRST_YEAR, LAST_YEAR

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """`service_id` stands for all services of its title; `slot` is a time chosen on the board; `on` a date to show
    in full; `hold` the time held for the caller; `instead_of` a hold that the next one replaces; `fee` is in minor
    units; `walk_in` is for somebody who stands at the desk."""

    patient_id: int | None = None
    service_id: int | None = None
    centre_id: int | None = None
    clinician_id: int | None = None
    session_type: SessionType | None = None
    from_on: date | None = None
    on: date | None = None
    slot: str | None = None
    hold: uuid.UUID | None = None
    instead_of: uuid.UUID | None = None
    fee: int | None = None
    overbook: int | None = None
    walk_in: int | None = None

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> "Wanted":
        """Read an address or a form. Raises NotFound for ids that are none, Invalid for a slot that is none."""
        return cls(
            **{name: _number(values.get(name)) for name in NUMBERS},
            session_type=_session_type(values.get("session_type")),
            from_on=_date(values.get("from_on")),
            on=_date(values.get("on")),
            slot=_slot(values.get("slot")),
            hold=_uid(values.get("hold")),
            instead_of=_uid(values.get("instead_of")),
        )

    def but(self, **changes: Any) -> "Wanted":
        return replace(self, **changes)

    def given(self, *without: str) -> dict[str, Any]:
        """What is known, as arguments of an address or as hidden fields."""
        known = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in without}
        return {name: value for name, value in known.items() if value is not None}


NUMBERS = ("patient_id", "service_id", "centre_id", "clinician_id", "fee", "overbook", "walk_in")


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise NotFound
    return int(text)


def _session_type(text: str | None) -> SessionType | None:
    return SessionType(text) if text in set(SessionType) else None


def _date(text: str | None) -> date | None:
    """Dates that make no sense are left out; the form with the date field says so itself."""
    try:
        on = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return on if on is None or FIRST_YEAR <= on.year <= LAST_YEAR else None


def _slot(text: str | None) -> str | None:
    if text:
        SlotKey.parse(text)
    return text or None


def _uid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotFound from None
