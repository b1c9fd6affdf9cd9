"""What patients are told of money: where to pay, that it came, that it could not be used, that it has gone back.

How much, and for what, is read when a message is sent: one that waits says nothing that is not so any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.core.money import Money
from portal.notifications import policy
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery
from portal.notifications.news import Told, address_of, mail_to, readers_of, told_of, ways_to
from portal.notifications.preferences import ways_of
from portal.notifications.rules import Reason, send_at
from portal.notifications.wording import IN_APP, appointment_values, in_app, language_for
from portal.notifications.wording.visits import sum_of, when
from portal.payments import linking
from portal.payments.events import PaymentLinkWanted, PaymentReceived, PaymentUnusable, RefundSettled
from portal.payments.models import Method, Payment, PaymentStatus, Refund
from portal.payments.queries import account_of
from portal.people.models import Patient

USEFUL = timedelta(days=7)
Ways = Sequence[Told]


def send_link(session: Session, event: PaymentLinkWanted) -> None:
    """Subscriber: by phone, and by mail beside it. Staff have decided, so what the patient likes only says how."""
    payment = session.get_one(Payment, event.payment_id)
    patient = payment.patient
    ways = [way for reader in readers_of(session, patient) for way in _ways_for_link(session, reader)]
    for row in _post(session, payment, Kind.PAYMENT_LINK, ways, at=event.at):
        row.is_urgent, row.useful_until = True, payment.expires_at


def acknowledge(session: Session, event: PaymentReceived) -> None:
    """Subscriber: to whoever reads mail, and in-app. Credits that are spent are no money that came."""
    payment = session.get_one(Payment, event.payment_id)
    if payment.method == Method.CREDITS:
        return
    mail = [way for way in _ways(session, payment) if way[1] == Channel.EMAIL]
    _post(session, payment, Kind.PAYMENT_RECEIVED, mail, at=event.at)
    _show(session, payment, Kind.PAYMENT_RECEIVED, payment.money, event.at)


def apologise(session: Session, event: PaymentUnusable) -> None:
    """Subscriber: the time is gone, or was paid already; the payer waits for an answer, so it is told at once."""
    payment = session.get_one(Payment, event.payment_id)
    visit = payment.appointment
    is_gone = visit is None or visit.booked_at is None or visit.status == Status.CANCELLED
    kind = Kind.PAYMENT_TOO_LATE if is_gone else Kind.PAYMENT_TWICE
    _post(session, payment, kind, _ways(session, payment), at=event.at)
    _show(session, payment, kind, payment.money, event.at)


def tell_refund(session: Session, event: RefundSettled) -> None:
    """Subscriber: money has gone back. Credits are told of nowhere else."""
    payment, refund = session.get_one(Payment, event.payment_id), session.get_one(Refund, event.refund_id)
    if payment.method == Method.CREDITS:
        return
    for row in _post(session, payment, Kind.PAYMENT_REFUNDED, _ways(session, payment), at=event.at):
        row.refund_id = refund.id
        row.due_at = send_at(event.at, row.useful_until, clock.zone(row.time_zone), policy.current())
    _show(session, payment, Kind.PAYMENT_REFUNDED, Money(refund.amount_minor, payment.currency), event.at)


def reason_against(session: Session, delivery: Delivery) -> Reason | None:
    """Why a message about money is not to be sent any more, or not by this way."""
    payment = session.get_one(Payment, delivery.payment_id, populate_existing=True)
    if delivery.kind == Kind.PAYMENT_LINK:
        return _reason_against_link(session, payment)
    patient = session.get(Patient, delivery.patient_id) if delivery.patient_id else None
    if patient is None or patient.channels is None or delivery.is_urgent:
        return None
    chosen = {channel for channel, _ in ways_to(session, patient)}
    return None if delivery.channel in chosen else Reason.OPTED_OUT


def address_today(session: Session, delivery: Delivery) -> str | None:
    """Where it goes now. A number or address that changed since gets nothing: it may be somebody else's."""
    if delivery.patient_id is None:
        return delivery.recipient
    patient = session.get_one(Patient, delivery.patient_id)
    return None if patient.deleted_at is not None else address_of(session, patient, delivery.channel)


