"""What people typed, made harmless for a header, a parameter or a text; nobody's name is refused for its letters."""

import re

# Control characters, halves of surrogate pairs, and the marks that turn the direction of all that follows. The
# marks that belong to one letter (LRM, RLM, joiners) stay: names are written with them.
UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def one_line(text: str, *, most: int) -> str:
    """The text without line breaks, tabs, controls and runs of spaces, of `most` characters at the most."""
    return _cut(" ".join(UNWANTED.sub(" ", text).split()), most)


def lines(text: str, *, most: int) -> str:
    """The text with its line breaks as "\\n" and without other controls, of `most` characters at the most."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _cut(UNWANTED.sub("", unified), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
