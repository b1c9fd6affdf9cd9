"""What both doors say of a payment link that has just been made."""

from babel.lists import format_list
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.notifications.history import of_link
from portal.notifications.models import Channel
from portal.payments.models import Payment

WAYS = {Channel.WHATSAPP: _("WhatsApp"), Channel.SMS: _("text message"), Channel.EMAIL: _("email")}


def ways_of_link(link: Payment) -> str:
    """By which ways it goes out, such as "WhatsApp and email"; empty where there is no way to the patient."""
    channels = [delivery.channel for delivery in of_link(db.session, link)]
    return format_list([str(WAYS[Channel(channel)]) for channel in channels], locale=get_locale() or "en")


def said_of_link(link: Payment) -> str:
    """That it was made, and what becomes of it."""
    ways = ways_of_link(link)
    if not ways:
        return str(gettext("Payment link created. There is no phone number or email address to send it to."))
    return str(gettext("Payment link created and sent via %(ways)s.", ways=ways))
