"""What the practice calls the people: "client" instead of "patient", "therapist" instead of "clinician".

The words are exchanged in our own English messages before anything is filled in, so that a name, a note, an address
or a placeholder never changes.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

# What stands in a message but is no word of ours: placeholders of either kind, and addresses.
KEPT = r"%\(\w+\)|\{\w*\}|\w+://\S+|\S+@\S+|(?<![\w.])/\w[\w/.-]*"
WORD = re.compile(
    rf"(?P<kept>{KEPT})|(?P<article>\b[Aa] )?\b(?P<word>[Pp]atient|[Cc]linician)(?P<many>s)?\b(?![.@]\w)"
)
VOWELS = "aeiou"


@dataclass(frozen=True)
class Words:
    """The words in force, as the practice's rules name them, such as SERVICE_USER."""

    patient: str = "PATIENT"
    clinician: str = "CLINICIAN"

    def put_into(self, message: str) -> str:
        """One of our English messages in the practice's words."""
        return message if self == USUAL else _put(message, self)


USUAL = Words()


@lru_cache(maxsize=10_000)
def _put(message: str, words: Words) -> str:
    ours = {"patient": _spelled(words.patient), "clinician": _spelled(words.clinician)}

    def instead(found: "re.Match[str]") -> str:
        if found["kept"]:
            return found["kept"]
        theirs = ours[found["word"].lower()] + (found["many"] or "")
        if found["word"][0].isupper():
            theirs = theirs.capitalize()
        return _article(found["article"], theirs) + theirs

    return WORD.sub(instead, message)


def _spelled(word: str) -> str:
    return word.lower().replace("_", " ")


def _article(ours: str | None, before: str) -> str:
    """ "a " or "an ", with the capital that ours has; none where there was none."""
    if not ours:
        return ""
    return f"{ours[0]}n " if before[0].lower() in VOWELS else ours
