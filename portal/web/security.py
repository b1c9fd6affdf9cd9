"""Headers that keep other origins out, and the token that keeps foreign forms out."""

from flask import Flask, Response, g, request
from flask_wtf import CSRFProtect

from portal.delivery import settings
from portal.payments.gateways.registry import page_origins
from portal.settings import Settings

csrf = CSRFProtect()

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


def init_app(app: Flask) -> None:
    """Ask for a CSRF token on every form and add the headers to every answer."""
    # A form may stay open all day at the front desk: the token lives as long as the session.
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_HEADERS", ["X-CSRFToken"])
    csrf.init_app(app)
    app.after_request(_add_headers)


def policy(settings: Settings) -> str:
    """Forms lead to our own pages, and on to those where money is paid: browsers hold redirects to it as well."""
    return " ".join((POLICY, *page_origins(settings)))


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", policy(settings()))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", TWO_YEARS)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store" if _is_private() else "private, no-cache")
    return response


def _is_private() -> bool:
    """Pages of somebody signed in are not kept by the browser: the next person may use the same machine."""
    actor = getattr(g, "actor", None)
    return actor is not None and actor.is_signed_in
