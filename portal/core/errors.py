"""Planned refusals. Each is a fact with a stable code for machines and a sentence for people.

Only the web and API error mappers turn them into answers. Messages are marked for translation here and
translated there, because a capability knows no locale.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


def _(message: str) -> str:
    """Mark a message for the translation catalogue; the mapper translates it."""
    return message


class PortalError(Exception):
    """A refusal: `status` for HTTP, `code` for clients, `message` for people, `details` by field."""

    status: ClassVar[HTTPStatus] = HTTPStatus.CONFLICT
    code: ClassVar[str] = "CONFLICT"
    message: str = _("That is not possible just now.")

    def __init__(
        self, message: str | None = None, *, details: Mapping[str, str] | None = None, **values: object
    ):
        """`values` fill the message's named placeholders; `details` maps a field's name to its message."""
        self.message = message or self.message
        self.values = values
        self.details = dict(details or {})
        super().__init__(self.message)


class NotFound(PortalError):
    status = HTTPStatus.NOT_FOUND
    code = "NOT_FOUND"
    message = _("We could not find that.")


class Forbidden(PortalError):
    status = HTTPStatus.FORBIDDEN
    code = "FORBIDDEN"
    message = _("Your account does not allow that.")


class EmailNotVerified(Forbidden):
    code = "EMAIL_NOT_VERIFIED"
    message = _("Please confirm your email address first. We have sent you a link.")


class ApprovalRequired(Forbidden):
    code = "ADMIN_APPROVAL_REQUIRED"
    message = _("The practice has yet to approve your account.")


class Unauthorized(PortalError):
    status = HTTPStatus.UNAUTHORIZED
    code = "UNAUTHORIZED"
    message = _("Please sign in first.")


class Invalid(PortalError):
    """Input that cannot be used; `details` says what is wrong with which field."""

    status = HTTPStatus.BAD_REQUEST
    code = "VALIDATION_ERROR"
    message = _("Please check what you entered.")


class Duplicate(PortalError):
    code = "DUPLICATE_ENTRY"
    message = _("That already exists.")


class TooManyAttempts(PortalError):
    """`retry_after_seconds` says when another attempt makes sense."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "RATE_LIMIT_EXCEEDED"
    message = _("Too many attempts. Please wait a little and try again.")

    def __init__(self, *, retry_after_seconds: int):
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class Unavailable(PortalError):
    """The database or a service we need does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "SERVICE_UNAVAILABLE"
    message = _("We are having trouble at the moment. Nothing was lost; please try again in a minute.")
