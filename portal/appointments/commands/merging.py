"""Two records of one person become one: all that was of the other is the kept one's, and nothing is there twice."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.accounts.commands import sign_out_everywhere
from portal.accounts.models import Account
from portal.appointments.commands.locking import expire_stale, lock_resources, locked
from portal.appointments.errors import CannotMerge, OverlappingVisits
from portal.appointments.models import Appointment, Occupancy
from portal.core.errors import Forbidden, NotFound
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people.events import PatientChanged, PatientsMerged
from portal.people.models import Patient, Resource
from portal.people.patient_facts import CONTACT_DATA, keep_account_alike
from portal.people.references import OF_ACCOUNTS, OF_PATIENTS, move_all


def merge_patients(
    session: Session, kept: Patient, gone: Patient, *, taking: Collection[str] = (), by: Actor, at: datetime
) -> Patient:
    """Merge `gone` into `kept`; of `taking` (names of CONTACT_DATA) and of what `kept` lacks, gone's value stays.

    Both medical histories are kept, one below the other. There is no way back. Raises NotFound for a record that is
    gone already, Forbidden for staff of a centre where they were not, OverlappingVisits with the appointments that
    one person cannot both keep, CannotMerge otherwise.
    """
    if kept.id == gone.id:
        raise CannotMerge
    lock_resources(session, {kept.resource_id, gone.resource_id})
    _read_afresh(session, kept, gone)
    check_in_reach(session, by, kept, gone)
    expire_stale(session, {kept.resource_id, gone.resource_id}, at)
    both = overlapping(session, kept, gone, at)
    if both:
        raise OverlappingVisits(both)
    closed_id = _settle_accounts(session, kept, gone, at)
    taken = {name: getattr(gone, name) for name in _taken(kept, gone, taking)}
    _move_everything(session, kept, gone, closed_id, at)
    with session.no_autoflush:
        gone.merged_into_id, gone.merged_at, gone.deleted_at = kept.id, at, at
    session.flush()
    _write_facts(session, kept, gone, taken, at)
    publish(session, PatientsMerged(kept.id, gone.id, kept.account_id, closed_id, by, at))
    publish(session, PatientChanged(kept.id, "patient.merge", by, at, tuple(sorted(taken))))
    publish(session, PatientChanged(gone.id, "patient.merged-away", by, at))
    return kept


def check_in_reach(session: Session, by: Actor, *patients: Patient) -> None:
    """Staff of a centre merge whom they have seen there, and with them whom nobody has seen anywhere.

    Raises Forbidden for others.
    """
    if by.role is None or not by.role.is_bound_to_centre:
        return
    ids = [patient.id for patient in patients]
    seen = session.execute(
        select(Appointment.patient_id, Appointment.centre_id)
        .where(Appointment.patient_id.in_(ids), Appointment.booked_at.is_not(None))
        .distinct()
    )
    places: dict[int | None, set[int | None]] = {}
    for patient_id, centre_id in seen:
        places.setdefault(patient_id, set()).add(centre_id)
    if not places or any(by.centre_ids.isdisjoint(at) for at in places.values()):
        raise Forbidden


def overlapping(session: Session, kept: Patient, gone: Patient, at: datetime) -> Sequence[Appointment]:
    """The appointments of both that one person cannot both keep."""
    mine, theirs = aliased(Occupancy), aliased(Occupancy)
    pairs = session.execute(
        select(mine.appointment_id, theirs.appointment_id)
        .join(theirs, mine.during.op("&&")(theirs.during))
        .where(mine.resource_id == kept.resource_id, theirs.resource_id == gone.resource_id)
        .where(*(or_(one.held_until.is_(None), one.held_until > at) for one in (mine, theirs)))
    )
    ids = {one for pair in pairs for one in pair}
    return session.scalars(
        select(Appointment).where(Appointment.id.in_(ids)).order_by(Appointment.starts_at)
    ).all()


def _read_afresh(session: Session, *patients: Patient) -> None:
    ids = [patient.id for patient in patients]
    found = select(Patient).where(Patient.id.in_(ids), Patient.deleted_at.is_(None)).order_by(Patient.id)
    still = session.scalars(found.with_for_update().execution_options(populate_existing=True)).all()
    if len(still) < len(patients):
        raise NotFound


def _settle_accounts(session: Session, kept: Patient, gone: Patient, at: datetime) -> int | None:
    """The kept record's account stays; without one it gets the other's. The id of the one that is closed."""
    account = session.get(Account, gone.account_id) if gone.account_id else None
    if account is None:
        return None
    gone.account_id = None
    session.flush()
    if kept.account_id is None:
        kept.account_id = account.id
        return None
    if account.role_name.is_staff:
        raise CannotMerge  # a colleague works on with it: theirs is the record to keep
    sign_out_everywhere(session, account, at)
    account.is_active, account.deleted_at = False, at
    account.phone = account.email = account.username = account.password_hash = None
    return account.id


def _taken(kept: Patient, gone: Patient, taking: Collection[str]) -> list[str]:
    return [
        name
        for name in CONTACT_DATA
        if getattr(gone, name) and (name in taking or not getattr(kept, name))
        if getattr(gone, name) != getattr(kept, name)
    ]


def _move_everything(
    session: Session, kept: Patient, gone: Patient, closed_id: int | None, at: datetime
) -> None:
    list(session.scalars(locked(select(Appointment).where(Appointment.patient_id == gone.id))))
    session.flush()
    move_all(session.connection(), OF_PATIENTS, gone=gone.id, kept=kept.id, at=at)
    if closed_id is not None and kept.account_id is not None:
        move_all(session.connection(), OF_ACCOUNTS, gone=closed_id, kept=kept.account_id, at=at)
    taken = update(Occupancy).where(Occupancy.resource_id == gone.resource_id)
    session.execute(taken.values(resource_id=kept.resource_id))
    session.execute(update(Resource).where(Resource.id == gone.resource_id).values(kind="MERGED"))
    session.expire_all()


def _write_facts(
    session: Session, kept: Patient, gone: Patient, taken: dict[str, object], at: datetime
) -> None:
    for name, value in taken.items():
        setattr(kept, name, value)
    histories = select(Patient.id, Patient.medical_history).where(Patient.id.in_([kept.id, gone.id]))
    noted = dict(session.execute(histories).all())
    texts = [text for text in (noted[kept.id], noted[gone.id]) if text.strip()]
    session.execute(
        update(Patient)
        .where(Patient.id == kept.id)
        .values(medical_history="\n\n".join(dict.fromkeys(texts)))
        .execution_options(synchronize_session=False)
    )
    kept.lead_source = kept.lead_source or gone.lead_source
    kept.created_by_id = kept.created_by_id or gone.created_by_id
    keep_account_alike(session, kept, at)
    session.flush()
