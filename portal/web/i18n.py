"""Which language and which time zone the viewer reads."""

from gettext import NullTranslations
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, session
from flask_babel import get_domain

from portal.core import clock
from portal.delivery import settings
from portal.delivery.failures import API
from portal.web.i18n_words import WordedBabel

DEFAULT_LANGUAGE = "en"
ZONE_COOKIE = "tz"
CATALOGUES = "portal/translations"  # from the project's root; `make messages` writes there


def init_app(app: Flask) -> None:
    """Set up translations. `?lang=de` switches the language of the visit, where there is a catalogue for it."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", DEFAULT_LANGUAGE)
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", CATALOGUES)
    babel = WordedBabel(app, locale_selector=language, default_timezone="UTC")
    with app.app_context():
        found = {str(locale) for locale in babel.list_translations()}
    app.extensions["portal_languages"] = tuple(sorted(found | {DEFAULT_LANGUAGE}))
    app.before_request(_remember_choice)
    # A page asks for dozens of messages: the catalogue is looked up once a request, not once a message.
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]


def supported_languages() -> tuple[str, ...]:
    """The languages with a catalogue, and English, in which the messages are written."""
    languages: tuple[str, ...] = current_app.extensions["portal_languages"]
    return languages


def language() -> str:
    """The viewer's choice, else the browser's wish, else English."""
    chosen = session.get("lang")
    if chosen in supported_languages():
        return str(chosen)
    return request.accept_languages.best_match(supported_languages()) or DEFAULT_LANGUAGE


def viewer_zone() -> ZoneInfo:
    """The zone the viewer's browser named in its cookie; the practice's where it named none or nonsense."""
    try:
        return clock.zone(request.cookies.get(ZONE_COOKIE, ""))
    except ValueError:
        return clock.zone(settings().default_time_zone)


def catalogue() -> NullTranslations:
    """The messages in the viewer's language and the practice's words: the same object for the same of both."""
    try:
        return cast("NullTranslations", g.catalogue)
    except AttributeError:
        return cast("NullTranslations", get_domain().get_translations())


def _gettext(message: str) -> str:
    return catalogue().gettext(message)


def _ngettext(singular: str, plural: str, number: int) -> str:
    return catalogue().ngettext(singular, plural, number)


def _remember_choice() -> None:
    wanted = request.args.get("lang")
    if wanted in supported_languages() and not request.path.startswith(API):
        session["lang"] = wanted
