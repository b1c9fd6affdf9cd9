"""A delivery as the message that leaves: its words, its calendar file, its way out of further mails."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, AppointmentChange
from portal.appointments.queries import WITH_PEOPLE
from portal.calendars.invitation import invite_attachment
from portal.notifications import delays, kinds, money, policy, waiting_list
from portal.notifications.channels import Attachment, Outgoing
from portal.notifications.conversations import values_of
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery
from portal.notifications.preferences import unsubscribe_token
from portal.notifications.rules import Reason
from portal.notifications.wording import (
    Words,
    appointment_values,
    in_layout,
    series_values,
    visit_link,
    visits_values,
    words,
)
from portal.people.models import Patient

INVITES = kinds.BOOKED | kinds.MOVED | kinds.ENDED.union(kinds.SERIES)


def visits_told(session: Session, delivery: Delivery) -> list[tuple[Appointment, datetime | None]]:
    """The visits that the message tells of, as they are now, with the times it was written for; in order of time."""
    if delivery.appointment_id is None or delivery.payment_id is not None:
        return []
    carried = Delivery.id == delivery.id
    if delivery.kind == Kind.REMINDER_DAY or delivery.kind in kinds.SERIES:
        carried |= Delivery.bundled_into_id == delivery.id
    statement = (
        select(Appointment, Delivery.starts_at)
        .join(Delivery, Delivery.appointment_id == Appointment.id)
        .options(*WITH_PEOPLE)
        .where(carried)
        .order_by(Delivery.starts_at, Appointment.id)
        .execution_options(populate_existing=True)
    )
    return [(visit, starts_at) for visit, starts_at in session.execute(statement)]


def preview(session: Session, delivery: Delivery) -> Outgoing:
    """What was sent, or would be if it were sent now."""
    if delivery.text:
        return _as_written(session, delivery)
    visits = [visit for visit, _ in visits_told(session, delivery)]
    return compose(session, delivery, visits, delivery.recipient)


def compose(session: Session, delivery: Delivery, visits: Sequence[Appointment], recipient: str) -> Outgoing:
    """The message of a delivery, telling of these visits, or its payment, as they are now; else as it was written."""
    if not visits and delivery.payment_id is None:
        return _as_written(session, delivery)
    is_mail = delivery.channel == Channel.EMAIL
    kind = _kind(delivery, visits)
    stop_url = _unsubscribe_url(delivery) if is_mail else ""
    values = _values(session, delivery, visits)
    said = words(session, kind, delivery.channel, delivery.language, values, stop_url=stop_url)
    return Outgoing(
        key=delivery.key,
        kind=kind,
        recipient=recipient,
        subject=said.subject,
        text=said.text,
        html=said.html,
        footer=said.footer,
        language=delivery.language,
        provider_template=said.provider_template,
        parameters=said.parameters,
        unsubscribe_url=stop_url,
        attachments=_attachments(delivery, visits, recipient) if is_mail else (),
    )


def _as_written(session: Session, delivery: Delivery) -> Outgoing:
    """A message about an account. WhatsApp wants its values, not the text around them."""
    said = Words(delivery.subject, delivery.text)
    values = _values_of_written(session, delivery) if delivery.channel == Channel.WHATSAPP else {}
    if values:
        said = words(session, delivery.kind, delivery.channel, delivery.language, values)
    is_mail = delivery.channel == Channel.EMAIL
    return Outgoing(
        key=delivery.key,
        kind=delivery.kind,
        recipient=delivery.recipient,
        subject=delivery.subject,
        text=delivery.text,
        html=in_layout(delivery.subject, delivery.text, delivery.language) if is_mail else "",
        language=delivery.language,
        provider_template=said.provider_template,
        parameters=said.parameters,
    )


def _values_of_written(session: Session, delivery: Delivery) -> dict[str, str]:
    if delivery.kind == Kind.NEW_MESSAGE:
        return values_of(session, delivery)
    if delivery.kind == Kind.TIME_OFFERED:
        return waiting_list.values_of(session, delivery)
    if delivery.code is None or delivery.useful_until is None:
        return {}
    minutes = (delivery.useful_until - delivery.created_at) // timedelta(minutes=1)
    return {"code": delivery.code, "minutes": str(minutes)}


def _kind(delivery: Delivery, visits: Sequence[Appointment]) -> str:
    """Of several visits that were to be told together one may be left."""
    if len(visits) > 1:
        return delivery.kind
    return (
        Kind.REMINDER if delivery.kind in kinds.REMINDERS else kinds.SERIES.get(delivery.kind, delivery.kind)
    )


def _values(session: Session, delivery: Delivery, visits: Sequence[Appointment]) -> dict[str, str]:
    if delivery.payment_id is not None:
        return money.values_of(session, delivery)
    reader = session.get(Patient, delivery.patient_id) if delivery.patient_id else None
    if len(visits) > 1 and delivery.kind in kinds.SERIES:
        to_clinician = delivery.kind in kinds.TO_CLINICIAN
        return series_values(visits, language=delivery.language, to_clinician=to_clinician, reader=reader)
    if len(visits) > 1:
        return visits_values(visits, language=delivery.language, reader=reader)
    previous = _previous_start(session, delivery) if delivery.kind in kinds.MOVED else None
    values = appointment_values(
        visits[0],
        language=delivery.language,
        previous=previous,
        to_clinician=delivery.kind in kinds.TO_CLINICIAN,
        reader=reader,
    )
    if delivery.kind == Kind.MOVE_ASKED:
        values["link"] += "/rescheduling"
    return values | delays.values_of(delivery)


def _previous_start(session: Session, delivery: Delivery) -> datetime | None:
    """The other time that the reader was last told; of times between, whose news never left, they know nothing."""
    untold = exists().where(
        Delivery.appointment_id == AppointmentChange.appointment_id,
        Delivery.version == AppointmentChange.version,
        Delivery.kind.in_(kinds.TO_CLINICIAN) == (delivery.kind in kinds.TO_CLINICIAN),
        Delivery.reason == Reason.REPLACED,
    )
    before = (
        select(AppointmentChange.starts_at)
        .where(
            AppointmentChange.appointment_id == delivery.appointment_id,
            AppointmentChange.version < delivery.version,
            AppointmentChange.starts_at != delivery.starts_at,
        )
        .order_by(untold, AppointmentChange.id.desc())
        .limit(1)
    )
    return session.scalar(before)


def _unsubscribe_url(delivery: Delivery) -> str:
    if delivery.patient_id is None:
        return ""
    rules = policy.current()
    return f"{rules.public_url}/unsubscribe/{unsubscribe_token(rules.secret, delivery.patient_id)}"


def _attachments(delivery: Delivery, visits: Sequence[Appointment], recipient: str) -> tuple[Attachment, ...]:
    if delivery.kind not in INVITES:
        return ()
    told = visits if delivery.kind in kinds.SERIES else visits[:1]
    return tuple(_attachment(delivery, visit, recipient) for visit in told)


def _attachment(delivery: Delivery, visit: Appointment, recipient: str) -> Attachment:
    rules = policy.current()
    to_clinician = delivery.kind in kinds.TO_CLINICIAN
    file = invite_attachment(
        visit,
        to_clinician=to_clinician,
        attendee_email=recipient,
        organiser_name=rules.practice_name,
        organiser_email=rules.mail_from,
        public_url=rules.public_url,
        href=None if to_clinician else visit_link(visit),
    )
    return Attachment(*file)
