"""The form of a group of the practice's rules, made from the table of rules."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField

from portal.practice.rules import RULES, Amount, Choice, Flag, Kind, Line, Lines, Number, Numbers, Rates
from portal.settings import Settings
from portal.web.admin.practice_values import CHOICES
from portal.web.admin.practice_words import Group
from portal.web.forms import (
    Form,
    LongTextField,
    MoneyField,
    Needed,
    RadioField,
    Required,
    TextField,
    WholeNumberField,
)

LONGEST_LIST = 200


class RulesForm(Form):
    """What is common to all groups: at which version of the rules the form was made."""

    version = HiddenField()

    @property
    def read_at(self) -> int:
        """The version that the form was made at; that of no rules at all where it says none."""
        typed = self.version.data or ""
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0

    @property
    def texts(self) -> dict[str, str]:
        """For the command: each rule as it is written."""
        return {key: _written(RULES[key], self[key].data) for key in RULES if key in self}


def form_for(group: Group, in_force: Settings, version: int) -> RulesForm:
    """The form of a group, filled with the rules in force."""
    fields = {key: _field(RULES[key], *words) for key, words in group.rules.items()}
    kind = type("GroupForm", (RulesForm,), fields)
    values = {key: _typed(RULES[key], getattr(in_force, key)) for key in group.rules}
    return kind(data={**values, "version": str(version)})  # type: ignore[no-any-return]


def _field(kind: Kind, label: Any, help_: Any) -> Any:
    return FIELDS[type(kind)](kind, label, help_)


def _choices(kind: Choice) -> list[tuple[Any, ...]]:
    return [
        (value, label, {"hint": hint} if hint else {}) for value, (label, hint) in CHOICES[kind.words].items()
    ]


NUMBER = _("Enter a whole number")
FIELDS: dict[type, Callable[..., Any]] = {
    Line: lambda kind, label, help_: TextField(
        label, [Required()] if kind.is_needed else [], longest=kind.longest, description=help_
    ),
    Lines: lambda kind, label, help_: LongTextField(
        label, longest=kind.longest, description=help_, render_kw={"rows": 3}
    ),
    Number: lambda kind, label, help_: WholeNumberField(
        label,
        [Needed(NUMBER)],
        least=kind.least,
        most=kind.most,
        description=help_,
        render_kw={"inputmode": "numeric"},
    ),
    Amount: lambda _kind, label, help_: MoneyField(
        label, [Needed(_("Enter an amount"))], description=help_, render_kw={"inputmode": "decimal"}
    ),
    Numbers: lambda _kind, label, help_: TextField(
        label, [Required(_("Enter whole numbers, or none"))], longest=LONGEST_LIST, description=help_
    ),
    Rates: lambda _kind, label, help_: TextField(label, longest=LONGEST_LIST, description=help_),
    Flag: lambda _kind, label, help_: BooleanField(label, description=help_),
    Choice: lambda kind, label, help_: RadioField(
        label, [Required(_("Choose one of the options"))], choices=_choices(kind), description=help_
    ),
}


def _typed(kind: Kind, value: Any) -> Any:
    """A rule in force as its field keeps it."""
    if isinstance(kind, Numbers):
        return ", ".join(map(str, value)) or "none"
    return kind.written(value) if isinstance(kind, Rates | Choice) else value


def _written(kind: Kind, data: Any) -> str:
    """What a field keeps as the rule is written."""
    if isinstance(kind, Flag):
        return kind.written(bool(data))
    return "" if data is None else str(data)
