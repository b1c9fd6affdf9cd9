"""What stands in braces: which placeholders a kind knows, and how they are filled."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from portal.notifications.channels.cleaning import one_line
from portal.notifications.kinds import SERIES, TO_CLINICIAN, Kind
from portal.notifications.models import Channel

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
LONGEST_VALUE = 300
LONGEST = {"link": 2000, "visits": 1000, "dates": 2000}


@dataclass(frozen=True)
class Placeholders:
    """The names that a kind's words may use, and those without which they say nothing."""

    may: frozenset[str]
    must: frozenset[str] = frozenset()

    @property
    def in_subject(self) -> frozenset[str]:
        """Those that a mail's subject may use: what opens a door, or is long, has no place where others look."""
        return self.may - {"code", "link", "reason", "visits", "dates"}


def _knows(may: str, must: str = "") -> Placeholders:
    needed = frozenset(must.split())
    return Placeholders(frozenset([*may.split(), "practice"]) | needed, needed)


_VISIT = _knows("patient clinician where link reference", "when")
_MOVED = _knows("patient clinician where link reference previous", "when")
_SERIES = _knows("patient clinician when where link dates", "count")
_QUOTATION_ANSWER = _knows("clinician patient amount link", "quotation")

PLACEHOLDERS: dict[str, Placeholders] = {
    Kind.REQUESTED: _VISIT,
    Kind.CONFIRMED: _VISIT,
    Kind.RESCHEDULED: _MOVED,
    Kind.CANCELLED: _VISIT,
    Kind.CANCELLED_BY_PRACTICE: _VISIT,
    Kind.DECLINED: _VISIT,
    Kind.REQUEST_EXPIRED: _VISIT,
    Kind.REMINDER: _VISIT,
    Kind.REMINDER_DAY: _knows("patient link", "visits"),
    Kind.RUNNING_LATE: _knows("patient where link", "clinician minutes when"),
    Kind.ON_TIME_AGAIN: _knows("patient where link", "clinician when"),
    Kind.MOVE_ASKED: _knows("patient clinician where", "when link"),
    **dict.fromkeys(SERIES, _SERIES),
    Kind.CLINICIAN_REQUESTED: _VISIT,
    Kind.CLINICIAN_BOOKED: _VISIT,
    Kind.CLINICIAN_RESCHEDULED: _MOVED,
    Kind.CLINICIAN_CANCELLED: _VISIT,
    Kind.PAYMENT_LINK: _knows("patient clinician when where until", "amount link"),
    Kind.PAYMENT_RECEIVED: _knows("patient link", "amount"),
    Kind.PAYMENT_REFUNDED: _knows("patient link", "amount"),
    Kind.PAYMENT_TOO_LATE: _knows("patient clinician link", "amount when"),
    Kind.PAYMENT_TWICE: _knows("patient clinician link", "amount when"),
    Kind.NEW_MESSAGE: _knows("sender", "link"),
    Kind.SIGN_IN_CODE: _knows("minutes", "code"),
    Kind.VERIFY_EMAIL: _knows("", "link"),
    Kind.ALREADY_REGISTERED: _knows(""),
    Kind.PASSWORD_RESET: _knows("", "link"),
    Kind.CLINICIAN_APPROVED: _knows("clinician link"),
    Kind.CLINICIAN_REJECTED: _knows("clinician", "reason"),
    Kind.QUOTATION: _knows("patient clinician quotation amount last_day", "link"),
    Kind.QUOTATION_ACCEPTED: _QUOTATION_ANSWER,
    Kind.QUOTATION_DECLINED: _QUOTATION_ANSWER,
    Kind.TIME_OFFERED: _knows("patient clinician where until", "when link"),
}

