"""Mails: paragraphs as plain text, and in the practice's layout as HTML. What stands in them is text, never HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.notifications import policy
from portal.notifications.wording.defaults import catalogue
from portal.notifications.wording.placeholders import PLACEHOLDER, filled

TEMPLATES = Path(__file__).parents[3] / "templates" / "mail"
LINK = "{link}"
_BLANK_LINES = re.compile(r"\n\s*\n")

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Part:
    """A piece of a line. A value's direction of writing is its own; `href` is set where it is a link."""

    text: str
    is_value: bool = False
    href: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph, as lines of parts; or, with `href`, a button, which says what stands in `label`."""

    lines: tuple[tuple[Part, ...], ...] = ()
    href: str = ""
    label: str = ""


def blocks_of(body: str, values: Mapping[str, str], button: str) -> tuple[Block, ...]:
    """The paragraphs of a mail; a link on a line of its own becomes the button, and without a link nothing."""
    paragraphs = (paragraph.strip() for paragraph in _BLANK_LINES.split(body))
    found = (_block(paragraph, values, button) for paragraph in paragraphs if paragraph)
    return tuple(block for block in found if block is not None)


def blocks_of_text(text: str) -> tuple[Block, ...]:
    """The paragraphs of a mail that is written already; "label: link", if the link is one of ours, is the button."""
    ours = re.compile(rf"([^:\n]{{1,80}}): ({re.escape(policy.current().public_url)}/\S*)")
    blocks = []
    for paragraph in filter(None, map(str.strip, _BLANK_LINES.split(text))):
        found = ours.fullmatch(paragraph)
        lines = tuple((Part(line),) for line in paragraph.splitlines())
        blocks.append(Block(href=found[2], label=found[1]) if found else Block(lines))
    return tuple(blocks)


def plain(blocks: tuple[Block, ...]) -> str:
    """The mail as plain text; its links are written out."""
    return "\n\n".join(
        f"{block.label}: {block.href}"
        if block.href
        else "\n".join("".join(part.text for part in line) for line in block.lines)
        for block in blocks
    )


def stop_line(language: str, stop_url: str) -> str:
    """The last line of a mail as plain text: the way out of further mails."""
    return f"{catalogue(language).parts['stop']}: {stop_url}"


def html(subject: str, blocks: tuple[Block, ...], language: str, stop_url: str = "") -> str:
    """The mail in the practice's layout, at its end the way out of further mails where there is one."""
    rules = policy.current()
    template = _environment.get_template("message.html")
    return template.render(
        subject=subject,
        blocks=blocks,
        language=language,
        practice=rules.practice_name,
        home=web_address(rules.public_url),
        footer=filled(catalogue(language).parts["footer"], {"practice": rules.practice_name}),
        stop=catalogue(language).parts["stop"],
        stop_url=web_address(stop_url),
    )


def web_address(link: str) -> str:
    """The link, if it is one that a browser may be sent to; else nothing."""
    return link if link.startswith(("https://", "http://")) else ""


def _block(paragraph: str, values: Mapping[str, str], button: str) -> Block | None:
    if paragraph == LINK:
        href = web_address(values.get("link", ""))
        return Block(href=href, label=button or href) if href else None
    return Block(tuple(_parts(line.strip(), values) for line in paragraph.splitlines()))


def _parts(line: str, values: Mapping[str, str]) -> tuple[Part, ...]:
    """Fixed text and values in turn: every other piece of the split is a placeholder's name."""
    parts = []
    for number, piece in enumerate(PLACEHOLDER.split(line)):
        is_value = bool(number % 2)
        text = values.get(piece, "") if is_value else piece
        if text:
            href = web_address(text) if is_value and piece == "link" else ""
            parts.append(Part(text, is_value, href))
    return tuple(parts)
