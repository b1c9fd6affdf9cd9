"""How failure looks on pages: a page, or an alert for htmx; whoever has to sign in, or to wait, is led there."""

import logging
from http import HTTPStatus
from typing import Any

from flask import Response, make_response, render_template, request, url_for

from portal.core.errors import ApprovalRequired, EmailNotVerified, Unauthorized
from portal.delivery.failures import Failure
from portal.web.rendering import redirect_to, redirect_to_address, wants_fragment

log = logging.getLogger(__name__)

SIGN_INS = {
    **dict.fromkeys(("clinician", "desk", "schedules", "staff"), "staff_sign_in.new"),
    "admin": "admin_sign_in.new",
}
GATES = {EmailNotVerified.code, ApprovalRequired.code}
LAST_RESORT = "<!doctype html><html lang=en><title>Something went wrong</title><h1>Something went wrong</h1>"


def as_page(failure: Failure) -> Response:
    """The response to any failure, in the shape the browser reads."""
    if failure.code == Unauthorized.code:
        return to_sign_in()
    if failure.code in GATES and request.method == "GET":
        return redirect_to("account.waiting")
    response = _alert(failure) if wants_fragment() else make_response(_page(failure))
    response.status_code = failure.status
    response.vary.add("HX-Request")
    return response


def to_sign_in() -> Response:
    """Lead to the sign-in that fits, and back afterwards; htmx is told to leave the page it is on."""
    endpoint = SIGN_INS.get(request.blueprint or "", "sign_in.new")
    back = request.full_path.rstrip("?") if request.method == "GET" and not wants_fragment() else None
    return redirect_to_address(url_for(endpoint, next=back))


def alternative_href(slot: Any) -> str:
    """Where another free time can be chosen: the clinician's page, at that slot."""
    return url_for(
        "public.clinician", clinician_id=slot.clinician_id, service_id=slot.service_id, slot=slot.id
    )


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
