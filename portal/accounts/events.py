"""What happened to accounts."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.core.permissions import Actor


@dataclass(frozen=True)
class CodeSent:
    """Somebody is to get a sign-in code. `channel` is one of the outbox's; the code must not be written to a log."""

    phone: str
    audience: str
    channel: str
    code: str = field(repr=False)
    minutes: int
    at: datetime


@dataclass(frozen=True)
class PatientSignedUp:
    """A phone that nobody had used signed in for the first time, and has an account from now on."""

    account_id: int
    at: datetime


@dataclass(frozen=True)
class StaffChanged:
    """`action` is a verb phrase such as "staff.create"; `changed` names the fields, never their values."""

    account_id: int
    action: str
    by: Actor
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountSignedUp:
    """Somebody signed up with an email address; `currency` and `time_zone` are the practice's own."""

    account_id: int
    currency: str
    time_zone: str
    at: datetime


@dataclass(frozen=True)
class SignUpsReplaced:
    """Sign-ups that nobody confirmed made way for a newer one of the same address; there may be none."""

    account_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class MailWanted:
    """Somebody is to get a mail of that kind; the link must not be written to a log."""

    kind: str
    email: str
    link: str = field(repr=False)
    at: datetime
