"""Reading a person's visits for their feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.devices import hash_token
from portal.accounts.models import Account
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED
from portal.calendars.models import CalendarFeed
from portal.calendars.wording import Recipient
from portal.core.errors import NotFound
from portal.people.care_models import Care
from portal.people.models import Clinician, Patient

BACK, AHEAD = timedelta(days=90), timedelta(days=366)
CANCELLED_SHOWN_FOR = timedelta(days=30)
# What a file says, and no more of a patient than the name.
WITH_NAMES = (
    joinedload(Appointment.patient).load_only(Patient.full_name),
    joinedload(Appointment.clinician),
    joinedload(Appointment.centre),
)


@dataclass(frozen=True)
class Reading:
    """What a feed's address leads to: the visits in order, each with whom its entry is for."""

    feed_id: int
    last_read_at: datetime | None
    entries: list[tuple[Appointment, Recipient]]


def feed_of(session: Session, account_id: int) -> CalendarFeed | None:
    """The account's feed, if it has one."""
    return session.scalar(select(CalendarFeed).where(CalendarFeed.account_id == account_id))


def read_feed(session: Session, token: str, *, at: datetime) -> Reading:
    """The visits of the person with that token, from 90 days back to a year ahead: two queries.

    Raises NotFound for a token that never was, was replaced or ended, and when the account may not sign in.
    """
    owner = _owner(session, token)
    if owner is None or (owner.clinician_id is None and owner.patient_id is None):
        raise NotFound
    found = session.scalars(
        select(Appointment)
        .options(*WITH_NAMES)
        .where(_theirs(owner), BOOKED, *_recent(at))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return Reading(owner.feed_id, owner.last_read_at, [(visit, _recipient(visit, owner)) for visit in found])


class _Owner(NamedTuple):
    """Whose feed it is: the ids of their own records."""

    feed_id: int
    last_read_at: datetime | None
    clinician_id: int | None
    patient_id: int | None


def _owner(session: Session, token: str) -> _Owner | None:
    found = session.execute(
        select(
            CalendarFeed.id,
            CalendarFeed.last_read_at,
            Clinician.id,
            Patient.id,
        )
        .join(Account, Account.id == CalendarFeed.account_id)
        .outerjoin(
            Clinician,
            and_(
                Clinician.account_id == Account.id,
                Clinician.deleted_at.is_(None),
                Clinician.approved_at.is_not(None),
            ),
        )
        .outerjoin(Patient, and_(Patient.account_id == Account.id, Patient.deleted_at.is_(None)))
        .where(CalendarFeed.token_hash == hash_token(token), Account.is_active, Account.deleted_at.is_(None))
    ).first()
    return _Owner(*found) if found else None


def _theirs(owner: _Owner) -> ColumnElement[bool]:
    """Visits they give and visits they have: a clinician may be a colleague's patient."""
    given = Appointment.clinician_id == owner.clinician_id if owner.clinician_id is not None else false()
    cared_for = select(Care.patient_id).where(Care.carer_id == owner.patient_id, Care.paused_at.is_(None))
    own = or_(Appointment.patient_id == owner.patient_id, Appointment.patient_id.in_(cared_for))
    had = own if owner.patient_id is not None else false()
    return or_(given, had)


def _recent(at: datetime) -> Sequence[ColumnElement[bool]]:
    """Cancelled ones stay a while as such, for programs that forget nothing by themselves."""
    return (
        Appointment.starts_at >= at - BACK,
        Appointment.starts_at < at + AHEAD,
        or_(Appointment.status != Status.CANCELLED, Appointment.cancelled_at >= at - CANCELLED_SHOWN_FOR),
        or_(Appointment.status != Status.PENDING, Appointment.hold_expires_at > at),
    )


def _recipient(visit: Appointment, owner: _Owner) -> Recipient:
    return Recipient.CLINICIAN if visit.clinician_id == owner.clinician_id else Recipient.PATIENT
