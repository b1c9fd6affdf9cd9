"""How many requests the API takes: by account, or by address for visitors. Every answer says what is left."""

from datetime import timedelta

from flask import Response, g, request

from portal.core import clock
from portal.core.errors import TooManyAttempts
from portal.core.limits import WEBHOOK_TOLD, Allowance, Rule
from portal.core.permissions import Actor
from portal.delivery import settings
from portal.delivery.attempts import address, attempts

WEBHOOKS = "api_webhooks"
A_MINUTE = timedelta(minutes=1)
HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def count_request() -> None:
    """Count the request; raises TooManyAttempts."""
    actor: Actor = g.actor
    if actor.is_signed_in:
        rule, key = Rule("api-account", settings().api_account_limit, A_MINUTE), str(actor.account_id)
    elif request.blueprint == WEBHOOKS:
        rule, key = WEBHOOK_TOLD, address()
    else:
        rule, key = Rule("api-visitor", settings().api_visitor_limit, A_MINUTE), address()
    g.allowance = attempts().spend(rule, key)
    if g.allowance.is_exceeded:
        seconds = max(1, g.allowance.resets_at - int(clock.now().timestamp()))
        raise TooManyAttempts(retry_after_seconds=seconds)


def add_headers(response: Response) -> Response:
    """Say what is left, and when the window ends (seconds since 1970)."""
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None:
        left = (allowance.limit, allowance.remaining, allowance.resets_at)
        response.headers.update(zip(HEADERS, map(str, left), strict=True))
    return response
