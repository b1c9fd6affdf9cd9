"""Which settings a gateway cannot do without."""

from portal.payments.gateways import NotConfigured
from portal.settings import Settings


def missing(settings: Settings, names: tuple[str, ...]) -> list[str]:
    """The environment variables that are still to be set."""
    return [name.upper() for name in names if not getattr(settings, name)]


def require(settings: Settings, names: tuple[str, ...]) -> None:
    """Raises NotConfigured, naming the variables that are not set."""
    if absent := missing(settings, names):
        raise NotConfigured(f"Not set up: {', '.join(absent)}.")
