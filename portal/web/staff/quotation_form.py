"""The form of a quotation: whom it is for, lines that can be added and removed without JavaScript, until when."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import FieldList, FormField
from wtforms import Form as PlainForm

from portal.core.errors import Invalid
from portal.payments.quotation_models import Quotation
from portal.payments.quotes import MOST_ITEMS, MOST_QUANTITY, Item
from portal.payments.quoting import Offer
from portal.people.models import Patient
from portal.scheduling.models import Service
from portal.web.forms import (
    DateField,
    Form,
    LongTextField,
    MoneyField,
    Needed,
    Required,
    SelectField,
    TextField,
    WholeNumberField,
    stripped,
)


class LineForm(PlainForm):  # type: ignore[misc]  # wtforms has no types
    """So many of something, at a price each; the form around it carries the token."""

    description = TextField(_("What for"), [Required(_("Say what the line is for"))])
    quantity = WholeNumberField(
        _("Quantity"), [Needed(_("Enter how many"))], default=1, least=1, most=MOST_QUANTITY
    )
    unit_minor = MoneyField(_("Price each"), [Needed(_("Enter a price; 0 if it is free"))])

    @property
    def is_blank(self) -> bool:
        """Nothing is typed but the usual quantity: no line at all."""
        return not stripped(self.description.data) and self.unit_minor.data in (None, "")

    def validate(self, extra_validators: Any = None) -> bool:
        return self.is_blank or super().validate(extra_validators)

    @property
    def item(self) -> Item:
        """The line as a value; the form must be valid."""
        return Item(stripped(self.description.data), self.quantity.data or 0, self.unit_minor.data)


class QuotationForm(Form):
    client_name = TextField(_("Name"), [Required(_("Enter for whom it is"))], longest=100)
    client_email = TextField(_("Email"), description=_("The quotation goes there, with a link to answer it."))
    service_id = SelectField(
        _("What is booked"), description=_("Once it is accepted, the client chooses a time for this.")
    )
    lines = FieldList(FormField(LineForm), min_entries=1, max_entries=MOST_ITEMS)
    discount = MoneyField(_("Discount"), description=_("Taken off what the lines come to."))
    valid_until = DateField(_("Valid until"), description=_("Empty: for 30 days."))
    notes = LongTextField(_("Notes"), render_kw={"rows": 4}, description=_("The client reads them too."))

    @classmethod
    def of(
        cls,
        currency: str,
        services: Iterable[Service],
        *,
        quotation: Quotation | None = None,
        patient: Patient | None = None,
    ) -> "QuotationForm":
        """The form of a quotation, or of a new one; with what was sent, if something was."""
        form = cls(data=_values(quotation) if quotation else _usual(patient))
        form.currency = currency
        form.service_id.choices = [(str(service.id), service.title) for service in services]
        for line in form.lines:
            line.form.unit_minor.currency = currency
        form.discount.currency = currency
        return form

    def add(self) -> Any:
        """A blank line; the entry, or None where there are too many."""
        if len(self.lines) >= MOST_ITEMS:
            return None
        entry = self.lines.append_entry()
        entry.form.unit_minor.currency = self.currency
        return entry

    def remove(self, position: str) -> None:
        """Take out the line at that position; a form without any has a blank one."""
        if position.isascii() and position.isdecimal() and int(position) < len(self.lines):
            self.lines.entries.pop(int(position))
        if not self.lines.entries:
            self.add()

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """What is wrong, as (id of the control, sentence)."""
        own = [field for field in self if field is not self.lines]
        rows = [field for line in self.lines for field in line.form]
        found = [(field.id, str(field.errors[0])) for field in (*own, *rows) if field.errors]
        return [*found, *((self.lines.id, str(sentence)) for sentence in self.line_errors)]

    line_errors: tuple[str, ...] = ()

    def refuse_offer(self, refusal: Invalid, words: Any) -> None:
        """Put what a command refused beside the fields; `words` says it in the reader's language."""
        details = {name: words(message) for name, message in refusal.details.items()}
        about_lines = details.pop("items", None)
        self.line_errors = (about_lines,) if about_lines else ()
        self.refuse(details)

    def offer(self, patient: Patient | None) -> Offer:
        """What it says; the form must be valid."""
        return Offer(
            service_id=int(self.service_id.data),
            items=tuple(line.form.item for line in self.lines if not line.form.is_blank),
            patient=patient,
            client_name=self.client_name.data,
            client_email=self.client_email.data,
            discount_minor=self.discount.data or 0,
            valid_until=self.valid_until.data,
            notes=self.notes.data or "",
        )


def _usual(patient: Patient | None) -> dict[str, Any]:
    return {"client_name": patient.full_name, "client_email": patient.email} if patient else {}


def _values(quotation: Quotation) -> dict[str, Any]:
    return {
        "client_name": quotation.client_name,
        "client_email": quotation.client_email,
        "service_id": str(quotation.service_id),
        "lines": [
            {"description": item.description, "quantity": item.quantity, "unit_minor": item.unit_minor}
            for item in quotation.items
        ],
        "discount": quotation.discount_minor or None,
        "valid_until": quotation.valid_until_on,
        "notes": quotation.notes,
    }
