"""Reminders: a job asks what has become due since it last looked. Nothing is scheduled per visit."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment, AppointmentChange, Status
from portal.appointments.queries import WITH_PEOPLE
from portal.core import clock
from portal.notifications import policy
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery, DeliveryStatus, Watermark
from portal.notifications.news import Told, row_for, told_of
from portal.notifications.rules import WHOLE_DAY, Reason, reminder_useful_until, send_at
from portal.people.models import Patient

WATERMARK = "reminders"
BATCH = 500
OVERLAP = timedelta(minutes=10)
"""A booking may be committed a little after the instant it carries; looking back finds it."""

LONGEST_LOOK_BACK = timedelta(days=7)
TELLS_TIME = ("requested", "confirmed", "accepted", "rescheduled")
"""The changes of which the patient was told with the time of the visit."""


def plan_reminders(session: Session, *, at: datetime) -> int:
    """Write the reminders that have become due since the last look, at most a batch; how many visits were looked at.

    Call it again until it answers 0: only then has it caught up. What is too late to be of use is written as
    MISSED, for staff to see. The very first look only notes the instant: what was before is nobody's to remind.
    """
    mark = _watermark(session, at)
    if mark.reached >= at:
        return 0
    since = max(mark.reached - OVERLAP, at - LONGEST_LOOK_BACK)
    for offset in policy.current().reminders:
        due = _due(session, offset, since, at)
        if due:
            _write(session, due, offset, at)
            return len(due)
    mark.reached = at
    return 0


def _watermark(session: Session, at: datetime) -> Watermark:
    """Its row, locked: one planner at a time."""
    fresh = insert(Watermark).values(name=WATERMARK, reached=at).on_conflict_do_nothing()
    session.execute(fresh)
    return session.scalars(select(Watermark).where(Watermark.name == WATERMARK).with_for_update()).one()


def _due(session: Session, offset: timedelta, since: datetime, at: datetime) -> list[Appointment]:
    """Visits whose reminder fell due in between and has no row, in order of time.

    Whoever was told of the time after the reminder would have been due needs none.
    """
    told_later = select(AppointmentChange.id).where(
        AppointmentChange.appointment_id == Appointment.id,
        AppointmentChange.kind.in_(TELLS_TIME),
        AppointmentChange.changed_at > Appointment.starts_at - offset,
    )
    statement = (
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(
            Appointment.starts_at > since + offset,
            Appointment.starts_at <= at + offset,
            Appointment.booked_at.is_not(None),
            Appointment.status.in_([Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW]),
            ~_has_row(offset),
            ~told_later.exists(),
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(BATCH)
    )
    return list(session.scalars(statement))


def _has_row(offset: timedelta) -> ColumnElement[bool]:
    rows = select(Delivery.id).where(
        Delivery.appointment_id == Appointment.id,
        Delivery.starts_at == Appointment.starts_at,
        Delivery.offset_minutes == int(offset / timedelta(minutes=1)),
    )
    return rows.exists()


def _write(session: Session, due: list[Appointment], offset: timedelta, at: datetime) -> None:
    """A visit in a bundle is carried by the first of its day; the others' rows say so."""
    bundles = _bundles(session, due, offset, at) if offset >= WHOLE_DAY else [[visit] for visit in due]
    accounts = [visit.patient.account_id for bundle in bundles for visit in bundle if visit.patient]
    known = session.scalars(
        select(Account).where(Account.id.in_(accounts))
    ).all()  # kept: read one by one below
    carriers = {bundle[0].id: _reminders(session, bundle, offset, at) for bundle in bundles}
    session.add_all(row for rows in carriers.values() for row in rows)
    session.flush()
    del known
    for first, *others in bundles:
        for carrier in carriers[first.id]:
            session.add_all(_carried(session, other, carrier, at) for other in others)


def _reminders(
    session: Session, bundle: list[Appointment], offset: timedelta, at: datetime
) -> list[Delivery]:
    """The rows of one visit, or of the first of several: as many as there are ways to tell its patient."""
    visit = bundle[0]
    kind = Kind.REMINDER_DAY if len(bundle) > 1 else Kind.REMINDER
    due_at = visit.starts_at - offset
    told = told_of(session, visit.patient, once=True)
    nobody: list[Told] = [(visit.patient, Channel.EMAIL, "")]
    rows = [
        row_for(visit, kind, channel, address, reader=reader, at=at, due_at=due_at, offset=offset)
        for reader, channel, address in told or nobody
    ]
    for row, (reader, _, _) in zip(rows, told or nobody, strict=True):
        row.useful_until = reminder_useful_until(visit.starts_at, offset)
        row.due_at = send_at(due_at, row.useful_until, clock.zone(row.time_zone), policy.current())
        if not told:
            row.status, row.reason = DeliveryStatus.MISSED, Reason.UNREACHABLE
        elif reader is not None and not reader.wants_reminders:
            row.status, row.reason = DeliveryStatus.SKIPPED, Reason.OPTED_OUT
        elif at > row.useful_until:
            row.status, row.reason = DeliveryStatus.MISSED, Reason.OVER
    return rows


def _carried(session: Session, visit: Appointment, carrier: Delivery, at: datetime) -> Delivery:
    offset = timedelta(minutes=carrier.offset_minutes or 0)
    row = row_for(
        visit,
        Kind.REMINDER,
        carrier.channel,
        carrier.recipient,
        reader=session.get(Patient, carrier.patient_id) if carrier.patient_id else None,
        at=at,
        due_at=carrier.due_at,
        offset=offset,
    )
    row.status, row.reason, row.bundled_into_id = DeliveryStatus.SKIPPED, Reason.BUNDLED, carrier.id
    return row


def _bundles(
    session: Session, due: list[Appointment], offset: timedelta, at: datetime
) -> list[list[Appointment]]:
    """The visits by patient and local day, those of the same day included whose reminder is due only later.

    What is too late to be told stays alone: it must carry nothing that can still be told.
    """
    timely = [visit for visit in due if at <= reminder_useful_until(visit.starts_at, offset)]
    late = {visit.id: visit for visit in due if visit not in timely}
    days = {_day(visit) for visit in timely}
    later = [
        visit
        for visit in _later_that_day(session, timely, offset, at)
        if _day(visit) in days and visit.id not in late
    ]
    together = sorted({visit.id: visit for visit in (*timely, *later)}.values(), key=_order)
    return [[visit] for visit in late.values()] + [list(bundle) for _, bundle in groupby(together, key=_day)]


def _later_that_day(
    session: Session, due: Iterable[Appointment], offset: timedelta, at: datetime
) -> list[Appointment]:
    patients = {visit.patient_id for visit in due}
    last = max((visit.starts_at for visit in due), default=at)
    statement = (
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(
            Appointment.patient_id.in_(patients),
            Appointment.status == Status.CONFIRMED,
            Appointment.starts_at > at,
            Appointment.starts_at < last + timedelta(days=1),
            ~_has_row(offset),
        )
    )
    return list(session.scalars(statement))


def _day(visit: Appointment) -> tuple[int, str]:
    """One patient's day on the wall calendar of the visit."""
    return visit.patient_id or 0, clock.local_day(visit.starts_at, visit.zone).isoformat()


def _order(visit: Appointment) -> tuple[tuple[int, str], datetime, int]:
    return _day(visit), visit.starts_at, visit.id
