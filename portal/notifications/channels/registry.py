"""Which adapter carries which channel."""

from portal.notifications.channels import Sender
from portal.notifications.channels.gallabox import Gallabox
from portal.notifications.channels.needs import missing
from portal.notifications.channels.sms_gateway import SmsGateway
from portal.notifications.channels.smtp import Smtp
from portal.notifications.channels.twilio import Twilio
from portal.notifications.models import Channel
from portal.settings import Settings, SmsProvider

Adapter = type[Smtp] | type[Gallabox] | type[SmsGateway] | type[Twilio]
SMS: dict[SmsProvider, type[SmsGateway] | type[Twilio]] = {
    SmsProvider.GATEWAY: SmsGateway,
    SmsProvider.TWILIO: Twilio,
}


def adapters(settings: Settings) -> dict[Channel, Adapter]:
    """The kind of sender for each channel."""
    return {
        Channel.EMAIL: Smtp,
        Channel.WHATSAPP: Gallabox,
        Channel.SMS: SMS[settings.sms_provider],
    }


def senders(settings: Settings) -> dict[Channel, Sender]:
    """A sender for each channel, for the life of the process; those without keys raise NotConfigured."""
    return {channel: adapter(settings) for channel, adapter in adapters(settings).items()}


def configured(settings: Settings) -> frozenset[Channel]:
    """The channels that have all their keys."""
    found = adapters(settings).items()
    return frozenset(channel for channel, adapter in found if not missing(settings, adapter.NEEDS))
