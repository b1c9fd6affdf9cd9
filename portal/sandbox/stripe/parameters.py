"""What a request says, checked against the official library's own types: what it does not name is refused."""

import re
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, Union

import stripe

from portal.sandbox.stripe.refusal import Refusal

WHOLE = re.compile(r"-?[0-9]{1,18}")
PIECES = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
# Names that the library's modules hold for type checkers only.
NAMES = {"StripeContext": object, "Mapping": Mapping}


def read(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The nested object of a form: {"metadata": {"reference": "7"}} from metadata[reference]=7."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        parts = PIECES.match(name)
        if not parts:
            raise Refusal(f"Invalid parameter name: {name}", param=name)
        place, path = found, [parts[1], *re.findall(r"\[([^\[\]]*)\]", parts[2])]
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Refusal(f"Invalid parameter: {name}", param=name)
        place[path[-1] or str(len(place))] = value
    return found


def check(said: dict[str, Any], kind: type, *, spoken: frozenset[str]) -> dict[str, Any]:
    """The values in their types. `spoken` are those this stand-in acts upon: to take others would be a lie."""
    checked = _object(said, kind, "")
    for name in checked:
        if name not in spoken:
            raise Refusal(f"{name}: documented, but this stand-in does not know it", param=name)
    if metadata := checked.get("metadata"):
        _check_metadata(metadata)
    return checked


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, localns=NAMES)
    if issubclass(kind, dict) and set(stripe.RequestOptions.__annotations__) <= set(hints):
        return {
            name: hint for name, hint in hints.items() if name not in stripe.RequestOptions.__annotations__
        }
    return hints


def _object(said: Any, kind: type, name: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise _invalid(name, "object")
    hints = _hints(kind)
    for field in said:
        if field not in hints:
            path = _path(name, field)
            raise Refusal(f"Received unknown parameter: {path}", code="parameter_unknown", param=path)
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    for field in sorted(required & set(hints)):
        if said.get(field, "") == "":
            path = _path(name, field)
            raise Refusal(f"Missing required param: {path}.", code="parameter_missing", param=path)
    return {field: _value(value, hints[field], _path(name, field)) for field, value in said.items()}


def _value(said: Any, hint: Any, name: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _first(said, typing.get_args(hint), name)
    if origin is list:
        (inner,) = typing.get_args(hint)
        return [_value(one, inner, f"{name}[{place}]") for place, one in enumerate(_items(said, name))]
    if origin is dict:
        return _texts(said, name)
    if origin is Literal:
        if said not in typing.get_args(hint):
            raise _invalid(name, f"one of {', '.join(map(str, typing.get_args(hint)))}")
        return said
    return _object(said, hint, name) if hasattr(hint, "__required_keys__") else _plain(said, hint, name)


def _first(said: Any, hints: tuple[Any, ...], name: str) -> Any:
    """The first of a union that fits. StripeObjects are for Python's callers only."""
    refusal = _invalid(name, "value")
    for hint in hints:
        if hasattr(typing.get_origin(hint) or hint, "construct_from"):
            continue
        try:
            return _value(said, hint, name)
        except Refusal as error:
            refusal = error
    raise refusal


def _plain(said: Any, hint: Any, name: str) -> Any:
    if not isinstance(said, str):
        raise _invalid(name, "string")
    if hint is int:
        if not WHOLE.fullmatch(said):
            raise Refusal(f"Invalid integer: {said}", code="parameter_invalid_integer", param=name)
        return int(said)
    if hint is bool:
        if said not in {"true", "false"}:
            raise _invalid(name, "boolean")
        return said == "true"
    return said


def _items(said: Any, name: str) -> list[Any]:
    if not isinstance(said, dict) or not all(place.isdecimal() for place in said):
        raise _invalid(name, "array")
    return [said[place] for place in sorted(said, key=int)]


def _texts(said: Any, name: str) -> dict[str, str]:
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise _invalid(name, "hash")
    return dict(said)


def _check_metadata(metadata: dict[str, str]) -> None:
    if len(metadata) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in metadata.items()):
        raise Refusal("Metadata: 50 keys of 40 characters, values of 500 at the most.", param="metadata")


def _invalid(name: str, wanted: str) -> Refusal:
    return Refusal(f"Invalid {name}: must be {wanted}", param=name)


def _path(name: str, field: str) -> str:
    return f"{name}[{field}]" if name else field
