"""What the providers document about a request, checked to the letter: a stand-in that takes anything proves nothing."""

import re
from collections.abc import Mapping
from typing import Any

DIGITS = re.compile(r"[1-9][0-9]{6,14}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
TEMPLATE = re.compile(r"[a-z0-9_]{1,512}")
NOT_IN_PARAMETERS = re.compile(r"[\n\r\t]| {4}")

# As Twilio's own test numbers: what a provider says about numbers it knows. The others follow it.
UNUSABLE = {
    "+15005550001": (21211, "is not a valid phone number"),
    "+15005550004": (21610, "has opted out"),
    "+15005550009": (21614, "cannot receive texts"),
}


class BadRequest(Exception):
    """The provider would refuse that; `code` is Twilio's."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


def check_gallabox(body: Any, *, channel_id: str) -> str:
    """The recipient in E.164; raises BadRequest."""
    _only(body, needed={"channelId", "channelType", "recipient", "whatsapp"})
    if body["channelId"] != channel_id or body["channelType"] != "whatsapp":
        raise BadRequest("no such channel")
    _only(body["recipient"], needed={"phone"}, allowed={"name"})
    _only(body["whatsapp"], needed={"type", "template"})
    if body["whatsapp"]["type"] != "template":
        raise BadRequest("outside a conversation only templates are sent")
    _check_template(body["whatsapp"]["template"])
    phone = _text(body["recipient"]["phone"])
    if not DIGITS.fullmatch(phone):
        raise BadRequest("phone: digits with the country code")
    return usable(f"+{phone}")


def _check_template(template: Any) -> None:
    _only(template, needed={"templateName"}, allowed={"bodyValues", "headerValues", "buttonValues"})
    if not TEMPLATE.fullmatch(_text(template["templateName"])):
        raise BadRequest("no such template")
    values = template.get("bodyValues", {})
    if not isinstance(values, dict):
        raise BadRequest("bodyValues: an object")
    for value in map(_text, values.values()):
        if not value or NOT_IN_PARAMETERS.search(value):
            raise BadRequest("parameters are not empty, without new lines, tabs or four spaces")
    if sum(map(len, values.values())) > 1024 * 4:
        raise BadRequest("text too long")


def check_gateway(body: Any) -> str:
    """The recipient; raises BadRequest."""
    _only(body, needed={"to", "from", "text"}, allowed={"entityId", "templateId", "reference"})
    for value in body.values():
        _text(value)
    if not body["text"] or len(body["text"]) > 1600:
        raise BadRequest("text: 1 to 1600 characters")
    return usable(body["to"])


def check_twilio(form: Mapping[str, str]) -> str:
    """The recipient; raises BadRequest with Twilio's number for it."""
    if not form.get("Body"):
        raise BadRequest("A Body is required", 21602)
    if len(form["Body"]) > 1600:
        raise BadRequest("The body exceeds the 1600 character limit", 21617)
    if ("From" in form) == ("MessagingServiceSid" in form):
        raise BadRequest("A 'From' phone number is required", 21603)
    if set(form) - {"To", "From", "MessagingServiceSid", "Body"}:
        raise BadRequest("unknown parameter", 20001)
    return usable(form.get("To", ""))


def usable(phone: str) -> str:
    """The number, if it can be written to; raises BadRequest, with the number in its words as providers do."""
    if not E164.fullmatch(phone):
        raise BadRequest(f"{phone} is not a valid phone number", 21211)
    if phone in UNUSABLE:
        code, why = UNUSABLE[phone]
        raise BadRequest(f"{phone} {why}", code)
    return phone


def _only(body: Any, *, needed: set[str], allowed: frozenset[str] | set[str] = frozenset()) -> None:
    if not isinstance(body, dict) or not needed <= set(body) <= needed | allowed:
        raise BadRequest(f"an object with {', '.join(sorted(needed))}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadRequest("text expected")
    return value
