"""Our own words, read once from the files of this package."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale

from portal.core.words import USUAL, Words
from portal.notifications import policy
from portal.notifications.models import Channel

DEFAULT_LANGUAGE = "en"
LANGUAGES = ("en", "de", "hi")


@dataclass(frozen=True)
class Draft:
    """Words with their placeholders still in them. `subject` is of mails, `provider_template` of WhatsApp."""

    subject: str
    body: str
    provider_template: str = ""


@dataclass(frozen=True)
class Texts:
    """One kind in one language; see en.toml for what each is for."""

    subject: str
    mail: str
    text: str = ""
    note: str = ""
    button: str = ""


@dataclass(frozen=True)
class Catalogue:
    """A language: its words by kind, the small words in between, and (title, text) by documented in-app kind."""

    kinds: dict[str, Texts]
    parts: dict[str, str]
    in_app: dict[str, tuple[str, str]]


def languages() -> tuple[str, ...]:
    """The languages we have words in, English first."""
    return LANGUAGES


def language_name(language: str) -> str:
    """What a language calls itself: "Deutsch"."""
    return (Locale.parse(language).get_display_name(language) or language).capitalize()


def language_for(wanted: str | None) -> str:
    """The language to write in for somebody who reads `wanted` (such as "de-AT"); English where we have none."""
    base = (wanted or "").replace("_", "-").partition("-")[0].lower()
    return base if base in LANGUAGES else DEFAULT_LANGUAGE


def catalogue(language: str) -> Catalogue:
    """All our words in one of `languages()`; in English people are called as the practice calls them."""
    return _read(language, policy.current().words if language == DEFAULT_LANGUAGE else USUAL)


@lru_cache(maxsize=16)
def _read(language: str, words: Words) -> Catalogue:
    said = words.put_into
    read = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    kinds = {
        kind: Texts(**{name: said(text.strip()) for name, text in one.items()})
        for kind, one in read["kinds"].items()
    }
    in_app = {kind: (said(one["title"]), said(one["text"])) for kind, one in read["in-app"].items()}
    return Catalogue(kinds, {name: said(text) for name, text in read["parts"].items()}, in_app)


def our_draft(kind: str, channel: str, language: str) -> Draft:
    """Our words for a kind, a channel and one of `languages()`. Without a text of its own, that of the mail."""
    texts = catalogue(language).kinds[kind]
    if channel == Channel.EMAIL:
        return Draft(texts.subject, texts.mail)
    # WhatsApp approves each language apart.
    usual = kind if language == DEFAULT_LANGUAGE else f"{kind}-{language}"
    name = usual.replace("-", "_") if channel == Channel.WHATSAPP else ""
    return Draft("", texts.text or texts.mail, name)
