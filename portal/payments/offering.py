"""Quotations on their way: sent with a link of their own, and answered by whoever has that link.

Whoever needs two versions at once locks the older one first.
"""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.devices import hash_token
from portal.accounts.errors import LinkInvalid
from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.payments import policy, receipts
from portal.payments.book_models import Document
from portal.payments.errors import QuotationAnswered, QuotationExpired, QuotationReplaced
from portal.payments.events import QuotationDecided, QuotationSent
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.payments.quoting import items_of, locked, service_offered, sum_up

S = QuotationStatus
ANSWERS = {S.ACCEPTED, S.DECLINED}


def send(session: Session, quotation: Quotation, *, at: datetime) -> None:
    """Give it its number and mail it with a link of its own; sending again changes nothing.

    An older version ends with it. Raises Invalid without an email address, or where its last day has passed, and
    QuotationAnswered when the older version was accepted meanwhile.
    """
    older = locked(session, quotation.revises_id) if quotation.revises_id else None
    draft = locked(session, quotation.id)
    if draft.status != S.DRAFT:
        return
    _check_can_go(session, draft, at)
    if older is not None:
        _replace(older, at)
    sum_up(draft, items_of(draft), draft.discount_minor)
    year, number, version = _number(session, older, at)
    token = secrets.token_urlsafe(32)
    draft.year, draft.number, draft.version = year, number, version
    draft.status, draft.token_hash, draft.sent_at, draft.updated_at = S.SENT, hash_token(token), at, at
    session.flush()
    publish(session, QuotationSent(draft.id, token, at))


def decide(session: Session, token: str, *, is_accepted: bool, at: datetime) -> Quotation:
    """Whoever has the link accepts or declines; saying the same twice changes nothing.

    Raises LinkInvalid, QuotationReplaced, QuotationExpired, and QuotationAnswered for the other answer.
    """
    quotation = locked(session, with_token(session, token).id)
    answer = S.ACCEPTED if is_accepted else S.DECLINED
    if quotation.superseded_at is not None:
        raise QuotationReplaced
    if quotation.status == answer:
        return quotation
    if quotation.status in ANSWERS:
        raise QuotationAnswered
    if quotation.status_at(at) is S.EXPIRED:
        raise QuotationExpired
    quotation.status, quotation.decided_at, quotation.updated_at = answer, at, at
    session.flush()
    publish(session, QuotationDecided(quotation.id, at))
    return quotation


def with_token(session: Session, token: str) -> Quotation:
    """The quotation to which a link leads; raises LinkInvalid."""
    found = session.scalar(
        select(Quotation).where(Quotation.token_hash == hash_token(token), Quotation.deleted_at.is_(None))
    )
    if found is None:
        raise LinkInvalid
    return found


def _check_can_go(session: Session, draft: Quotation, at: datetime) -> None:
    if not draft.client_email:
        raise Invalid(details={"client_email": _("An email address is needed to send it to.")})
    if draft.expires_at <= at:
        raise Invalid(details={"valid_until": _("Its last day has passed. Choose another.")})
    service_offered(session, draft.clinician_id, draft.service_id)


def _replace(older: Quotation, at: datetime) -> None:
    if older.status == S.ACCEPTED:
        raise QuotationAnswered
    older.superseded_at = older.updated_at = at


def _number(session: Session, older: Quotation | None, at: datetime) -> tuple[int, int, int]:
    """Year, number and version: those of the version before and one more, or a new number, for which others wait."""
    if older is not None and older.year and older.number and older.version:
        return older.year, older.number, older.version + 1
    zone = policy.current().zone
    return receipts.year_of(at, zone), receipts.take_number(session, Document.QUOTATION, at, zone), 1
