"""The week as a form: rows of hours, grouped by weekday, that can be added and removed without JavaScript."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList, FormField, HiddenField
from wtforms import Form as PlainForm
from wtforms.validators import ValidationError

from portal.centres.models import Centre
from portal.scheduling.commands import WeeklyHours
from portal.scheduling.errors import HoursEndBeforeStart
from portal.scheduling.models import WeeklyRule
from portal.web.filters import weekday
from portal.web.forms import Form, Needed, SelectField, TimeField, WholeNumberField

MOST_ROWS = 60
WEEKS = [
    ("", _("Every week")),
    ("1", _("First in the month")),
    ("2", _("Second in the month")),
    ("3", _("Third in the month")),
    ("4", _("Fourth in the month")),
    ("5", _("Fifth in the month")),
]


class RowForm(PlainForm):  # type: ignore[misc]  # wtforms has no types
    """Hours of one weekday; the form around it carries the token."""

    weekday = HiddenField()
    start_time = TimeField(_("From"), [Needed(_("Enter when the hours begin"))])
    end_time = TimeField(_("To"), [Needed(_("Enter when the hours end"))])
    centre_id = SelectField(_("Centre"), validate_choice=True)
    week_of_month = SelectField(_("Which weeks"), choices=WEEKS)
    slot_minutes = WholeNumberField(
        _("Minutes between starts"), least=5, most=480, description=_("Empty: as long as the visit takes.")
    )

    def validate_weekday(self, field: HiddenField) -> None:
        if field.data not in {"1", "2", "3", "4", "5", "6", "7"}:
            raise ValidationError(_("Choose a day of the week"))

    def validate_end_time(self, field: TimeField) -> None:
        if self.start_time.data and field.data and field.data <= self.start_time.data:
            raise ValidationError(gettext(HoursEndBeforeStart.message))

    @property
    def hours(self) -> WeeklyHours:
        """The row as a value; the form must be valid."""
        return WeeklyHours(
            weekday=int(self.weekday.data),
            start_time=self.start_time.data,
            end_time=self.end_time.data,
            centre_id=int(self.centre_id.data) if self.centre_id.data else None,
            week_of_month=int(self.week_of_month.data) if self.week_of_month.data else None,
            slot_minutes=self.slot_minutes.data,
        )


class HoursForm(Form):
    """All rows of the week."""

    rows = FieldList(FormField(RowForm), max_entries=MOST_ROWS)

    @classmethod
    def of(cls, rules: Iterable[WeeklyRule], centres: Iterable[Centre]) -> "HoursForm":
        """The form filled with the present week, or with what was sent."""
        form = cls(data={"rows": [_values(rule) for rule in rules]})
        form.offer(centres)
        return form

    def offer(self, centres: Iterable[Centre]) -> None:
        """These centres can be chosen; who works at none has hours at none."""
        self.choices = [(str(centre.id), centre.name) for centre in centres] or [("", gettext("Online"))]
        for entry in self.rows:
            self._offer(entry.form)

    def _offer(self, row: RowForm) -> None:
        row.centre_id.choices = self.choices
        if not row.centre_id.data:
            row.centre_id.data = self.choices[0][0]

    @property
    def days(self) -> list[tuple[int, str, list[tuple[int, Any]]]]:
        """ISO weekday, its name, and its rows with their positions in the form."""
        rows = list(enumerate(self.rows))
        return [
            (
                number,
                weekday(date(2024, 1, number)),
                [row for row in rows if row[1].weekday.data == str(number)],
            )
            for number in range(1, 8)  # 1 January 2024 was a Monday
        ]

    def add(self, number: str) -> Any:
        """A blank row on that weekday; the row, or None where there are too many or no such day."""
        if number not in set("1234567") or len(self.rows) >= MOST_ROWS:
            return None
        entry = self.rows.append_entry({"weekday": number})
        self._offer(entry.form)
        return entry

    def remove(self, position: str) -> str | None:
        """Take out the row at that position, not of that name: WTForms numbers anew what is sent; its weekday."""
        if not position.isascii() or not position.isdecimal() or int(position) >= len(self.rows):
            return None
        return str(self.rows.entries.pop(int(position)).weekday.data)

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """What is wrong, as (id of the control, sentence)."""
        return [
            (field.id, f"{name}: {field.errors[0]}")
            for _number, name, rows in self.days
            for _position, row in rows
            for field in row.form
            if field.errors
        ]


def _values(rule: WeeklyRule) -> Mapping[str, Any]:
    return {
        "weekday": str(rule.weekday),
        "start_time": rule.start_time,
        "end_time": rule.end_time,
        "centre_id": str(rule.centre_id or ""),
        "week_of_month": str(rule.week_of_month or ""),
        "slot_minutes": rule.slot_minutes,
    }
