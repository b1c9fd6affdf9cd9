"""Quotations: their lines, what they come to, and how far they have come."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from portal.api.v1.representations.base import (
    Amount,
    Body,
    Id,
    Line,
    Listing,
    Shape,
    Text,
    Upper,
    amount,
    minor_units,
)
from portal.api.v1.representations.slots import Day
from portal.core.errors import Invalid, _
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.payments.quotes import MOST_ITEMS, MOST_QUANTITY, Item

AnyStatus = Annotated[QuotationStatus, Upper]


class ItemShape(Shape):
    description: str
    quantity: int
    unit_price: float
    amount: float


class TaxShape(Shape):
    """A tax that the total contains; `percent` is of the price without taxes."""

    name: str
    percent: float
    amount: float


class QuotationShape(Shape):
    """`quotationNumber` and `version` are given when it is sent. The tax is contained in the total."""

    id: int
    quotation_number: str | None
    version: int | None
    revises_id: int | None
    is_superseded: bool = Field(description="A newer version has been sent.")
    clinician_id: int
    patient_id: int | None
    client_name: str
    client_email: str | None
    service_id: int = Field(description="What is booked once it is accepted.")
    items: list[ItemShape]
    subtotal: float
    discount: float
    tax: float
    tax_lines: list[TaxShape]
    total: float
    currency: str
    valid_until: date = Field(description="Included, on the clinician's calendar.")
    status: QuotationStatus
    notes: str
    sent_at: datetime | None
    decided_at: datetime | None
    appointment_id: int | None
    created_at: datetime
    updated_at: datetime


class QuotationQuery(Listing):
    status: AnyStatus | None = None
    clinician_id: Id | None = None
    patient_id: Id | None = None
    start_date: Day | None = Field(None, description="Written from that day on.")
    end_date: Day | None = Field(None, description="Included.")
    search: Line = Field(
        "", description="Part of the client's name, the start of the address, or the number."
    )


class ItemBody(Body):
    description: Annotated[Line, Field(min_length=1)]
    quantity: Annotated[int, Field(ge=1, le=MOST_QUANTITY)] = 1
    unit_price: Amount


Items = Annotated[list[ItemBody], Field(min_length=1, max_length=MOST_ITEMS)]


class QuotationChanges(Body):
    """What is not given stays as it is."""

    patient_id: Id | None = None
    client_name: Line = ""
    client_email: Line | None = None
    service_id: Id | None = None
    items: Items | None = None
    discount: Amount = 0
    valid_until: Day | None = Field(None, description="30 days from now, unless given.")
    notes: Text = ""


class NewQuotation(QuotationChanges):
    """For a patient, or for somebody with a name. Sums are the server's to work out."""

    clinician_id: Id | None = Field(None, description="Clinicians write their own.")
    service_id: Id | None = Field(None, description="The clinician's first, unless given.")
    items: Items


class Answered(StrEnum):
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


class Decision(Body):
    token: Line = Field(description="The secret in the link that was sent.")
    decision: Annotated[Answered, Upper]


def quotation_shape(quotation: Quotation, at: datetime) -> QuotationShape:
    """As it is at that instant."""
    currency = quotation.currency
    kept = (
        "id", "version", "revises_id", "clinician_id", "patient_id", "client_name", "client_email", "service_id",
        "currency", "notes", "sent_at", "decided_at", "created_at", "updated_at",
    )  # fmt: skip
    return QuotationShape(
        **{name: getattr(quotation, name) for name in kept},
        quotation_number=quotation.reference or None,
        is_superseded=quotation.superseded_at is not None,
        items=[
            ItemShape(
                description=item.description,
                quantity=item.quantity,
                unit_price=amount(item.unit_minor, currency),
                amount=amount(item.minor, currency),
            )
            for item in quotation.items
        ],
        subtotal=amount(quotation.subtotal_minor, currency),
        discount=amount(quotation.discount_minor, currency),
        tax=amount(quotation.tax_minor, currency),
        tax_lines=[_tax(line, currency) for line in quotation.tax_lines],
        total=amount(quotation.total_minor, currency),
        valid_until=quotation.valid_until_on,
        status=quotation.status_at(at),
        appointment_id=quotation.visit.id if quotation.visit else None,
    )


def items_in(currency: str, bodies: list[ItemBody]) -> tuple[Item, ...]:
    """The lines as values; raises Invalid for a price finer than the currency's smallest unit."""
    return tuple(
        Item(
            body.description, body.quantity, _minor(body.unit_price, currency, f"items.{position}.unit_price")
        )
        for position, body in enumerate(bodies)
    )


def discount_in(currency: str, given: float) -> int:
    """The discount in minor units; raises Invalid like `items_in`."""
    return _minor(given, currency, "discount")


def _minor(given: float, currency: str, field: str) -> int:
    try:
        return minor_units(given, currency)
    except ValueError:
        raise Invalid(details={field: _("This is finer than the currency allows.")}) from None


def _tax(line: dict[str, Any], currency: str) -> TaxShape:
    return TaxShape(
        name=line["name"], percent=line["basis_points"] / 100, amount=amount(line["minor"], currency)
    )