_BY_MAIL = (Channel.EMAIL,)
_BY_PHONE = (Channel.WHATSAPP, Channel.SMS)
CHANNELS: dict[str, tuple[Channel, ...]] = {
    **dict.fromkeys(Kind, tuple(Channel)),
    **dict.fromkeys(TO_CLINICIAN, _BY_MAIL),
    Kind.PAYMENT_RECEIVED: _BY_MAIL,
    Kind.SIGN_IN_CODE: _BY_PHONE,
    Kind.VERIFY_EMAIL: _BY_MAIL,
    Kind.ALREADY_REGISTERED: _BY_MAIL,
    Kind.PASSWORD_RESET: _BY_MAIL,
    Kind.CLINICIAN_APPROVED: (Channel.SMS, Channel.EMAIL),
    Kind.CLINICIAN_REJECTED: (Channel.SMS, Channel.EMAIL),
    Kind.QUOTATION: _BY_MAIL,
    Kind.QUOTATION_ACCEPTED: _BY_MAIL,
    Kind.QUOTATION_DECLINED: _BY_MAIL,
}
"""Over which channels a kind goes out: what else is written would never be read."""

IN_APP: dict[str, str] = {
    Kind.REQUESTED: "meeting_request",
    Kind.CONFIRMED: "meeting_confirmed",
    Kind.RESCHEDULED: "meeting_rescheduled",
    Kind.CANCELLED: "meeting_cancelled",
    Kind.CANCELLED_BY_PRACTICE: "meeting_cancelled",
    Kind.DECLINED: "meeting_cancelled",
    Kind.REQUEST_EXPIRED: "meeting_cancelled",
    Kind.RUNNING_LATE: "meeting_delayed",
    Kind.ON_TIME_AGAIN: "meeting_delayed",
    Kind.CLINICIAN_REQUESTED: "meeting_request",
    Kind.CLINICIAN_BOOKED: "meeting_confirmed",
    Kind.CLINICIAN_RESCHEDULED: "meeting_rescheduled",
    Kind.CLINICIAN_CANCELLED: "meeting_cancelled",
    Kind.MOVE_ASKED: "move_asked",
    Kind.SERIES_BOOKED: "meeting_confirmed",
    Kind.SERIES_CANCELLED: "meeting_cancelled",
    Kind.CLINICIAN_SERIES_BOOKED: "meeting_confirmed",
    Kind.CLINICIAN_SERIES_CANCELLED: "meeting_cancelled",
    Kind.PAYMENT_RECEIVED: "payment_received",
    Kind.PAYMENT_REFUNDED: "payment_refunded",
    Kind.PAYMENT_TOO_LATE: "payment_refunded",
    Kind.PAYMENT_TWICE: "payment_refunded",
    Kind.NEW_MESSAGE: "new_message",
    Kind.CLINICIAN_APPROVED: "approval_decision",
    Kind.CLINICIAN_REJECTED: "approval_decision",
    Kind.QUOTATION_ACCEPTED: "quotation_decision",
    Kind.QUOTATION_DECLINED: "quotation_decision",
    Kind.TIME_OFFERED: "time_offered",
}
"""The documented word for what is told in-app of a kind."""


def named_in(text: str) -> list[str]:
    """What stands in braces in a text, each once, in order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def has_stray_brace(text: str) -> bool:
    """Is a brace left that opens or closes nothing, as after a slip of the hand?"""
    return any(brace in PLACEHOLDER.sub("", text) for brace in "{}")


def cleaned(values: Mapping[str, object]) -> dict[str, str]:
    """The values as they may stand in a message: one line each, of bounded length, without control characters."""
    return {
        name: one_line(str(value), most=LONGEST.get(name, LONGEST_VALUE)) for name, value in values.items()
    }


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, once: braces inside a value are only braces. No value leaves nothing."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)


def check_complete(kind: str, given: Collection[str]) -> None:
    """Raise KeyError where the program gives no value for what the kind must say."""
    missing = PLACEHOLDERS[kind].must - set(given)
    if missing:
        raise KeyError(f"{kind} needs {sorted(missing)}")
