"""Credits: how many one has, how they came and went, and paying a visit with them."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.accounts.models import Account
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Listed, Paged, paged
from portal.api.v1.representations.credits import (
    CreditBalance,
    CreditQuery,
    CreditsTransferred,
    CreditTransaction,
    CreditTransfer,
    credit_balance,
    credit_transaction,
    credits_transferred,
)
from portal.appointments.queries import get_visible_or_held
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.delivery.access import check_may
from portal.delivery.tills import count_payment_write
from portal.payments import crediting

bp = Blueprint("api_credits", __name__)


@bp.get("/credits")
@endpoint("CRD-01", Answer[CreditBalance], Permission.CREDIT_OWN, also=(409,))
def balance() -> CreditBalance:
    """Say how many credits one has."""
    crediting.check_sold()
    account_id = g.actor.account_id
    return credit_balance(account_id, crediting.balance(db.session, account_id))


@bp.get("/credit-transactions")
@endpoint("CRD-02", Listed[CreditTransaction], Permission.CREDIT_OWN, also=(404, 409))
def transactions(query: CreditQuery) -> Paged[CreditTransaction]:
    """List how one's credits came and went, newest first; for administrators anybody's."""
    crediting.check_sold()
    account = _account(query.user_id)
    found = crediting.transactions(
        db.session, account.id, kind=query.transaction_type, page=query.page, limit=query.limit
    )
    return paged(found, lambda line: credit_transaction(line, account))


@bp.post("/credit-transfers")
@endpoint("CRD-03", Answer[CreditsTransferred], Permission.PAYMENT_OWN, status=201, is_write=True)
def transfer(json: CreditTransfer) -> Answer[CreditsTransferred]:
    """Pay a booked or held visit of one's own with credits: it is booked, its clinician earns their worth."""
    count_payment_write()
    visit = get_visible_or_held(db.session, g.actor, json.appointment_id)
    payment = crediting.pay(db.session, visit, by=g.actor, at=clock.now(), count=json.amount)
    left = crediting.balance(db.session, g.actor.account_id)
    message = gettext("%(count)s credit(s) transferred successfully", count=payment.credits)
    return Answer[CreditsTransferred](data=credits_transferred(payment, left.count), message=message)


def _account(wanted: int | None) -> Account:
    """One's own or, for who may see them, another's; raises Forbidden, NotFound."""
    if wanted is not None and wanted != g.actor.account_id:
        check_may((Permission.CREDIT_VIEW,))
    account = db.session.get(Account, wanted or g.actor.account_id)
    if account is None:
        raise NotFound
    return account
