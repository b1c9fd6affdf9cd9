"""How failure looks, the explanation of it: one mapper from errors to what is said, whatever door it is said at."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, make_response, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from portal.core.errors import PortalError, TooManyAttempts, Unavailable
from portal.core.errors import _ as marked

log = logging.getLogger(__name__)

API = "/api/"
RETRY_AFTER_SECONDS = 10
NO_ANSWER = (OperationalError, InterfaceError, PoolTimeoutError)

TITLES = {
    400: marked("That did not work"),
    401: marked("Please sign in"),
    403: marked("You cannot do that"),
    404: marked("We could not find that page"),
    405: marked("That did not work"),
    409: marked("That is not possible just now"),
    413: marked("That is too large"),
    429: marked("Please wait a little"),
    503: marked("We are having trouble"),
}
MESSAGES = {
    400: (
        "BAD_REQUEST",
        marked("Your browser sent something we could not read. Please go back and try again."),
    ),
    404: ("NOT_FOUND", marked("The address may be mistyped, or the page may have moved.")),
    405: ("METHOD_NOT_ALLOWED", marked("This address does not take that kind of request.")),
    413: ("TOO_LARGE", marked("What you sent is larger than we accept.")),
}
EXPIRED_FORM = marked(
    "This form was open for too long, or in another tab. Go back, reload the page and send it again."
)
UNEXPECTED = marked("Something went wrong on our side. Nothing was lost; please try again.")


@dataclass(frozen=True)
class Failure:
    """What the three shapes are made from; title and message are in the viewer's language."""

    status: int
    code: str
    title: str
    message: str
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    alternatives: list[Any] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


Shape = Callable[[Failure], Response]


def init_app(app: Flask, *, as_page: Shape, as_json: Shape) -> None:
    """Answer every refusal and failure, in JSON under /api/ and as a page elsewhere.

    Unexpected errors are still raised in tests (Flask's TESTING).
    """

    def answer(error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.response is not None:
            return make_response(error.response)
        failure = explain(error)
        if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            planned = isinstance(error, PortalError)  # says what it is: where it was raised helps nobody
            log.error(
                "request failed",
                exc_info=None if planned else error,
                extra={"status": failure.status, "code": failure.code},
            )
        response = (as_json if request.path.startswith(API) else as_page)(failure)
        response.headers.update(failure.headers)
        response.headers["Cache-Control"] = "no-store"
        return response

    for kind in (PortalError, HTTPException, *NO_ANSWER):
        app.register_error_handler(kind, answer)


def explain(error: Exception) -> Failure:
    """The failure behind an error."""
    if isinstance(error, NO_ANSWER):
        error = Unavailable()
    if isinstance(error, PortalError):
        return _refusal(error)
    if isinstance(error, CSRFError):
        return Failure(400, "CSRF_FAILED", gettext("Please send the form again"), gettext(EXPIRED_FORM))
    if isinstance(error, HTTPException) and error.code and error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
        code, message = MESSAGES.get(error.code, MESSAGES[400])
        headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
        return Failure(error.code, code, _title(error.code), gettext(message), headers=headers)
    status = (
        error.code if isinstance(error, HTTPException) and error.code else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return Failure(int(status), "INTERNAL_ERROR", gettext("Something went wrong"), gettext(UNEXPECTED))


def _refusal(error: PortalError) -> Failure:
    headers = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return Failure(
        int(error.status),
        error.code,
        _title(error.status),
        gettext(error.message, **error.values),
        details={name: gettext(message) for name, message in error.details.items()},
        headers=headers,
        alternatives=list(getattr(error, "alternatives", ())),
        rules=list(getattr(error, "rules", ())),
    )


def _title(status: int) -> str:
    return str(gettext(TITLES.get(status, TITLES[400])))
