"""The receipt of an appointment."""

from portal.api.v1.representations.base import Shape
from portal.core.permissions import Actor, Role
from portal.delivery import settings
from portal.payments.book_models import Receipt


class ReceiptShape(Shape):
    receipt_number: str
    appointment_id: int
    invoice_url: str
    pdf_url: str


def receipt_shape(receipt: Receipt, appointment_id: int, actor: Actor) -> ReceiptShape:
    """Where to find it; the page is the one that the actor can open."""
    public_url = settings().public_url
    hat = "patient" if actor.role is Role.PATIENT else "staff"
    return ReceiptShape(
        receipt_number=receipt.reference,
        appointment_id=appointment_id,
        invoice_url=f"{public_url}/{hat}/payments/{receipt.payment_id}/receipt",
        pdf_url=f"{public_url}/api/v1/appointments/{appointment_id}/receipt.pdf",
    )
