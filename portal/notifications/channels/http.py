"""Providers that speak HTTP: connections kept open, and what each answer means for a message."""

from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from portal.core import clock
from portal.notifications.channels import Refused, Unavailable

Authorise = Callable[[requests.PreparedRequest], requests.PreparedRequest]

# Keys, credit, addresses: what the practice has to repair. Its messages wait for that instead of being lost.
REPAIRABLE = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
}
PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
LONGEST_WAIT = 24 * 3600.0
CONNECTIONS = 20  # as many as there are threads for a channel (jobs/dispatcher.py)


class HttpProvider:
    """One provider, by the name that staff know it by. Threads share it.

    `not_the_message` are its own numbers for failures that the practice, or time, can repair.
    """

    def __init__(
        self, name: str, *, timeout_seconds: float, not_the_message: frozenset[int] = frozenset()
    ) -> None:
        self.name = name
        self._not_the_message = not_the_message
        self._timeout = (timeout_seconds, timeout_seconds)
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def post(
        self,
        url: str,
        *,
        authorise: Authorise,
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The provider's answer, {} where it is no JSON object; raises Refused or Unavailable.

        Never followed elsewhere, for the keys would follow; never sent a second time by us.
        """
        try:
            answer = self._session.post(
                url,
                json=json,
                data=form,
                headers=headers,
                auth=authorise,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            # The error's own text holds the address, and with it whatever the address holds.
            raise Unavailable(f"{self.name} could not be reached ({type(error).__name__}).") from None
        self._judge(answer)
        return _object(answer)

    def _judge(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return
        code = _code(answer)
        said = f"{self.name} answered {status}" + (f", code {code}" if code else "")
        if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"{said}.", retry_after=retry_after(answer.headers.get("Retry-After")))
        if status in REPAIRABLE or status < HTTPStatus.BAD_REQUEST or code in self._not_the_message:
            raise Unavailable(f"{said}: look at its address and keys, and at the account with it.")
        raise Refused(f"{said}.")


def retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a header with seconds or a date; None where it says nothing usable."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return min(float(value), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - clock.now()).total_seconds(), 0.0), LONGEST_WAIT)


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(answer: requests.Response) -> int | None:
    """The provider's own number for the failure; its words could name the recipient."""
    code = _object(answer).get("code")
    return code if type(code) is int else None
