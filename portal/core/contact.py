"""Phone numbers and e-mail addresses as people type them, in the form we store."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from portal.core.errors import Invalid, _

# As the database has it: some countries' plans allow for more digits than E.164 does.
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def parse_phone(text: str, *, region: str | None = None, field: str = "phone") -> str:
    """The number in E.164. Without a country code it belongs to `region` (ISO 3166); raises Invalid."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise Invalid(
            details={field: _("Enter a phone number, such as 07700 900123 or +44 7700 900123.")}
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise Invalid(details={field: _("That phone number is too long or too short.")})
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not E164.fullmatch(text):
        raise Invalid(details={field: _("That phone number is too long or too short.")})
    return text


def optional_phone(text: str | None, *, field: str = "phone") -> str | None:
    """Like `parse_phone` for a number with its country code, but nothing stays nothing."""
    return parse_phone(text, field=field) if text and text.strip() else None


def optional_email(text: str | None, *, field: str = "email") -> str | None:
    """The address in lower case, or None where there is none; raises Invalid."""
    if not text or not text.strip():
        return None
    try:
        found = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise Invalid(details={field: _("Enter an email address, such as name@example.org.")}) from None
    return found.normalized.lower()


def masked(recipient: str) -> str:
    """+44 ••• 123, j•••@example.org: enough to recognise one's own phone (E.164) or address, no more."""
    name, at_sign, domain = recipient.rpartition("@")
    if at_sign:
        return f"{name[:1]}•••@{domain}"
    if not E164.fullmatch(recipient):
        return "•••" if recipient else ""
    return f"+{phonenumbers.parse(recipient).country_code} ••• {recipient[-3:]}"
