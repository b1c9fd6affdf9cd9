"""Which gateway moves which money."""

from urllib.parse import urlsplit

from portal.payments.gateways import Gateway, Provider
from portal.payments.gateways.needs import missing
from portal.payments.gateways.razorpay import Razorpay
from portal.payments.gateways.stripe import Stripe
from portal.settings import Settings

Adapter = type[Stripe] | type[Razorpay]
ADAPTERS: dict[Provider, Adapter] = {Provider.STRIPE: Stripe, Provider.RAZORPAY: Razorpay}
RUPEES = "INR"
STRIPES_PAGES = "https://checkout.stripe.com"


def gateways(settings: Settings) -> dict[Provider, Gateway]:
    """Every gateway, for the life of the process; those without keys raise NotConfigured."""
    return {provider: adapter(settings) for provider, adapter in ADAPTERS.items()}


def configured(settings: Settings) -> frozenset[Provider]:
    """The providers that have all their keys."""
    return frozenset(provider for provider, it in ADAPTERS.items() if not missing(settings, it.NEEDS))


def provider_for(currency: str, forced: Provider | None = None) -> Provider:
    """Rupees go through Razorpay, all else through Stripe, unless the practice has settled on one."""
    return forced or (Provider.RAZORPAY if currency == RUPEES else Provider.STRIPE)


def page_origins(settings: Settings) -> list[str]:
    """Where the pages are that payers are sent to, of the providers that have all their keys.

    Stripe's are on a host of their own; those of Razorpay, and of anything that stands in, are where its API is.
    """
    stripe = (
        STRIPES_PAGES if settings.stripe_base_url == Settings.stripe_base_url else settings.stripe_base_url
    )
    places = {Provider.STRIPE: stripe, Provider.RAZORPAY: settings.razorpay_base_url}
    known = sorted(configured(settings))
    return list(dict.fromkeys(_origin(places[provider]) for provider in known))


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
