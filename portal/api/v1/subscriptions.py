"""A patient's subscription: begun by paying, read, and ended with its period."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.paying import shown_minor
from portal.api.v1.representations.base import Answer, Listed, Listing, Paged, paged
from portal.api.v1.representations.paying import started_payment
from portal.api.v1.representations.subscriptions import (
    BegunSubscription,
    NewSubscription,
    SubscriptionShape,
    subscription_shape,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.tills import count_payment_write, practice
from portal.payments import covering, starting, subscribing, subscription_reading
from portal.payments.refusals import in_our_words
from portal.payments.subscription_models import Subscription

bp = Blueprint("api_subscriptions", __name__, url_prefix="/subscriptions")


@bp.get("")
@endpoint("SUB-01", Listed[SubscriptionShape], Permission.SUBSCRIPTION_OWN)
def index(query: Listing) -> Paged[SubscriptionShape]:
    """List one's subscriptions, newest first."""
    found = subscription_reading.own(db.session, g.actor, page=query.page, limit=query.limit)
    left = covering.all_visits_left(db.session, found.items)
    return paged(found, lambda one: subscription_shape(one, left[one.id]))


@bp.post("")
@endpoint(
    "SUB-01",
    Answer[BegunSubscription],
    Permission.SUBSCRIPTION_OWN,
    status=201,
    is_write=True,
    in_steps=True,
    also=(402, 502),
)
def create(json: NewSubscription) -> BegunSubscription:
    """Begin a subscription: it is PENDING until its first period is paid on the provider's page."""
    count_payment_write()
    shown = shown_minor(json.amount, subscribing.price().currency)
    facts = {"practice": practice(), "by": g.actor, "at": clock.now(), "amount_minor": shown}
    payment = in_transaction(db.session, lambda: subscribing.subscribe(db.session, **facts))
    with in_our_words():
        started = starting.begin(db.session, practice(), payment.id, at=clock.now())
    subscription = db.session.get_one(Subscription, payment.subscription_id)
    return BegunSubscription(
        subscription=subscription_shape(subscription, 0), payment=started_payment(payment, started)
    )


@bp.delete("/<int:subscription_id>")
@endpoint("SUB-01", Answer[SubscriptionShape], Permission.SUBSCRIPTION_OWN, is_write=True)
def delete(subscription_id: int) -> SubscriptionShape:
    """End it with its period, which stays. Said again it is answered the same."""
    subscription = subscription_reading.get_own(db.session, g.actor, subscription_id)
    subscribing.end(db.session, subscription, by=g.actor, at=clock.now())
    return subscription_shape(subscription, covering.visits_left(db.session, subscription))
