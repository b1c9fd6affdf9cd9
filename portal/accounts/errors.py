"""Planned refusals of accounts, and the words for each constraint that says no."""

from http import HTTPStatus

from portal.core.db import refuses
from portal.core.errors import Duplicate, Invalid, PortalError, _


class InvalidCode(PortalError):
    """Also the answer for phones that we do not know: nobody learns who has an account."""

    status = HTTPStatus.UNAUTHORIZED
    code = "INVALID_OTP"
    message = _("That code is not right. Please check it, or ask for a new one.")


class CodeExpired(PortalError):
    status = HTTPStatus.UNAUTHORIZED
    code = "OTP_EXPIRED"
    message = _("That code has expired. Please ask for a new one.")


class InvalidCredentials(PortalError):
    """The same for an unknown name, a wrong password and an account that is switched off."""

    status = HTTPStatus.UNAUTHORIZED
    code = "INVALID_CREDENTIALS"
    message = _("That sign-in is not right. Please check what you entered.")


class InvalidToken(PortalError):
    """An access or refresh token that is forged, was used up, or whose sign-in has ended."""

    status = HTTPStatus.UNAUTHORIZED
    code = "INVALID_TOKEN"
    message = _("Please sign in again.")


class TokenExpired(PortalError):
    status = HTTPStatus.UNAUTHORIZED
    code = "TOKEN_EXPIRED"
    message = _("Your sign-in has run out.")


class LinkInvalid(InvalidToken):
    """A link from a mail that never was, or was used."""

    status = HTTPStatus.BAD_REQUEST
    message = _("That link is not valid any more. Please ask for a new one.")


class LinkExpired(TokenExpired):
    status = HTTPStatus.BAD_REQUEST
    message = _("That link has expired. Please ask for a new one.")


class KeyUsedBefore(PortalError):
    """An Idempotency-Key came with another request before."""

    message = _("This Idempotency-Key was used for another request.")


class AlreadySetUp(PortalError):
    message = _("There is a super administrator already, who can make others.")


class LastAdmin(PortalError):
    message = _("The last administrator has to stay.")


class NotYourself(PortalError):
    message = _("You cannot do that to your own account.")


refuses(
    "uq_account_email",
    lambda: Duplicate(details={"email": _("Somebody already signs in with this email address.")}),
)
refuses("uq_account_username", lambda: Duplicate(details={"username": _("This username is taken.")}))
refuses(
    "uq_account_staff_phone",
    lambda: Duplicate(details={"phone": _("A colleague already signs in with this phone number.")}),
)
refuses(
    "uq_account_patient_phone",
    lambda: Duplicate(details={"phone": _("A patient already signs in with this phone number.")}),
)
refuses("fk_account_centre_id", lambda: Invalid(details={"centre_id": _("Choose a centre.")}))
