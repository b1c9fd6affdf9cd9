"""The practice's rules as they come in and go out: every key of the table of rules, money in main units."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from pydantic.alias_generators import to_camel

from portal.api.v1.representations.base import BIGGEST, Amount, Body, Line, Shape, Text, minor_units
from portal.core.errors import Invalid, _
from portal.core.money import Money
from portal.practice.choices import ClinicianWord, LateCancellation, OnlinePayment, PatientWord
from portal.practice.rules import RULES
from portal.practice.rules import Amount as Minor
from portal.settings import Settings

MOST_PARTS = 20
Whole = Annotated[int, Field(ge=0, le=10**9)]
"""A number, whose own bounds are in the table of rules."""


class TaxRateShape(Shape):
    name: str
    percent: float


class NewTaxRate(Body):
    name: Annotated[str, StringConstraints(pattern="^[^,]+$", max_length=30)]
    percent: Annotated[float, Field(ge=0, le=100)]


class PracticeRules(Shape):
    """All rules in force. Durations carry their unit in the name."""

    portal_name: str
    practice_address: str
    practice_tax_number: str
    patient_word: PatientWord
    clinician_word: ClinicianWord
    hold_minutes: int
    late_cancellation: LateCancellation
    front_desk_can_reschedule: bool
    waiting_list_offer_minutes: int
    waiting_list_daily_offers: int
    reminder_minutes: list[int]
    quiet_from_hour: int
    quiet_until_hour: int
    message_grace_seconds: int
    online_payment: OnlinePayment
    tax_rates: list[TaxRateShape]
    late_fee_percent: int
    no_show_fee_percent: int
    platform_fee_percent: int
    credit_price: Amount
    credits_at_start: int
    subscription_price: Amount
    subscription_months: int
    subscription_visits: int
    code_minutes: int
    staff_idle_minutes: int
    patient_idle_days: int


class RuleChanges(Body):
    """The rules to change. A rule that is null is the one again that the practice was set up with."""

    version: int | None = Field(
        None,
        ge=0,
        le=BIGGEST,
        description="At which the rules were read: refused when somebody has changed them since.",
    )
    portal_name: Line | None = None
    practice_address: Text | None = None
    practice_tax_number: Line | None = None
    patient_word: PatientWord | None = None
    clinician_word: ClinicianWord | None = None
    hold_minutes: Whole | None = None
    late_cancellation: LateCancellation | None = None
    front_desk_can_reschedule: bool | None = None
    waiting_list_offer_minutes: Whole | None = None
    waiting_list_daily_offers: Whole | None = None
    reminder_minutes: list[Whole] | None = Field(None, max_length=MOST_PARTS)
    quiet_from_hour: Whole | None = None
    quiet_until_hour: Whole | None = None
    message_grace_seconds: Whole | None = None
    online_payment: OnlinePayment | None = None
    tax_rates: list[NewTaxRate] | None = Field(None, max_length=MOST_PARTS)
    late_fee_percent: Whole | None = None
    no_show_fee_percent: Whole | None = None
    platform_fee_percent: Whole | None = None
    credit_price: Amount | None = None
    credits_at_start: Whole | None = None
    subscription_price: Amount | None = None
    subscription_months: Whole | None = None
    subscription_visits: Whole | None = None
    code_minutes: Whole | None = None
    staff_idle_minutes: Whole | None = None
    patient_idle_days: Whole | None = None

    def texts(self, currency: str) -> dict[str, str | None]:
        """For the command: each given rule as it is written, by its key."""
        given = self.given()
        return {key: _written(key, given[name], currency) for key in RULES if (name := name_of(key)) in given}


def name_of(key: str) -> str:
    """What a rule is called inside models: money has no minor units there."""
    return key.removesuffix("_minor")


def names_of(keys: Iterable[str]) -> list[str]:
    """What rules are called outside, in alphabetical order."""
    return sorted(to_camel(name_of(key)) for key in keys if key in RULES)


def practice_rules(in_force: Settings) -> PracticeRules:
    """All rules of these settings."""
    values = {name_of(key): _shown(key, getattr(in_force, key), in_force.default_currency) for key in RULES}
    return PracticeRules(**values)


def _shown(key: str, value: Any, currency: str) -> Any:
    if isinstance(RULES[key], Minor):
        return float(Money(value, currency).amount)
    if key == "tax_rates":
        return [TaxRateShape(name=name, percent=points / 100) for name, points in value]
    return list(value) if isinstance(value, tuple) else value


def _written(key: str, value: Any, currency: str) -> str | None:
    if value is None:
        return None
    if isinstance(RULES[key], Minor):
        return _minor(key, value, currency)
    if key == "tax_rates":
        return ", ".join(f"{rate.name} {rate.percent:g}" for rate in value)
    return RULES[key].written(tuple(value) if isinstance(value, list) else value)


def _minor(key: str, amount: float, currency: str) -> str:
    try:
        return str(minor_units(amount, currency))
    except ValueError:
        raise Invalid(details={name_of(key): _("Enter an amount, like 45 or 45.50")}) from None
