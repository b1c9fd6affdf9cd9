"""How failure looks: one mapper, three shapes (page, alert fragment, JSON)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from portal.core.errors import PortalError, TooManyAttempts, Unauthorized, Unavailable
from portal.core.errors import _ as marked
from portal.web.rendering import redirect_to_address, wants_fragment

log = logging.getLogger(__name__)

API = "/api/"
RETRY_AFTER_SECONDS = 10
STAFF_BLUEPRINTS = {"admin", "clinician", "desk", "schedules", "staff"}
LAST_RESORT = "<!doctype html><html lang=en><title>Something went wrong</title><h1>Something went wrong</h1>"
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


def init_app(app: Flask) -> None:
    """Answer every refusal and failure. Unexpected errors are still raised in tests (Flask's TESTING)."""
    app.register_error_handler(PortalError, answer)
    app.register_error_handler(HTTPException, answer)
    for kind in NO_ANSWER:
        app.register_error_handler(kind, answer)


def answer(error: Exception) -> Response:
    """The response to any error, in the shape the client reads."""
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    if isinstance(error, Unauthorized) and not request.path.startswith(API):
        return to_sign_in()
    failure = explain(error)
    if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request failed", exc_info=error, extra={"status": failure.status, "code": failure.code})
    response = _shaped(failure)
    response.status_code = failure.status
    response.headers.update(failure.headers)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("HX-Request")
    return response


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


def to_sign_in() -> Response:
    """Lead to the sign-in that fits, and back afterwards; htmx is told to leave the page it is on."""
    endpoint = "staff_sign_in.new" if request.blueprint in STAFF_BLUEPRINTS else "sign_in.new"
    back = request.full_path.rstrip("?") if request.method == "GET" and not wants_fragment() else None
    return redirect_to_address(url_for(endpoint, next=back))


def alternative_href(slot: Any) -> str:
    """Where another free time can be chosen: the clinician's page, at that slot."""
    return url_for(
        "public.clinician", clinician_id=slot.clinician_id, service_id=slot.service_id, slot=slot.id
    )


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
    )


def _title(status: int) -> str:
    return str(gettext(TITLES.get(status, TITLES[400])))


def _shaped(failure: Failure) -> Response:
    if request.path.startswith(API):
        error = {"code": failure.code, "message": failure.message, "details": dict(failure.details)}
        return jsonify(success=False, error=error)
    if wants_fragment():
        return _alert(failure)
    return make_response(_page(failure))


def _alert(failure: Failure) -> Response:
    try:
        body = render_template("errors/_alert.html", failure=failure, alternative_href=alternative_href)
    except Exception:
        log.exception("the alert could not be rendered")
        body = "<p></p>"
    response = make_response(body)
    response.headers["HX-Retarget"] = "#alerts"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _page(failure: Failure) -> str:
    """A page with the brand and the message; for failures of our own, one that needs nothing else."""
    template = "errors/slot_taken.html" if failure.alternatives else "errors/error.html"
    is_failsafe = failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        return render_template(
            "errors/failsafe.html" if is_failsafe else template,
            failure=failure,
            alternative_href=alternative_href,
        )
    except Exception:
        log.exception("the error page could not be rendered")
        return LAST_RESORT