def values_of(session: Session, delivery: Delivery) -> dict[str, str]:
    """What the words of a message about money are filled with."""
    payment = session.get_one(Payment, delivery.payment_id)
    refund = session.get_one(Refund, delivery.refund_id) if delivery.refund_id is not None else None
    money = Money(refund.amount_minor, payment.currency) if refund is not None else payment.money
    return _values(payment, Kind(delivery.kind), money, delivery.language)


def _reason_against_link(session: Session, link: Payment) -> Reason | None:
    visit = session.get_one(Appointment, link.appointment_id, populate_existing=True)
    if visit.status == Status.CANCELLED:
        return Reason.CANCELLED
    if not account_of(session, visit).is_open:
        return Reason.PAID
    return Reason.REPLACED if link.status == PaymentStatus.FAILED else None


def _ways_for_link(session: Session, patient: Patient) -> Ways:
    """A number gets WhatsApp, or a text where that alone was chosen; an address that is known gets mail."""
    if patient.deleted_at is not None:
        return []
    wanted = ways_of(session, patient).in_use
    by_text = Channel.SMS in wanted and Channel.WHATSAPP not in wanted
    channels = (Channel.SMS if by_text else Channel.WHATSAPP, Channel.EMAIL)
    return [(patient, one, address) for one in channels if (address := address_of(session, patient, one))]


def _ways(session: Session, payment: Payment) -> Ways:
    if payment.patient is not None:
        return told_of(session, payment.patient)
    return [(None, *way) for way in mail_to(payment.account)] if payment.account is not None else []


def _post(session: Session, payment: Payment, kind: Kind, ways: Ways, *, at: datetime) -> list[Delivery]:
    """One row for each way; its words are found when it is sent."""
    rows = [
        Delivery(
            kind=kind,
            channel=channel,
            recipient=recipient,
            text="",
            payment_id=payment.id,
            appointment_id=payment.appointment_id,
            patient_id=reader.id if reader is not None else None,
            account_id=payment.account_id if reader is None else None,
            language=language_for(reader.language if reader is not None else None),
            time_zone=(reader.time_zone if reader is not None else None) or policy.current().time_zone,
            due_at=at,
            useful_until=at + USEFUL,
            created_at=at,
        )
        for reader, channel, recipient in ways
    ]
    session.add_all(rows)
    return rows


def _show(session: Session, payment: Payment, kind: Kind, money: Money, at: datetime) -> None:
    readers = readers_of(session, payment.patient)
    told = [(one.account_id, one.language) for one in readers] or [(payment.account_id, None)]
    for account_id, wanted in told:
        if account_id is None:
            continue
        language = language_for(wanted)
        said = in_app(kind, language, _values(payment, kind, money, language))
        tell(session, account_id, IN_APP[kind], *said, action="view", related_id=payment.id, at=at)


def _values(payment: Payment, kind: Kind, money: Money, language: str) -> dict[str, str]:
    visit = payment.appointment
    about = {"patient": payment.payer_name}
    if visit is not None:
        about = appointment_values(visit, language=language)
    if kind == Kind.PAYMENT_LINK and payment.expires_at is not None and visit is not None:
        about["until"] = when(payment.expires_at, visit.zone, language)
    return {**about, "amount": sum_of(money, language), "link": _link(payment, kind)}


def _link(payment: Payment, kind: Kind) -> str:
    home = policy.current().public_url
    if kind == Kind.PAYMENT_LINK:
        return home + linking.path(payment)
    if kind == Kind.PAYMENT_TOO_LATE and payment.appointment is not None:
        return f"{home}/clinicians/{payment.appointment.clinician_id}"
    return f"{home}/patient/payments/{payment.id}" if payment.patient_id else f"{home}/payments/{payment.key}"
