"""What payment providers tell us: kept, answered at once, and handled by the jobs."""

from typing import Literal

from flask import Blueprint, request

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Shape
from portal.bootstrap import db
from portal.core import clock
from portal.delivery.tills import practice
from portal.payments import inbox
from portal.payments.gateways import Provider
from portal.payments.refusals import in_our_words

bp = Blueprint("api_webhooks", __name__, url_prefix="/webhooks")
LARGEST = 256 * 1024


class Received(Shape):
    received: Literal[True] = True


@bp.before_request
def refuse_what_no_provider_sends() -> None:
    """Nobody has to sign in here, so nobody may send much."""
    request.max_content_length = LARGEST


@bp.post("/stripe")
@endpoint("PAY-03", Answer[Received], is_write=True)
def stripe() -> Received:
    """Be told by Stripe, which signs the body in `Stripe-Signature`. Twice is once; what is not known is kept."""
    return _receive(Provider.STRIPE)


@bp.post("/razorpay")
@endpoint("PAY-04", Answer[Received], is_write=True)
def razorpay() -> Received:
    """Be told by Razorpay, which signs the body in `X-Razorpay-Signature`. Twice is once; what is not known is kept."""
    return _receive(Provider.RAZORPAY)


def _receive(provider: Provider) -> Received:
    with in_our_words():
        inbox.receive(
            db.session, practice(), provider, request.get_data(), dict(request.headers), at=clock.now()
        )
    return Received()
