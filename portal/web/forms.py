"""The base of all forms, the fields they share, and what templates need to draw them. Shape only, no rules."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import DateField as WTDateField
from wtforms import Field, IntegerField, PasswordField, StringField, TextAreaField
from wtforms import RadioField as WTRadioField
from wtforms import SelectField as WTSelectField
from wtforms import TimeField as WTTimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError
from wtforms.widgets import Select

from portal.core.contact import parse_phone
from portal.core.errors import Invalid
from portal.core.money import Money, parse_amount
from portal.delivery import settings
from portal.web.filters import phone

SHORT, LONG = 200, 4000
WHOLE = re.compile(r"-?\d{1,11}")
FIRST_YEAR, LAST_YEAR = 1900, 2199


def init_app(app: Flask) -> None:
    """Register the filters that the form macros use."""
    app.jinja_env.filters.update(
        control=control, control_id=control_id, first_message=first_message, four_each=four_each
    )


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf carries no types
    """A form whose text comes without outer spaces; passwords stay as typed."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                options = {**options, "filters": [*unbound_field.kwargs.get("filters", ()), stripped]}
            return unbound_field.bind(form=form, **options)

    def refuse(self, details: Mapping[str, str]) -> None:
        """Put a domain error's details beside their fields; what has no field goes to the top."""
        for name, message in details.items():
            if name in self:
                self[name].errors = [*self[name].errors, message]
            else:
                self.form_errors.append(message)

    def field_errors(self) -> dict[str, str]:
        """The first message of each field in error."""
        return {field.name: first_message(field.errors) for field in self if field.errors}


class Required(DataRequired):  # type: ignore[misc]
    """The field must be filled in; the message says with what: Required(_("Enter your full name"))."""

    def __init__(self, message: Any = None) -> None:
        super().__init__(message or _("Fill in this field"))


class Needed:
    """Something must be typed: zero counts, blanks alone do not. For numbers, amounts, dates, times and passwords."""

    field_flags = {"required": True}  # noqa: RUF012  read by wtforms

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if not _typed(field.raw_data):
            field.errors[:] = []
            raise StopValidation(self.message)


class AtMost(Length):  # type: ignore[misc]
    def __init__(self, longest: int = SHORT) -> None:
        super().__init__(max=longest, message=_("Use %(max)d characters or fewer"))


class TextField(StringField):  # type: ignore[misc]
    """One line of text, at most `longest` characters."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), longest: int = SHORT, **kwargs: Any
    ) -> None:
        super().__init__(label, [*validators, AtMost(longest)], **kwargs)


class LongTextField(TextAreaField):  # type: ignore[misc]
    """Several lines of text, at most `longest` characters."""

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), longest: int = LONG, **kwargs: Any
    ) -> None:
        super().__init__(label, [*validators, AtMost(longest)], **kwargs)


class PhoneField(StringField):  # type: ignore[misc]
    """A phone number as people write it; its data is E.164. Without a country code the practice's region is meant."""

    data: Any

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.data = parse_phone(self.data, region=settings().default_region, field="phone")
        except Invalid as error:
            raise StopValidation(gettext(error.details["phone"])) from None

    def _value(self) -> str:
        # What was typed stays as typed when the form comes back with errors.
        return str(self.raw_data[0]) if self.raw_data else phone(self.data)


class DateField(WTDateField):  # type: ignore[misc]
    """A date, as the browser's date field sends it (ISO 8601)."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        if not _typed(valuelist):
            self.data = None if valuelist else self.data  # emptied, or not on this form
            return
        try:
            self.data = date.fromisoformat(valuelist[0].strip())
        except ValueError:
            self.data = None
            raise ValueError(_("Enter a date, like 2027-06-04")) from None
        if not FIRST_YEAR <= self.data.year <= LAST_YEAR:
            self.data = None
            raise ValueError(
                _("Enter a date between %(first)d and %(last)d") % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )


class TimeField(WTTimeField):  # type: ignore[misc]
    """A wall time to the minute, as the browser's time field sends it."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        if not _typed(valuelist):
            self.data = None if valuelist else self.data  # emptied, or not on this form
            return
        try:
            self.data = time.fromisoformat(valuelist[0].strip()).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            self.data = None
            raise ValueError(_("Enter a time, like 09:30")) from None


