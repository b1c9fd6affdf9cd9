"""What the commands of payments need to know: the providers, and how the practice wants things."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.payments.gateways import Gateway, Provider, Wanted
from portal.payments.gateways.registry import configured, gateways, provider_for
from portal.payments.models import Payment
from portal.settings import OnlinePayment, Settings

# How many time-outs of a provider a claim outlives: the calls of one attempt, and one to spare.
LEASE_TIMEOUTS = 6


@dataclass(frozen=True)
class Practice:
    """`live` are the providers whose keys move real money, `configured` those that have keys at all.

    `lease` is how long one attempt may take.
    """

    public_url: str
    time_zone: ZoneInfo
    lease: timedelta
    gateways: Mapping[Provider, Gateway]
    live: frozenset[Provider] = frozenset()
    configured: frozenset[Provider] = frozenset()
    forced: Provider | None = None
    online_payment: OnlinePayment = OnlinePayment.OPTIONAL

    def gateway_of(self, payment: Payment) -> Gateway:
        """Whoever moves, or moved, the money of an online payment."""
        return self.gateways[Provider(payment.provider or "")]

    def provider_for(self, currency: str) -> Provider:
        return provider_for(currency, self.forced)

    def can_take(self, currency: str) -> bool:
        """Can money of that currency be paid on the internet?"""
        return self.provider_for(currency) in self.configured

    def wanted(self, payment: Payment) -> Wanted:
        """The payment as its provider is asked for it.

        Word for word the same at each attempt, as providers insist on: so it says nothing that may change meanwhile,
        and nothing of the person who pays.
        """
        return Wanted(
            key=payment.key,
            money=payment.money,
            reference=f"payment-{payment.id}",
            description=f"Payment {payment.id}",
            expires_at=payment.expires_at,
            back_url=f"{self.public_url}/payments/{payment.key}/back",
            cancel_url=f"{self.public_url}/payments/{payment.key}/cancelled",
            every_months=payment.months or 0,
        )


def practice_by(settings: Callable[[], Settings]) -> Callable[[], Practice]:
    """The practice of settings that may change: made again when they do, else kept with its connections."""
    kept: tuple[Settings, Practice] | None = None

    def practice() -> Practice:
        nonlocal kept
        now = settings()
        if kept is None or kept[0] is not now:
            kept = (now, practice_of(now))
        return kept[1]

    return practice


def practice_of(settings: Settings) -> Practice:
    """The practice with its gateways, for the life of a process."""
    live = {
        Provider.STRIPE: settings.stripe_secret_key.startswith(("sk_live_", "rk_live_")),
        Provider.RAZORPAY: settings.razorpay_key_id.startswith("rzp_live_"),
    }
    return Practice(
        public_url=settings.public_url,
        time_zone=clock.zone(settings.default_time_zone),
        lease=LEASE_TIMEOUTS * timedelta(seconds=settings.provider_timeout_seconds),
        gateways=gateways(settings),
        live=frozenset(provider for provider, is_live in live.items() if is_live),
        configured=configured(settings),
        forced=Provider(settings.payment_provider) if settings.payment_provider else None,
        online_payment=settings.online_payment,
    )
