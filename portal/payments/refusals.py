"""What a provider would not or could not do, as a refusal that both doors know how to say."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.payments.errors import InvalidSignature, PaymentFailed, ProviderError, ProviderNotConfigured
from portal.payments.gateways import Declined, NotConfigured, Refused, SignatureInvalid, Unavailable


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raises ProviderNotConfigured, PaymentFailed, ProviderError or InvalidSignature for what a gateway raises.

    Of the provider's own words only those of the payer's bank are for the payer.
    """
    try:
        yield
    except NotConfigured as error:
        raise ProviderNotConfigured from error
    except Declined as error:
        raise PaymentFailed("%(why)s", why=str(error)) from error
    except Refused as error:
        raise PaymentFailed from error
    except Unavailable as error:
        raise ProviderError from error
    except SignatureInvalid as error:
        raise InvalidSignature from error
