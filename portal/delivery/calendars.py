"""Calendar files as both doors hand them out: in the reader's language, in the practice's name."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask_babel import gettext

from portal.appointments.models import Appointment
from portal.calendars.invitation import feed, invitation
from portal.calendars.wording import Recipient
from portal.delivery import settings


def invite_of(appointment: Appointment, recipient: Recipient, *, href: str | None = None) -> bytes:
    """The file to download; `href` is the page it names, if not the usual one.

    It holds no email address of whom it is for, and of a patient who is not, initials.
    """
    return invitation(
        appointment,
        recipient=recipient,
        organiser_name=settings().portal_name,
        organiser_email=organiser_email(),
        attendee_email=None,
        public_url=settings().public_url,
        href=href,
        translate=gettext,
    )


def feed_of(entries: Iterable[tuple[Appointment, Recipient]]) -> bytes:
    """The file behind a private address."""
    return feed(
        entries,
        calendar_name=settings().portal_name,
        organiser_name=settings().portal_name,
        organiser_email=organiser_email(),
        public_url=settings().public_url,
        translate=gettext,
    )


def organiser_email() -> str:
    """The practice's address. A calendar file must name one, also where the practice sends no mail."""
    email = settings().mail_reply_to or settings().mail_from
    return email or f"no-reply@{urlsplit(settings().public_url).hostname}"
