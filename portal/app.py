"""The Flask application: settings, extensions, blueprints, handlers. No logic of its own."""

from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from portal import bootstrap, cli, logs
from portal.accounts import passwords
from portal.api import door
from portal.api.errors import as_json
from portal.core.limits import Attempts
from portal.delivery import failures, practice_rules, reading, streams
from portal.settings import PROJECT_ROOT, Environment, Settings
from portal.web import access, assets, blueprints, errors, filters, forms, health, i18n, rendering, security
from portal.web.pages import Pages

ROOT = PROJECT_ROOT


class Id(IntegerConverter):
    """Numbers that a bigint can hold; an address with a longer one names nothing."""

    regex = r"[0-9]{1,18}"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from its settings, by default those of the environment; raises SettingsError."""
    settings = settings or Settings.from_environment()
    app = Flask("portal", root_path=str(ROOT), instance_path=str(settings.instance_path), static_folder=None)
    app.jinja_environment = Pages
    _configure(app, settings)
    logs.init_app(settings)
    passwords.configure(cheap=settings.env is Environment.TEST)
    bootstrap.wire(settings)
    bootstrap.db.init_app(app)
    Migrate(app, bootstrap.db, directory=str(ROOT / "migrations"))
    with app.app_context():
        app.extensions["attempts"] = Attempts(bootstrap.db.engine, secret=settings.secret_key)
    Htmx(app)
    Compress(app)
    app.url_map.converters["int"] = Id
    practice_rules.init_app(app)
    app.before_request(reading.check_readable)
    for part in (security, i18n, access, assets, filters, forms, rendering, health, blueprints, door, cli):
        part.init_app(app)
    streams.init_app(app)
    failures.init_app(app, as_page=errors.as_page, as_json=as_json)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config["SETTINGS"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        TESTING=settings.env is Environment.TEST,
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        COMPRESS_MIMETYPES=["text/html", "application/json"],
    )
