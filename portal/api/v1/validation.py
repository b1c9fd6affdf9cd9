"""What cannot be used, by field, in words a person understands."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ValidationError

from portal.core.errors import Invalid, _
from portal.delivery.reading import UNKEEPABLE as CANNOT_KEEP

M = TypeVar("M", bound=BaseModel)

WORDS = {
    "missing": _("This is needed."),
    "extra_forbidden": _("We do not know this field."),
    "string_type": _("This must be a text."),
    "int_type": _("This must be a whole number."),
    "int_parsing": _("This must be a whole number."),
    "int_from_float": _("This must be a whole number."),
    "float_type": _("This must be a number."),
    "float_parsing": _("This must be a number."),
    "bool_type": _("This must be true or false."),
    "bool_parsing": _("This must be true or false."),
    "list_type": _("This must be a list."),
    "date_from_datetime_parsing": _("This must be a date such as 2026-03-31."),
    "date_parsing": _("This must be a date such as 2026-03-31."),
    "date_type": _("This must be a date such as 2026-03-31."),
    "time_parsing": _("This must be a time such as 14:30:00."),
    "datetime_parsing": _("This must be an instant such as 2026-03-31T14:30:00Z."),
    "datetime_from_date_parsing": _("This must be an instant such as 2026-03-31T14:30:00Z."),
    "timezone_aware": _("This must name its zone, as in 2026-03-31T14:30:00Z."),
    "string_too_long": _("Use %(max_length)d characters or fewer."),
    "string_too_short": _("Use %(min_length)d characters or more."),
    "greater_than_equal": _("This must be %(ge)s or more."),
    "less_than_equal": _("This must be %(le)s or less."),
    "enum": _("This must be one of: %(expected)s."),
    "literal_error": _("This must be one of: %(expected)s."),
}
PYTHON_DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")
UNREADABLE = _("The body must be a JSON object.")
UNKEEPABLE = _("This contains characters that we cannot keep.")


def refuse_invalid(
    _request: Any, _response: Any, error: Exception | None, _instance: Any, _adapter: Any
) -> None:
    """For spectree, before the view: raise Invalid for what does not fit the models."""
    if isinstance(error, ValidationError):
        raise _invalid(error)


def understood(model: type[M], body: dict[str, Any]) -> M:
    """A body that came in by another way than a request; raises Invalid like one."""
    unkeepable = {path: UNKEEPABLE for path, text in _texts(body) if CANNOT_KEEP.search(text)}
    if unkeepable:
        raise Invalid(details=unkeepable)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _invalid(error) from None


def check_body() -> None:
    """Raises Invalid unless the request's body is a JSON object of texts that can be kept; none is an empty one."""
    if not request.get_data():
        return
    try:
        body = request.get_json(silent=True)
        unkeepable = {path: UNKEEPABLE for path, text in _texts(body) if CANNOT_KEEP.search(text)}
    except RecursionError:  # brackets within brackets, thousands deep
        raise Invalid(UNREADABLE) from None
    if not isinstance(body, dict):
        raise Invalid(UNREADABLE)
    if unkeepable:
        raise Invalid(details=unkeepable)


def _invalid(error: ValidationError) -> Invalid:
    found = error.errors(include_url=False)
    return Invalid(details={_path(one["loc"]): _words(one) for one in found})


def _path(where: tuple[int | str, ...]) -> str:
    return ".".join(map(str, where)) or "body"


def _words(found: Mapping[str, Any]) -> str:
    words = WORDS.get(found["type"])
    if words is None:
        # Our own validators speak to people already; pydantic's messages are readable English.
        return str(found["msg"]).removeprefix("Value error, ")
    return str(gettext(words, **{name: _plain(value) for name, value in found.get("ctx", {}).items()}))


def _plain(value: object) -> object:
    """A limit that is a date comes as Python writes it."""
    found = PYTHON_DATE.fullmatch(str(value))
    return date(*map(int, found.groups())).isoformat() if found else value


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}" if path else name)
            yield path or "body", name
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{number}")
