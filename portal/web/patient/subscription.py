"""A patient's subscription: what it covers, the way to it, and its end."""

from flask import Response, flash, g, request, url_for
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.tills import count_payment_write, practice
from portal.payments import covering, policy, subscribing
from portal.payments.errors import AlreadySubscribed, BeingPrepared
from portal.payments.gateways.subscriptions import RENEWING
from portal.payments.subscription_models import Subscription, SubscriptionStatus
from portal.payments.subscription_reading import live_of
from portal.web.own_ways import money_tabs
from portal.web.patient import bp
from portal.web.paying import to_provider
from portal.web.rendering import page, redirect_to


@bp.get("/subscription")
@requires(Permission.SUBSCRIPTION_OWN)
def subscription() -> Response:
    """The one that the patient has, or what one would be."""
    has, price = _own(), subscribing.price()
    return page(
        "patient/subscription/show.html",
        subscription=has,
        left=covering.visits_left(db.session, has) if has else 0,
        price=price,
        terms=policy.current(),
        renews=(has.provider if has else practice().provider_for(price.currency)) in RENEWING,
        can_pay=practice().can_take(price.currency),
        tabs=money_tabs("patient.subscription"),
    )


@bp.post("/subscription")
@requires(Permission.SUBSCRIPTION_OWN)
def subscribe() -> Response:
    """On to the provider's page; it begins when that is paid. To press twice does no harm."""
    _check_sold()
    count_payment_write()
    facts = {"practice": practice(), "by": g.actor, "at": clock.now()}
    try:
        payment = in_transaction(db.session, lambda: subscribing.subscribe(db.session, **facts))
    except (AlreadySubscribed, BeingPrepared) as refusal:
        flash(gettext(refusal.message), "info")
        return redirect_to("patient.subscription")
    return to_provider(payment, otherwise=url_for("patient.subscription"))


@bp.route("/subscription/end", methods=["GET", "POST"])
@requires(Permission.SUBSCRIPTION_OWN)
def subscription_end() -> Response:
    """What ending it means, then ending it; what ends already, or never began, has nothing to end."""
    has = _own()
    if has is None or has.is_ending:
        return redirect_to("patient.subscription")
    if request.method == "GET":
        return page("patient/subscription/end.html", subscription=has)
    in_transaction(db.session, lambda: subscribing.end(db.session, has, by=g.actor, at=clock.now()))
    flash(gettext("Your subscription ends with its present period. Nothing more is charged."), "success")
    return redirect_to("patient.subscription")


def _own() -> Subscription | None:
    """The one that runs; raises NotFound where none are sold."""
    _check_sold()
    found = db.session.scalar(live_of(g.actor.patient_id))
    return found if found is not None and found.status != SubscriptionStatus.PENDING else None


def _check_sold() -> None:
    if not subscribing.is_sold():
        raise NotFound
