"""The whole audit, for those who answer for the practice."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Account
from portal.accounts.queries import ADDRESSED_AS
from portal.audit.models import AuditEntry
from portal.audit.queries import about
from portal.centres.models import Centre
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor, Permission, Role
from portal.people.models import Clinician, Patient

MOST_COUNTED = 10_000
MOST_PEOPLE = 500
TOLD = ("fields", "rule", "rules", "reason", "kind", "template", "list", "filters", "lines")
"""What of an entry's detail is shown. Whatever else may be written there stays there."""

SubjectKey = tuple[str, int]


@dataclass(frozen=True)
class Filters:
    """What the audit may be narrowed to; instants are half-open [happened_from, happened_before)."""

    account_id: int | None = None
    action: str = ""
    patient_id: int | None = None
    subject_type: str = ""
    subject_id: int | None = None
    happened_from: datetime | None = None
    happened_before: datetime | None = None


@dataclass(frozen=True)
class Person:
    """Somebody who may have done something."""

    account_id: int
    full_name: str
    role: str
    has_left: bool


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """All or nothing: an entry belongs to no centre."""
    return true() if actor.may(Permission.AUDIT_VIEW) else false()


def listed(actor: Actor, filters: Filters) -> Select[AuditEntry]:
    """The statement behind the audit, as list and as file: the newest first, each with the patient it is about."""
    statement = select(AuditEntry).options(WITH_NAME).where(visible_to(actor), *_conditions(filters))
    return statement.order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc())


def search(
    session: Session, actor: Actor, filters: Filters, *, page: int = 1, limit: int = DEFAULT_LIMIT
) -> Page[AuditEntry]:
    """A page of it. Years of a busy practice are never counted: the latest MOST_COUNTED are what can be paged."""
    return paginate(session, listed(actor, filters), page, limit, most_counted=MOST_COUNTED)


def subject_names(session: Session, entries: Sequence[AuditEntry]) -> Mapping[SubjectKey, str]:
    """The names of the colleagues, clinicians and centres that the entries are about, in one query."""
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        ids[entry.subject_type].add(entry.subject_id)
    found = union_all(
        select(literal("account"), Account.id, ADDRESSED_AS).where(Account.id.in_(ids["account"])),
        select(literal("centre"), Centre.id, Centre.name).where(Centre.id.in_(ids["centre"])),
        select(literal("clinician"), Clinician.id, ADDRESSED_AS)
        .join(Clinician.account)
        .where(Clinician.id.in_(ids["clinician"])),
    )
    return {(kind, number): name for kind, number, name in session.execute(found)}


def people(session: Session, also: int | None = None) -> Sequence[Person]:
    """Whom the audit can be narrowed to: colleagues by name, those who have left too, and one account more."""
    rows = session.execute(
        select(Account.id, ADDRESSED_AS, Account.role, Account.deleted_at.is_not(None))
        .where(or_(Account.role != Role.PATIENT, Account.id == also))
        .order_by((Account.id == also).desc(), func.lower(Account.full_name), Account.id)
        .limit(MOST_PEOPLE)
    )
    return [Person(*row) for row in rows]


def patient_name(session: Session, patient_id: int) -> str | None:
    """Whose record it is, also after it was removed or merged; None for a number that was never given."""
    return session.scalar(select(Patient.full_name).where(Patient.id == patient_id))


def told(entry: AuditEntry) -> dict[str, Any]:
    """The part of an entry's detail that may be read: the names of things."""
    return {name: entry.detail[name] for name in TOLD if entry.detail.get(name)}


def _conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    for name in ("account_id", "subject_id"):
        if getattr(filters, name) is not None:
            yield getattr(AuditEntry, name) == getattr(filters, name)
    for name in ("action", "subject_type"):
        if getattr(filters, name):
            yield getattr(AuditEntry, name) == getattr(filters, name)
    if filters.patient_id is not None:
        yield about(filters.patient_id)
    if filters.happened_from is not None:
        yield AuditEntry.happened_at >= filters.happened_from
    if filters.happened_before is not None:
        yield AuditEntry.happened_at < filters.happened_before


WITH_NAME = joinedload(AuditEntry.patient).load_only(Patient.full_name)
