"""Names of people: what may be one, how one splits, and how one becomes part of an address."""

import re
import unicodedata
from dataclasses import dataclass

from portal.core.errors import Invalid, _

SHORTEST, LONGEST = 2, 100
TITLES = {"dr": "Dr", "prof": "Prof", "mr": "Mr", "ms": "Ms", "mrs": "Mrs"}
# Letters that decompose to nothing ASCII, as people write them without an accent.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "œ": "oe"}
)


@dataclass(frozen=True)
class Name:
    """`full_name` is without the title; `last_name` is empty for people who use one name only."""

    title: str
    first_name: str
    last_name: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def parse_name(text: str) -> Name:
    """Split "Dr. Jane Anne Smith" into Dr, Jane and Anne Smith; raises nothing, see `clean_name` for the check."""
    words = _tidy(text).split()
    titles: list[str] = []
    while len(words) > 1 and (title := TITLES.get(words[0].rstrip(".").lower())):
        titles.append(title)
        words.pop(0)
    return Name(" ".join(titles), words[0] if words else "", " ".join(words[1:]))


def clean_name(text: str, *, field: str = "full_name") -> str:
    """The name with single spaces; raises Invalid unless it is 2 to 100 letters, marks, spaces, dots, ' and -."""
    name = _tidy(text)
    if not SHORTEST <= len(name) <= LONGEST:
        raise Invalid(details={field: _("Enter a name of 2 to 100 letters.")})
    if not all(_may_be_in_a_name(character) for character in name) or not any(map(str.isalpha, name)):
        raise Invalid(
            details={field: _("A name can have letters, spaces, full stops, apostrophes and hyphens.")}
        )
    return name


def slug_base(name: str) -> str:
    """The name for an address: "Jane O'Neill" becomes "jane-oneill". A name in no Latin letters becomes "clinician"."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN)).replace("'", "")
    ascii_only = folded.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-") or "clinician"


def numbered_slug(base: str, taken: set[str]) -> str:
    """The base with the lowest number that is free: "jane-smith-1"."""
    number = 1
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).replace("’", "'").split())


def _may_be_in_a_name(character: str) -> bool:
    return character in " .'-" or unicodedata.category(character)[0] in "LM"
