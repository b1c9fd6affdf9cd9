"""Reading the audit."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Role
from portal.people.models import Patient

IS_READ: ColumnElement[bool] = AuditEntry.action.like("%.view")
BOUND = [role for role in Role if role.is_bound_to_centre]


@dataclass(frozen=True)
class Access:
    """One look at a record. `centre` is where whoever looked works, None for those who belong to no single one."""

    entry: AuditEntry
    centre: str | None


def about(patient_id: int) -> ColumnElement[bool]:
    """What was done with the record, and with those that went into it: the audit itself is never rewritten.

    An array, read once, is what an index is asked by; with "this or one of those" all of the audit would be read.
    """
    theirs = select(Patient.id).where(or_(Patient.id == patient_id, Patient.merged_into_id == patient_id))
    return AuditEntry.patient_id == any_(func.array(theirs.scalar_subquery(), type_=ARRAY(BigInteger)))


def entries_about_patient(session: Session, patient_id: int, limit: int = 50) -> Sequence[AuditEntry]:
    """Who looked at or changed what of a patient's, newest first."""
    found = select(AuditEntry).where(about(patient_id))
    return session.scalars(
        found.order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc()).limit(limit)
    ).all()


def reads_of_patient(
    session: Session, patient: Patient, *, page: int = 1, limit: int = DEFAULT_LIMIT
) -> Page[Access]:
    """Who of the practice opened what of a patient's record, newest first; what they looked at themself is left out."""
    found = (
        select(AuditEntry)
        .where(about(patient.id), IS_READ, AuditEntry.role != Role.PATIENT)
        .where(AuditEntry.account_id.is_distinct_from(patient.account_id))
        .order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc())
    )
    entries = paginate(session, found, page, limit)
    accounts = {entry.account_id for entry in entries.items}
    centres = session.execute(
        select(Account.id, Centre.name)
        .join(Centre, Centre.id == Account.centre_id)
        .where(Account.id.in_(accounts), Account.role.in_(BOUND))
    )
    works_at = dict(centres.all())
    looks = [Access(entry, works_at.get(entry.account_id or 0)) for entry in entries.items]
    return Page(looks, entries.page, entries.limit, entries.total)
