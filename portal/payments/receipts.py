"""Numbers of documents, without gaps, and the receipts that carry them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, contains_eager

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core import clock
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import Actor
from portal.payments import policy, queries
from portal.payments.book_models import Document, DocumentNumber, Receipt
from portal.payments.errors import PaymentNotPossible
from portal.payments.models import Payment, Purpose
from portal.payments.rules import TaxLine, TaxRate, paid_of, split_fee
from portal.people.models import Patient


def take_number(session: Session, kind: Document, at: datetime, zone: ZoneInfo) -> int:
    """The next number of that kind in the year of that instant in the practice's zone, from 1.

    The row of the year stays locked until the transaction ends, so that a number that is rolled back is taken by
    the next: call it last, for everybody who wants a number waits.
    """
    first = insert(DocumentNumber).values(kind=kind, year=year_of(at, zone), last=1)
    taken = first.on_conflict_do_update(
        index_elements=["kind", "year"], set_={"last": DocumentNumber.last + 1}
    ).returning(DocumentNumber.last)
    return session.scalars(taken).one()


def year_of(at: datetime, zone: ZoneInfo) -> int:
    """The year on the practice's wall calendar, whose numbers a document of that instant gets."""
    return clock.local_day(at, zone).year


def get_visible(session: Session, actor: Actor, payment_id: int) -> Receipt:
    """The receipt of a payment that the actor may see, or that was made for a visit to them as a clinician.

    Raises NotFound, also before it is paid; Forbidden for staff of another centre.
    """
    is_seen = queries.visible_to(actor)
    if actor.clinician_id is not None:
        is_seen = or_(is_seen, Payment.appointment.has(Appointment.clinician_id == actor.clinician_id))
    wanted = _receipts().where(Payment.id == payment_id)
    found = session.scalar(wanted.where(is_seen))
    if found is not None:
        return found
    if actor.role is not None and actor.role.is_bound_to_centre and session.scalar(wanted):
        raise Forbidden
    raise NotFound


def of_visit(session: Session, appointment: Appointment) -> Receipt:
    """The receipt of what was paid for an appointment; of several the last whose money is still there, else the last.

    Raises NotFound before it is paid.
    """
    wanted = _receipts().where(Payment.appointment_id == appointment.id).order_by(Receipt.id.desc())
    found = session.scalars(wanted).all()
    if not found:
        raise NotFound
    return next((receipt for receipt in found if paid_of(receipt.payment).left_minor), found[0])


def _receipts() -> Select[Receipt]:
    """With all that a receipt's document says."""
    payment = contains_eager(Receipt.payment)
    return (
        select(Receipt)
        .join(Receipt.payment)
        .options(payment.joinedload(Payment.appointment), payment.selectinload(Payment.refunds))
    )


def issue_for(session: Session, payment: Payment, *, at: datetime, zone: ZoneInfo) -> Receipt:
    """The receipt of a payment that has been paid, by whatever method and for whatever purpose, made once.

    It is numbered in the year of that instant in `zone`, the practice's. Everybody waits for a number, so call it
    last. Raises PaymentNotPossible before it is paid.
    """
    paid_at = select(Payment.paid_at).where(Payment.id == payment.id).with_for_update(key_share=True)
    if session.scalar(paid_at) is None:
        raise PaymentNotPossible
    made = session.scalar(select(Receipt).where(Receipt.payment_id == payment.id))
    if made is not None:
        return made
    receipt = Receipt(
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        issued_at=at,
        **_words(session, payment),
        year=year_of(at, zone),
        number=take_number(session, Document.RECEIPT, at, zone),
    )
    session.add(receipt)
    session.flush()
    return receipt


def _words(session: Session, payment: Payment) -> dict[str, Any]:
    """What a receipt says besides its number and sum: the practice as it is today, who paid, for what, which taxes."""
    practice, visit = policy.current(), payment.appointment
    return {
        "issuer_name": practice.name,
        "issuer_address": practice.address or _address_of(session, payment),
        "issuer_tax_number": practice.tax_number,
        "issued_to": _payer(session, payment),
        "description": _about(payment, visit) if visit else "",
        "tax_lines": [asdict(line) for line in tax_lines_of(payment, practice.tax_rates)],
    }


def tax_lines_of(payment: Payment, rates: Sequence[TaxRate]) -> tuple[TaxLine, ...]:
    """The taxes that a payment contains, as the ledger books them when it is earned.

    Credits are taxed when they are spent, not when they are bought: nobody knows before on what.
    """
    if payment.purpose == Purpose.CREDITS:
        return ()
    return split_fee(payment.amount_minor, taxes=rates).tax_lines


def _about(payment: Payment, visit: Appointment) -> str:
    """What was paid for, and who was seen where somebody else has paid."""
    said = f"{visit.service.title}, {visit.clinician.full_name}"
    return f"{said} ({payment.payer_name})" if _is_for_another(payment) else said


def _is_for_another(payment: Payment) -> bool:
    """Did whoever looks after the patient pay?"""
    patient = payment.patient
    return patient is not None and payment.account_id not in {None, patient.account_id}


def _payer(session: Session, payment: Payment) -> str:
    """The patient, whoever paid for them, or who buys credits as whoever they are."""
    if payment.patient_id is not None and not _is_for_another(payment):
        return session.get_one(Patient, payment.patient_id).full_name
    return session.get_one(Account, payment.account_id).full_name


def _address_of(session: Session, payment: Payment) -> str:
    """A practice that names no address has that of the centre which sees the patient."""
    centre = session.get(Centre, payment.centre_id) if payment.centre_id else None
    return "\n".join(filter(None, (centre.name, centre.address, centre.city))) if centre else ""
