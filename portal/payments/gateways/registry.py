"""Which gateway moves which money."""

from portal.payments.gateways import Gateway, Provider
from portal.payments.gateways.needs import missing
from portal.payments.gateways.razorpay import Razorpay
from portal.payments.gateways.stripe import Stripe
from portal.settings import Settings

Adapter = type[Stripe] | type[Razorpay]
ADAPTERS: dict[Provider, Adapter] = {Provider.STRIPE: Stripe, Provider.RAZORPAY: Razorpay}
RUPEES = "INR"


def gateways(settings: Settings) -> dict[Provider, Gateway]:
    """Every gateway, for the life of the process; those without keys raise NotConfigured."""
    return {provider: adapter(settings) for provider, adapter in ADAPTERS.items()}


def configured(settings: Settings) -> frozenset[Provider]:
    """The providers that have all their keys."""
    return frozenset(provider for provider, it in ADAPTERS.items() if not missing(settings, it.NEEDS))


def provider_for(currency: str, forced: Provider | None = None) -> Provider:
    """Rupees go through Razorpay, all else through Stripe, unless the practice has settled on one."""
    return forced or (Provider.RAZORPAY if currency == RUPEES else Provider.STRIPE)
