"""How Razorpay is reached, and what its answers mean: the official client asks through this session."""

import re
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from portal.payments.gateways import Refused, Unavailable

CONNECTIONS = 20
# Keys and addresses: what the practice has to repair; and what passes.
NOT_THE_REQUEST = {
    HTTPStatus.UNAUTHORIZED: "look at its keys and at the account with it",
    HTTPStatus.FORBIDDEN: "look at its keys and at the account with it",
    HTTPStatus.METHOD_NOT_ALLOWED: "look at its address",
    HTTPStatus.REQUEST_TIMEOUT: "it was too slow",
    HTTPStatus.CONFLICT: "it is still at it",
    HTTPStatus.TOO_EARLY: "it is still at it",
    HTTPStatus.TOO_MANY_REQUESTS: "it was asked too often",
}
TOKEN = re.compile(r"[A-Za-z][A-Za-z_.]{1,60}")


class RazorpaySession(requests.Session):
    """Waits no longer than it should, follows no redirect with our keys, and raises Refused or Unavailable.

    The client itself would wait for ever, print to standard output, and trip over an answer that is no JSON.
    """

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self._timeout = (timeout_seconds, timeout_seconds)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """The answer, which is a JSON object and says that it was done."""
        options |= {"timeout": self._timeout, "allow_redirects": False}
        try:
            answer = super().request(*args, **options)
        except (requests.RequestException, OSError) as error:
            # The error's own text holds the address, and with it whatever the address holds.
            raise Unavailable(f"Razorpay could not be reached ({type(error).__name__}).") from None
        _judge(answer)
        return answer


def _judge(answer: requests.Response) -> None:
    status, said = answer.status_code, _object(answer)
    if said is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"Razorpay answered {status}, and did not do it.")
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status < HTTPStatus.BAD_REQUEST:
        raise Unavailable(f"Razorpay answered {status}: look at its address.")
    if status in NOT_THE_REQUEST:
        raise Unavailable(f"Razorpay answered {status}: {NOT_THE_REQUEST[HTTPStatus(status)]}.")
    raise Refused(f"Razorpay answered {status}{_reason(said)}.")


def _object(answer: requests.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _reason(said: dict[str, Any]) -> str:
    """Its code, and the field it names; never its description, which may repeat what we sent."""
    error = said.get("error")
    words = [error.get(name) for name in ("code", "reason", "field")] if isinstance(error, dict) else []
    tokens = [word for word in words if isinstance(word, str) and TOKEN.fullmatch(word)]
    return f" ({', '.join(tokens)})" if tokens else ""
