"""Whatever is written in the audit can be read there in plain words."""

import ast
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TypeVar

from portal.audit.browsing import TOLD
from portal.settings import PROJECT_ROOT
from portal.web.audit_labels import AUDITED, DETAILS, SUBJECTS

Node = TypeVar("Node", bound=ast.AST)
PORTAL = PROJECT_ROOT / "portal"
DOORS = {"web", "api", "delivery", "sandbox", "demo"}
LOOKS = {"record_view", "note_look"}
ACTION = re.compile(r"[a-z_-]+\.[a-z]+(?:-[a-z]+)*")
NOUNS = {action.partition(".")[0] for action in AUDITED}
OTHERS = {"appointment.changed", "appointment.ics", "message.html", "message.read", "message.receive"}
"""Events of the live stream and files, which look like actions."""


def test_every_action_has_words_and_no_words_are_left_over() -> None:
    assert set(AUDITED) == set(_actions()), "the words are in portal/web/audit_labels.py"


def test_every_subject_has_words() -> None:
    written = {text for call in _all(ast.Call) for text in _texts_of(call, "subject_type")}
    assert written <= set(SUBJECTS)


def test_every_detail_that_is_shown_has_words() -> None:
    assert set(TOLD) == set(DETAILS)


def _actions() -> Iterator[str]:
    """What is read, from any door; what is named an action; and each noun.verb of a noun that the audit knows."""
    for call in _all(ast.Call):
        yield from (text for text in _texts_of(call, "action") if ACTION.fullmatch(text))
        if getattr(call.func, "id", "") in LOOKS:
            yield from (f"{text}.view" for text in map(_text, call.args) if text)
    for constant in _all(ast.Constant, but=DOORS):
        text = _text(constant)
        noun, _dot, verb = text.partition(".")
        if ACTION.fullmatch(text) and noun in NOUNS and verb != "id" and text not in OTHERS:
            yield text


def _all(kind: type[Node], but: AbstractSet[str] = frozenset()) -> Iterator[Node]:
    for path in PORTAL.rglob("*.py"):
        if path.relative_to(PORTAL).parts[0] not in but:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (node for node in ast.walk(tree) if isinstance(node, kind))


def _texts_of(call: ast.Call, name: str) -> Iterator[str]:
    """What a call is given under that name, written out."""
    yield from (_text(each.value) for each in call.keywords if each.arg == name and _text(each.value))


def _text(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""