class WholeNumberField(IntegerField):  # type: ignore[misc]
    """A whole number between `least` and `most`, both allowed."""

    data: int | None

    def __init__(
        self,
        label: Any = None,
        validators: Sequence[Any] = (),
        *,
        least: int = 0,
        most: int = 1_000_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[str]) -> None:
        if not _typed(valuelist):
            self.data = None if valuelist else self.data  # emptied, or not on this form
            return
        text = valuelist[0].strip()
        self.data = int(text) if text.isascii() and WHOLE.fullmatch(text) else None
        if self.data is None:
            raise ValueError(_("Enter a whole number"))

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not self.least <= self.data <= self.most:
            raise StopValidation(
                _("Enter a number from %(least)s to %(most)s") % {"least": self.least, "most": self.most}
            )


class MoneyField(StringField):  # type: ignore[misc]
    """An amount typed in main units ("45.50"); its data is minor units (4550). `currency` may be set per request."""

    data: Any

    def __init__(
        self, label: Any = None, validators: Sequence[Any] = (), currency: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.currency = currency

    @property
    def in_use(self) -> str:
        """The currency of the amount: the field's, else the practice's."""
        return self.currency or settings().default_currency

    def pre_validate(self, form: Any) -> None:
        if self.data in (None, ""):
            self.data = None
            return
        if isinstance(self.data, int):
            return
        try:
            self.data = parse_amount(self.data, self.in_use).minor
        except ValueError:
            raise StopValidation(_("Enter an amount, like 45 or 45.50")) from None
        if self.data < 0:
            raise StopValidation(_("Enter an amount that is not below zero"))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(Money(self.data, self.in_use).amount)


class _OneOf:
    """Choices are (value, label) or (value, label, attributes); what is none of them is refused in plain words."""

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        choices: Iterable[tuple[Any, ...]] | None = None,
        **kwargs: Any,
    ) -> None:
        offered = None if choices is None else [SelectChoice(*choice) for choice in choices]
        super().__init__(label, validators, choices=offered, **kwargs)  # type: ignore[call-arg]

    def pre_validate(self, form: Any) -> None:
        if self.flags.required and not self.raw_data:  # type: ignore[attr-defined]
            return  # nothing chosen: Required has the better words
        try:
            super().pre_validate(form)  # type: ignore[misc]
        except ValidationError:
            raise StopValidation(_("Choose one of the options")) from None


class _Options(Select):  # type: ignore[misc]
    """WTForms' list, with less work for options that have no attributes of their own: a list of people is long."""

    @classmethod
    def render_option(cls, choice: SelectChoice, **attributes: Any) -> Markup:
        if choice.render_kw or attributes:
            drawn: Markup = super().render_option(choice, **attributes)
            return drawn
        return Markup('<option%s value="%s">%s</option>') % (  # escapes what is filled in
            Markup(" selected") if choice.selected else "",
            choice.value,
            choice.label or choice.value,
        )


class SelectField(_OneOf, WTSelectField):  # type: ignore[misc]
    """A list to choose one from."""

    widget = _Options()


class RadioField(_OneOf, WTRadioField):  # type: ignore[misc]
    """A few choices, all in view."""


def control(field: Field, *given: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a control: what is None left out, "_" turned into "-"; later mappings win."""
    attributes: dict[str, Any] = {"required": bool(field.flags.required)}
    for part in given:
        attributes.update({name.rstrip("_").replace("_", "-"): value for name, value in part.items()})
    return {name: value for name, value in attributes.items() if value is not None}


def control_id(field: Field) -> str:
    """The id to which an error links: the control, or the first choice of several."""
    return f"{field.id}-0" if field.type in {"RadioField", "SelectMultipleField"} else str(field.id)


def first_message(errors: Any) -> str:
    """The first message of a field's errors, however deep a field of fields keeps it."""
    if isinstance(errors, Mapping):
        errors = list(errors.values())
    if isinstance(errors, list | tuple):
        return next((first_message(error) for error in errors if error), "")
    return str(errors)


def four_each(entries: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Entries of a switch, (label, href, is_current[, count]), padded to four."""
    return [(*entry, None)[:4] if len(entry) < 4 else tuple(entry) for entry in entries]


def _typed(values: Sequence[str] | None) -> bool:
    return bool(values and stripped(values[0]))


def stripped(value: Any) -> Any:
    """What was typed, without outer spaces and without NUL, which no keyboard types and PostgreSQL does not keep."""
    return value.replace("\0", "").strip() if isinstance(value, str) else value
