"""Somebody's credits: how many, how they came and went, and more of them."""

from flask import Response, g, url_for
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.core.permissions import Permission, Role
from portal.delivery.access import requires
from portal.delivery.tills import count_payment_write, practice
from portal.payments import crediting
from portal.payments.models import Payment
from portal.web.account import bp
from portal.web.account.devices import tabs
from portal.web.arguments import check_is_page, page_number
from portal.web.forms import Form, Needed, WholeNumberField
from portal.web.own_ways import money_tabs
from portal.web.paying import to_provider
from portal.web.rendering import page

HERE = "account.credits"


class BuyForm(Form):
    credits = WholeNumberField(
        _("How many"), [Needed(_("Enter how many credits"))], least=1, most=crediting.MOST_AT_ONCE
    )


@bp.get("/credits", endpoint="credits")
@requires(Permission.CREDIT_OWN)
def own_credits() -> Response:
    """How many there are, and how they came and went."""
    return _show(BuyForm(credits=1))


@bp.post("/credits")
@requires(Permission.CREDIT_OWN)
def buy_credits() -> Response:
    """On to the provider's page; the credits come when it is paid."""
    form = BuyForm()
    if not form.validate():
        return _show(form, status=422)
    count_payment_write()
    payment = in_transaction(db.session, lambda: _order(form.credits.data or 0))
    return to_provider(payment, otherwise=url_for(HERE))


def _order(count: int) -> Payment:
    return crediting.open_order(db.session, count, practice=practice(), by=g.actor, at=clock.now())


def _show(form: BuyForm, *, status: int = 200) -> Response:
    if not crediting.is_sold():
        raise NotFound
    found = crediting.transactions(db.session, g.actor.account_id, page=page_number())
    check_is_page(found)
    price = crediting.price(1)
    return page(
        "account/credits.html",
        form=form,
        found=found,
        balance=crediting.balance(db.session, g.actor.account_id),
        price=price,
        can_buy=practice().can_take(price.currency),
        tabs=money_tabs(HERE) if g.actor.role is Role.PATIENT else tabs(HERE),
        status=status,
    )
