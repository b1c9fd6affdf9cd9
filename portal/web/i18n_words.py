"""Our English in the practice's words: all messages of pages, refusals and answers, before anything is filled in."""

from functools import cached_property, lru_cache
from gettext import NullTranslations
from typing import Any

from flask import current_app, g, has_app_context
from flask_babel import Babel, Domain

from portal.core.words import USUAL, Words


class WordedBabel(Babel):  # type: ignore[misc]  # flask-babel carries no types
    """Flask-Babel with the practice's words in the place of ours."""

    @cached_property
    def domain_instance(self) -> Domain:
        return _WordedDomain(domain=self.domain)


class _WordedDomain(Domain):  # type: ignore[misc]  # the same
    def get_translations(self) -> Any:
        """Kept for the request: a page has dozens of messages, and the way to the catalogue is long."""
        if not has_app_context():
            return super().get_translations()
        if "catalogue" not in g:
            settings = current_app.config["SETTINGS"]
            found = super().get_translations()
            g.catalogue = _in_words(found, settings.patient_word, settings.clinician_word)
        return g.catalogue


class _Worded(NullTranslations):
    """A catalogue. What it has no translation of is our English; another language has words of its own."""

    def __init__(self, catalogue: NullTranslations, words: Words) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._words = words

    def gettext(self, message: str) -> str:
        said = self._catalogue.gettext(message)
        return self._words.put_into(said) if said == message else said

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        said = self._catalogue.ngettext(msgid1, msgid2, n)
        return self._words.put_into(said) if said in {msgid1, msgid2} else said

    ugettext = gettext
    """As flask-babel asks for it."""
    ungettext = ngettext
    """The same."""


# Asked for each message of a page; there are few languages and words.
@lru_cache(maxsize=64)
def _in_words(catalogue: NullTranslations, patient: str, clinician: str) -> NullTranslations:
    words = Words(patient, clinician)
    return catalogue if words == USUAL else _Worded(catalogue, words)
