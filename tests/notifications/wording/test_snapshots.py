"""Every message, word for word: `said/<language>.txt` holds what each kind says over each of its channels.

After a change of words on purpose: BOOKABLE_WRITE_WORDS=1 python -m pytest tests/notifications/wording, and read the
difference before it goes into the history.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from portal.core import clock
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel
from portal.notifications.wording import CHANNELS, IN_APP, PLACEHOLDERS, in_app, languages
from portal.notifications.wording.composing import Words, put_together
from portal.notifications.wording.defaults import catalogue, our_draft
from portal.notifications.wording.placeholders import named_in
from portal.notifications.wording.samples import sample_values
from portal.notifications.wording.segments import segments

SAID = Path(__file__).parent / "said"
LONDON = clock.zone("Europe/London")


def said(language: str, at: datetime) -> Iterator[str]:
    """Each message with its heading, then each in-app text."""
    values = sample_values(language, LONDON, at)
    for kind in Kind:
        for channel in CHANNELS[kind]:
            words = put_together(our_draft(kind, channel, language), kind, channel, language, values)
            yield f"=== {kind} {channel} {words.provider_template}".rstrip()
            yield from filter(None, (words.subject, words.text))
    for told in dict.fromkeys([*IN_APP, *IN_APP.values()]):
        yield f"=== {told} in-app"
        yield from in_app(told, language, values)


@pytest.mark.parametrize("language", languages())
def test_each_message_says_what_was_agreed(language: str, frozen: datetime) -> None:
    file, now = SAID / f"{language}.txt", "\n".join(said(language, frozen)) + "\n"
    if os.environ.get("BOOKABLE_WRITE_WORDS"):
        file.write_text(now, encoding="utf-8")
    assert now == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", languages())
def test_our_words_use_what_their_kind_knows_and_say_what_it_must(language: str) -> None:
    for kind in Kind:
        known, ours = PLACEHOLDERS[kind], catalogue(language).kinds[kind]
        for channel in CHANNELS[kind]:
            used = set(named_in(our_draft(kind, channel, language).body))
            assert known.must <= used <= known.may, (kind, channel)
        assert set(named_in(ours.subject)) <= known.in_subject, kind
        assert set(named_in(ours.note)) <= known.may, kind
        assert ("{link}" in ours.mail) == bool(ours.button), kind


def test_every_kind_has_words_and_every_language_the_same_ones() -> None:
    english = catalogue("en")
    assert set(english.kinds) == set(Kind) == set(PLACEHOLDERS) == set(CHANNELS)
    assert set(IN_APP.values()) == set(english.in_app)
    for language in languages():
        ours = catalogue(language)
        assert (set(ours.kinds), set(ours.parts)) == (set(english.kinds), set(english.parts))
        assert set(ours.in_app) == set(english.in_app)


def text_of(kind: str, language: str, at: datetime) -> Words:
    values = sample_values(language, LONDON, at)
    return put_together(our_draft(kind, Channel.SMS, language), kind, Channel.SMS, language, values)


@pytest.mark.parametrize(("language", "most"), [("en", 2), ("de", 2), ("hi", 4)])
def test_a_text_is_short(language: str, most: int, frozen: datetime) -> None:
    """Hindi has 70 characters in an SMS; a date, a name, a place and a link alone take two."""
    kinds = [kind for kind in Kind if Channel.SMS in CHANNELS[kind] and kind != Kind.REMINDER_DAY]
    lengths = {kind: segments(text_of(kind, language, frozen).text) for kind in kinds}
    assert {kind: length for kind, length in lengths.items() if length > most} == {}


def test_a_code_stands_first_where_a_phone_shows_it(frozen: datetime) -> None:
    for language in languages():
        assert text_of(Kind.SIGN_IN_CODE, language, frozen).text.startswith("123456 ")
