"""Phones as providers want them."""

from portal.core.contact import E164
from portal.notifications.channels import Refused


def e164(recipient: str) -> str:
    """The number itself; raises Refused where it is none, without repeating it."""
    if not E164.fullmatch(recipient):
        raise Refused("The recipient is not a phone number with its country code.")
    return recipient


def digits(recipient: str) -> str:
    """The number with its country code and without the plus; raises Refused."""
    return e164(recipient).removeprefix("+")
