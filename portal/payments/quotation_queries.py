"""Quotations that are read: who sees which, lists of them, and the versions of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.core.db import like_pattern
from portal.core.errors import NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor, Permission
from portal.payments.quotation_models import Quotation, QuotationStatus

REFERENCE = re.compile(r"(?:Q-)?(?:(\d{4})-)?0*(\d{1,9})(?:/\d+)?", re.IGNORECASE)
WHOLE = (
    joinedload(Quotation.clinician),
    joinedload(Quotation.service),
    joinedload(Quotation.appointment),
    selectinload(Quotation.items),
)


@dataclass(frozen=True)
class Filters:
    """What a list may be narrowed to. `search` finds part of a name, the start of an address, or a number.

    Instants are those of writing, half-open [created_from, created_before).
    """

    status: QuotationStatus | None = None
    clinician_id: int | None = None
    patient_id: int | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    search: str = ""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """All for those who manage them; for clinicians their own; what was removed for nobody."""
    if actor.may(Permission.QUOTATION_MANAGE):
        mine: ColumnElement[bool] = true()
    elif actor.may(Permission.QUOTATION_OWN):
        mine = Quotation.clinician_id == actor.clinician_id
    else:
        mine = false()
    return Quotation.deleted_at.is_(None) & mine


def get_visible(session: Session, actor: Actor, quotation_id: int) -> Quotation:
    """The quotation, whole; raises NotFound."""
    wanted = select(Quotation).where(Quotation.id == quotation_id, visible_to(actor))
    found = session.scalar(wanted.options(*WHOLE))
    if found is None:
        raise NotFound
    return found


def listed(actor: Actor, filters: Filters, at: datetime) -> Select[Quotation]:
    """The statement behind every list: what the actor may see, the newest first.

    Of several versions it is the latest that was sent.
    """
    found = select(Quotation).where(
        visible_to(actor), Quotation.superseded_at.is_(None), *_conditions(filters, at)
    )
    return found.options(*WHOLE).order_by(Quotation.id.desc())


def search(
    session: Session,
    actor: Actor,
    filters: Filters,
    *,
    at: datetime,
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Quotation]:
    """A page of it."""
    return paginate(session, listed(actor, filters, at), page, limit)


def other_versions(session: Session, quotation: Quotation) -> Sequence[Quotation]:
    """The versions that were sent beside this one, the latest first, and the draft that is to replace it."""
    is_sent = (Quotation.year == quotation.year) & (Quotation.number == quotation.number)
    related = or_(is_sent, Quotation.revises_id == quotation.id, Quotation.id == quotation.revises_id)
    found = select(Quotation).where(related, Quotation.id != quotation.id, Quotation.deleted_at.is_(None))
    return session.scalars(found.order_by(Quotation.id.desc())).all()


def _conditions(filters: Filters, at: datetime) -> list[ColumnElement[bool]]:
    conditions = _matching(filters.search.strip())
    if filters.status is not None:
        conditions.append(_has_status(filters.status, at))
    if filters.clinician_id is not None:
        conditions.append(Quotation.clinician_id == filters.clinician_id)
    if filters.patient_id is not None:
        conditions.append(Quotation.patient_id == filters.patient_id)
    if filters.created_from is not None:
        conditions.append(Quotation.created_at >= filters.created_from)
    if filters.created_before is not None:
        conditions.append(Quotation.created_at < filters.created_before)
    return conditions


def _has_status(status: QuotationStatus, at: datetime) -> ColumnElement[bool]:
    """As `Quotation.status_at`, of those that no newer version has replaced."""
    is_sent = Quotation.status == QuotationStatus.SENT
    if status is QuotationStatus.SENT:
        return is_sent & (Quotation.expires_at > at)
    if status is QuotationStatus.EXPIRED:
        return is_sent & (Quotation.expires_at <= at)
    return Quotation.status == status


def _matching(text: str) -> list[ColumnElement[bool]]:
    reference = REFERENCE.fullmatch(text)
    if reference:
        year, number = reference.groups()
        return [Quotation.number == int(number), Quotation.year == int(year) if year else true()]
    if "@" in text:
        return [Quotation.client_email.like(like_pattern(text.lower()).removeprefix("%"))]
    return [func.lower(Quotation.client_name).like(like_pattern(word)) for word in text.lower().split()]
