"""The practice's rules for money, set once by the wiring: subscribers of events have no settings of their own."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.payments.rules import TaxRate
from portal.settings import Settings


@dataclass(frozen=True)
class Policy:
    """Percents are of the fee; `late_fee_percent` and `no_show_fee_percent` say what the practice keeps of it.

    `tax_rates` are contained in every price. A price of 0 for credits or subscriptions means that none are sold;
    both are in `currency`. `time_zone` is the practice's, whose calendar documents are numbered by; they say who it is
    by its `name`, `address` and `tax_number`.
    """

    name: str = "Bookable"
    address: str = ""
    tax_number: str = ""
    tax_rates: tuple[TaxRate, ...] = ()
    late_fee_percent: int = 100
    no_show_fee_percent: int = 100
    platform_fee_percent: int = 0
    currency: str = "GBP"
    credit_price_minor: int = 0
    credits_at_start: int = 1
    subscription_price_minor: int = 0
    subscription_months: int = 1
    subscription_visits: int = 4
    time_zone: str = "Europe/London"

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """The rules that a deployment's settings say."""
        return cls(
            name=settings.portal_name,
            address=settings.practice_address,
            tax_number=settings.practice_tax_number,
            tax_rates=tuple(TaxRate(*rate) for rate in settings.tax_rates),
            late_fee_percent=settings.late_fee_percent,
            no_show_fee_percent=settings.no_show_fee_percent,
            platform_fee_percent=settings.platform_fee_percent,
            currency=settings.default_currency,
            credit_price_minor=settings.credit_price_minor,
            credits_at_start=settings.credits_at_start,
            subscription_price_minor=settings.subscription_price_minor,
            subscription_months=settings.subscription_months,
            subscription_visits=settings.subscription_visits,
            time_zone=settings.default_time_zone,
        )

    @property
    def zone(self) -> ZoneInfo:
        return clock.zone(self.time_zone)

    def late_fee_minor(self, fee_minor: int) -> int:
        """What stays with the practice of a fee when the patient cancels after the deadline."""
        return _share(fee_minor, self.late_fee_percent)

    def no_show_fee_minor(self, fee_minor: int) -> int:
        """What stays with the practice of a fee when the patient does not come."""
        return _share(fee_minor, self.no_show_fee_percent)


def _share(minor: int, percent: int) -> int:
    """Rounded down: the unit that cannot be divided is the patient's."""
    return minor * percent // 100


_current = Policy()


def configure(policy: Policy) -> None:
    """Set the rules of this process."""
    global _current  # noqa: PLW0603  one process serves one practice
    _current = policy


def current() -> Policy:
    """The rules in force."""
    return _current
