"""How patients want to be told: over which channels, in which language, with reminders or without."""

from portal.notifications.models import Channel
from portal.people.models import Patient


def possible_channels(patient: Patient, account_email_verified: bool) -> tuple[Channel, ...]:
    """The channels for which an address is known: the patient's phone and email, or the account's proven address."""
    phone = (Channel.WHATSAPP, Channel.SMS) if patient.phone else ()
    return (*phone, Channel.EMAIL) if patient.email or account_email_verified else phone


def chosen_channels(patient: Patient, account_email_verified: bool) -> tuple[Channel, ...]:
    """Over which channels the patient gets news, in the order WhatsApp, SMS, email.

    Who has not chosen gets WhatsApp, and email beside it once their account's address is proven; email without a
    phone. A choice that is not possible any more counts as none: the answer is empty only where no address is known.
    """
    possible = possible_channels(patient, account_email_verified)
    chosen = tuple(channel for channel in possible if channel in (patient.channels or ()))
    return chosen or _unasked(possible, account_email_verified)


def _unasked(possible: tuple[Channel, ...], account_email_verified: bool) -> tuple[Channel, ...]:
    if Channel.WHATSAPP not in possible:
        return possible
    return (Channel.WHATSAPP, Channel.EMAIL) if account_email_verified else (Channel.WHATSAPP,)
