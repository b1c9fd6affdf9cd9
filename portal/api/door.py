"""The JSON door itself: what happens before and after each of its requests, and the routes behind it."""

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint, Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_cors import CORS
from flask_wtf import CSRFProtect

from portal.api import bearer, limits, v1, ws
from portal.delivery.failures import API

PREFIX = "/api/v1"


class Sessions(SecureCookieSessionInterface):
    """Cookies are for pages: below /api/ there is no session to read, and none is ever set."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(API) else super().open_session(app, request)


def init_app(app: Flask) -> None:
    """Register every module of version 1, and watch all that is asked below /api/, unknown addresses too."""
    app.session_interface = Sessions()
    app.before_request(_enter)
    app.after_request(_leave)
    CORS(
        app,
        resources={rf"{API}.*": {"origins": list(app.config["SETTINGS"].cors_origins)}},
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Location", "Retry-After", *limits.HEADERS],
        max_age=3600,
    )
    ws.init_app(app)
    csrf: CSRFProtect = app.extensions["csrf"]
    for bp in blueprints():
        csrf.exempt(bp)
        app.register_blueprint(bp, url_prefix=PREFIX + (bp.url_prefix or ""))


def blueprints() -> list[Blueprint]:
    """One for each noun."""
    modules = (import_module(f"{v1.__name__}.{found.name}") for found in iter_modules(v1.__path__))
    return [module.bp for module in modules if isinstance(getattr(module, "bp", None), Blueprint)]


def _enter() -> None:
    if not request.path.startswith(API) or request.method == "OPTIONS":
        return
    bearer.load_actor()
    limits.count_request()


def _leave(response: Response) -> Response:
    return limits.add_headers(response) if request.path.startswith(API) else response
