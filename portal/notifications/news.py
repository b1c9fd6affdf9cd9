"""Writing deliveries: whom a message goes to, over which ways, once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core import clock
from portal.core.permissions import Actor
from portal.notifications import kinds, policy
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery, DeliveryStatus
from portal.notifications.preferences import Ways, ways_of
from portal.notifications.rules import Reason, send_at
from portal.people.caring import carers_of
from portal.people.models import Patient

DEFAULT_LANGUAGE = "en"
Told = tuple[Patient | None, Channel, str]
"""Who reads it, none for a colleague; the channel and the address."""


def post(
    session: Session,
    appointment: Appointment,
    kind: str,
    *,
    at: datetime,
    round: int = 0,  # noqa: A002  the column's name
    is_urgent: bool = False,
    by: Actor | None = None,
) -> list[Delivery]:
    """Write what is to be sent of an appointment: one row for each way its patient, or its clinician, is told.

    News waits for the practice's grace: what has not gone out yet of the same appointment is replaced, and what
    moved before it was told is told as booked. Then it waits for the end of quiet hours, unless the recipient is
    `by`, who did it and is awake. What is urgent waits for nothing. Nobody to tell makes no row;
    nor does, for the clinician, what came and went within the grace.
    """
    to_clinician = kind in kinds.TO_CLINICIAN
    if kind in kinds.NEWS and not is_urgent:
        replaced = {Kind(one) for one in _replace_unsent(session, appointment, kind)}
        if kind == Kind.CLINICIAN_CANCELLED and replaced & (kinds.BOOKED | kinds.ASKED):
            return []  # came and went unnoticed
        kind = _in_place_of(kind, replaced)
    told: Sequence[Told] = told_of(session, appointment.patient)
    if to_clinician:
        told = [(None, *way) for way in mail_to(appointment.clinician.account)]
    due_at = at if is_urgent else at + policy.current().grace
    rows = [
        row_for(appointment, kind, channel, recipient, reader=reader, at=at, due_at=due_at, round=round)
        for reader, channel, recipient in told
    ]
    is_awake = is_urgent or _is_about(by, appointment, to_clinician=to_clinician)
    for row in rows:
        row.is_urgent = is_urgent
        if not is_awake:
            row.due_at = send_at(due_at, row.useful_until, clock.zone(row.time_zone), policy.current())
    session.add_all(rows)
    return rows


def row_for(
    appointment: Appointment,
    kind: str,
    channel: str,
    recipient: str,
    *,
    reader: Patient | None = None,
    at: datetime,
    due_at: datetime,
    round: int = 0,  # noqa: A002  the column's name
    offset: timedelta | None = None,
) -> Delivery:
    """One row, not yet added: `at` is when it is written, `due_at` when it may go out.

    It is for `reader`, or else for the patient themself.
    """
    patient, to_clinician = reader or appointment.patient, kind in kinds.TO_CLINICIAN
    own_zone = None if to_clinician or patient is None else patient.time_zone
    is_reminder = kind in kinds.REMINDERS
    return Delivery(
        kind=kind,
        channel=channel,
        recipient=recipient,
        text="",
        appointment_id=appointment.id,
        patient_id=None if to_clinician or patient is None else patient.id,
        account_id=appointment.clinician.account_id if to_clinician else None,
        version=None if is_reminder else appointment.version,
        starts_at=appointment.starts_at,
        offset_minutes=None if offset is None else int(offset / timedelta(minutes=1)),
        round=round,
        language=DEFAULT_LANGUAGE
        if to_clinician or patient is None
        else patient.language or DEFAULT_LANGUAGE,
        time_zone=own_zone or appointment.time_zone,
        due_at=due_at,
        useful_until=kinds.useful_until(
            kind, at, starts_at=appointment.starts_at, ends_at=appointment.ends_at
        ),
        created_at=at,
    )


def _is_about(by: Actor | None, appointment: Appointment, *, to_clinician: bool) -> bool:
    """Did the recipient do it?"""
    if by is None:
        return False
    if to_clinician:
        return by.clinician_id == appointment.clinician_id
    if by.appointment_id is not None:
        return by.appointment_id == appointment.id
    return appointment.patient_id in by.patient_ids


def readers_of(session: Session, patient: Patient | None) -> list[Patient]:
    """Who is told of a patient's visits: the patient and whoever looks after them; nobody for one who was removed."""
    if patient is None or patient.deleted_at is not None:
        return []
    carers = [care.carer for care in carers_of(session, patient) if care.paused_at is None]
    return [patient, *carers]


