"""Another way, where one does not lead to the recipient."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.notifications import kinds
from portal.notifications.models import Channel, Delivery, DeliveryStatus
from portal.notifications.news import address_of
from portal.notifications.rules import Reason
from portal.people.models import Patient

ORDER = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)


def fall_back(session: Session, failed: Delivery, *, at: datetime) -> bool:
    """Write the same message for the next way, WhatsApp to text to mail; True if it goes, or went, by another.

    It goes at once, as the failed one was due. A sign-in code has only the phone. News must arrive; a reminder is not
    mailed to who wants no mail.
    """
    if failed.channel == Channel.EMAIL:
        return False
    if failed.kind == kinds.Kind.SIGN_IN_CODE:
        return failed.channel == Channel.WHATSAPP and _copy(
            session, failed, Channel.SMS, failed.recipient, at
        )
    patient = session.get(Patient, failed.patient_id) if failed.patient_id else None
    if patient is None:
        return False
    if _goes_otherwise(session, failed):
        return True
    for channel in ORDER[ORDER.index(Channel(failed.channel)) + 1 :]:
        address = address_of(session, patient, channel)
        if address is not None and not _is_unwanted(failed, patient, channel):
            return _copy(session, failed, channel, address, at)
    return False


def _is_unwanted(failed: Delivery, patient: Patient, channel: Channel) -> bool:
    if failed.kind not in kinds.REMINDERS or channel != Channel.EMAIL:
        return False
    return patient.channels is not None and channel not in patient.channels


def _goes_otherwise(session: Session, failed: Delivery) -> bool:
    """Is the same told to the patient over a further channel anyway?"""
    later = ORDER[ORDER.index(Channel(failed.channel)) + 1 :]
    if failed.kind == kinds.Kind.PAYMENT_LINK:
        later = later[:1]  # it goes by mail anyway, which rings no phone
    same = select(Delivery.id).where(
        Delivery.appointment_id == failed.appointment_id,
        Delivery.kind == failed.kind,
        Delivery.patient_id == failed.patient_id,
        Delivery.round == failed.round,
        Delivery.version.is_not_distinct_from(failed.version),
        Delivery.offset_minutes.is_not_distinct_from(failed.offset_minutes),
        Delivery.starts_at == failed.starts_at,
        Delivery.payment_id.is_not_distinct_from(failed.payment_id),
        Delivery.refund_id.is_not_distinct_from(failed.refund_id),
        Delivery.channel.in_(later),
    )
    return failed.appointment_id is not None and session.scalar(same.limit(1)) is not None


COPIED = (
    "kind", "text", "subject", "code", "appointment_id", "patient_id", "account_id", "conversation_id", "payment_id",
    "refund_id", "version", "starts_at", "offset_minutes", "round", "language", "time_zone", "useful_until",
)  # fmt: skip


def _copy(session: Session, failed: Delivery, channel: Channel, recipient: str, at: datetime) -> bool:
    copy = Delivery(
        channel=channel,
        recipient=recipient,
        due_at=at,
        is_urgent=True,
        created_at=at,
        **{name: getattr(failed, name) for name in COPIED},
    )
    session.add(copy)
    session.flush()
    carry_bundle(session, failed, copy)
    return True


def carry_bundle(session: Session, old: Delivery, new: Delivery) -> None:
    """What it would have told of the day's other visits goes with it, unless it was dealt with by itself."""
    carried = (Delivery.bundled_into_id == old.id) & Delivery.handled_at.is_(None)
    session.execute(
        update(Delivery)
        .where(carried)
        .values(bundled_into_id=new.id, status=DeliveryStatus.SKIPPED, reason=Reason.BUNDLED)
    )
