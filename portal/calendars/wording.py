"""What a calendar file says about a visit: who and where. Never why."""

import unicodedata
from collections.abc import Callable
from enum import StrEnum

from portal.appointments.models import Appointment, SessionType
from portal.core.errors import _

LONGEST = 200
Translate = Callable[[str], str]


class Recipient(StrEnum):
    """For whom a file is made. Colleagues who see the appointment get the clinician's."""

    PATIENT = "patient"
    CLINICIAN = "clinician"


def summary(appointment: Appointment, recipient: Recipient, translate: Translate) -> str:
    """ "Appointment with Dr Jane Smith"; for those who work here "Appointment (AS)", since calendars are shared."""
    if recipient is Recipient.PATIENT:
        return translate(_("Appointment with %(clinician)s")) % {
            "clinician": one_line(appointment.clinician.full_name)
        }
    letters = initials(appointment.patient.full_name) if appointment.patient else ""
    title = translate(_("Appointment"))
    return f"{title} ({letters})" if letters else title


def location(appointment: Appointment, translate: Translate) -> str:
    """The centre's name, address and city on one line, or "Online"."""
    centre = appointment.centre
    if appointment.session_type == SessionType.ONLINE or centre is None:
        return translate(_("Online"))
    parts = [centre.name, *centre.address.splitlines()]
    parts += [] if centre.city.casefold() in centre.address.casefold() else [centre.city]
    return one_line(", ".join(filter(None, (part.strip(" ,") for part in parts))))


def initials(name: str) -> str:
    """AS for Ana Maria Silva; empty for a name without letters."""
    words = [word for word in name.split() if word[0].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def one_line(text: str) -> str:
    """The text in one line of at most 200 characters, without what programs read in different ways.

    Control characters and line separators become spaces; a backslash, which some read as the beginning of a line
    break, becomes a slash; straight double quotes, which end a parameter's value, become single ones.
    """
    kept = (" " if unicodedata.category(one) in {"Cc", "Zl", "Zp", "Cs"} else one for one in text)
    flat = " ".join("".join(kept).split()).replace("\\", "/").replace('"', "'")
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1].rstrip() + "…"