def told_of(session: Session, patient: Patient | None, *, once: bool = False) -> list[Told]:
    """Who is told, over which channel and at which address; an address that two share is written to once.

    With `once`, whoever has not chosen is told by one way only.
    """
    told: dict[tuple[Channel, str], Told] = {}
    for reader in readers_of(session, patient):
        ways = ways_to(session, reader)
        for channel, address in ways[:1] if once and reader.channels is None else ways:
            told.setdefault((channel, address), (reader, channel, address))
    return list(told.values())


def ways_to(session: Session, patient: Patient | None) -> list[tuple[Channel, str]]:
    """Channel and address of each way a patient is told, as they chose; none for one who was removed."""
    if patient is None or patient.deleted_at is not None:
        return []
    ways = ways_of(session, patient)
    addresses = _addresses(patient, ways)
    return [(channel, address) for channel in ways.in_use if (address := addresses[channel])]


def address_of(session: Session, patient: Patient, channel: str) -> str | None:
    """Where the patient is reached over a channel today, whether or not they chose it."""
    return _addresses(patient, ways_of(session, patient))[Channel(channel)]


def _addresses(patient: Patient, ways: Ways) -> dict[Channel, str | None]:
    return {Channel.WHATSAPP: patient.phone, Channel.SMS: patient.phone, Channel.EMAIL: ways.email}


def mail_to(account: Account) -> list[tuple[Channel, str]]:
    """Mail to a colleague with a confirmed address who wants it; what is new is shown in-app in any case."""
    if not account.is_active or not account.wants_mail or not account.email or not account.email_verified_at:
        return []
    return [(Channel.EMAIL, account.email)]


def _replace_unsent(session: Session, appointment: Appointment, kind: str) -> Collection[str]:
    """Take back what has not gone out to the same side yet; the kinds that were taken back."""
    if kind in kinds.ASKED or (kind in kinds.BOOKED and appointment.version <= 1):
        return ()  # the first news there is
    same_side = Delivery.account_id if kind in kinds.TO_CLINICIAN else Delivery.patient_id
    statement = (
        update(Delivery)
        .where(
            Delivery.appointment_id == appointment.id,
            Delivery.status == DeliveryStatus.PENDING,
            Delivery.attempts == 0,
            Delivery.offset_minutes.is_(None),
            Delivery.kind.in_(kinds.NEWS),
            same_side.is_not(None),
        )
        .values(status=DeliveryStatus.SKIPPED, reason=Reason.REPLACED)
        .returning(Delivery.kind)
    )
    return session.scalars(statement, execution_options={"synchronize_session": "fetch"}).all()


def _in_place_of(kind: str, replaced: Collection[Kind]) -> str:
    """What was never told cannot have moved: whoever booked and moved at once is told of one booking."""
    if kind not in kinds.MOVED or (kinds.BOOKED | kinds.ASKED).isdisjoint(replaced):
        return kind
    if not kinds.ASKED.isdisjoint(replaced):
        return Kind.CLINICIAN_REQUESTED if kind in kinds.TO_CLINICIAN else Kind.REQUESTED
    return Kind.CLINICIAN_BOOKED if kind in kinds.TO_CLINICIAN else Kind.CONFIRMED
