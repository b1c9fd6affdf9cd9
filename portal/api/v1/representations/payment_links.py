"""Payment links as they go out, and what may be asked of them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.v1.representations.base import Amount, Body, Id, Line, Shape, amount
from portal.payments import linking
from portal.payments.linking import LinkState
from portal.payments.models import Payment


class NewLink(Body):
    """The link goes to the number and the address that are known of the patient, and nowhere else."""

    appointment_id: Id
    amount: Amount | None = Field(None, description="What the payer was told; it must be the fee.")
    customer_name: Line | None = Field(None, description="Held against what is known, which stays as it is.")
    customer_phone: Line | None = Field(None, description="The same.")
    customer_email: Line | None = Field(None, description="The same.")
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="As the header Idempotency-Key."
    )


class LinkShape(Shape):
    payment_link_id: int = Field(description="The payment's id.")
    short_url: str
    expires_at: datetime


class LinkStatus(Shape):
    payment_link_id: int
    status: LinkState = Field(description="A link is paid whole or not at all.")
    amount_paid: float


def link_shape(link: Payment, home: str) -> LinkShape:
    facts: dict[str, Any] = {"payment_link_id": link.id, "expires_at": link.expires_at}
    return LinkShape(short_url=home + linking.path(link), **facts)


def link_status(link: Payment, at: datetime) -> LinkStatus:
    paid = link.amount_minor if link.paid_at is not None else 0
    return LinkStatus(
        payment_link_id=link.id, status=linking.state_of(link, at), amount_paid=amount(paid, link.currency)
    )
