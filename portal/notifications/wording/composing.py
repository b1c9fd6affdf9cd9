"""Words and values put together: what leaves by mail, SMS or WhatsApp, and what is shown in-app."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from portal.notifications import policy
from portal.notifications.models import Channel
from portal.notifications.wording import mail
from portal.notifications.wording.defaults import Draft, catalogue, language_for, our_draft
from portal.notifications.wording.own import own_draft
from portal.notifications.wording.placeholders import check_complete, cleaned, filled, named_in


@dataclass(frozen=True)
class Words:
    """A message in words. `subject`, `html` and `footer`, the last line of the text, are of mails; `provider_template`
    and `parameters` are WhatsApp's.

    `parameters` are the values by placeholder, in the order in which the text uses them; `blocks` are a mail's
    paragraphs, for who shows it in a layout of their own.
    """

    subject: str
    text: str
    html: str = ""
    footer: str = ""
    provider_template: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[mail.Block, ...] = ()


def words(
    session: Session,
    kind: str,
    channel: str,
    language: str | None,
    values: Mapping[str, object],
    *,
    stop_url: str = "",
) -> Words:
    """What to say of a kind over a channel: the practice's own words in that language, else ours, else in English.

    `stop_url` leads out of further mails. Costs one query. Raises KeyError where `values` lack what the kind must say
    (see PLACEHOLDERS).
    """
    chosen = language_for(language)
    draft = own_draft(session, kind, channel, chosen) or our_draft(kind, channel, chosen)
    check_complete(kind, values)
    return put_together(draft, kind, channel, chosen, values, stop_url=stop_url)


def put_together(
    draft: Draft,
    kind: str,
    channel: str,
    language: str,
    values: Mapping[str, object],
    *,
    stop_url: str = "",
) -> Words:
    """A draft with its placeholders filled; `language` is one of `languages()`."""
    clean = _with_practice(values)
    if channel == Channel.EMAIL:
        subject = filled(draft.subject, clean)
        blocks = mail.blocks_of(draft.body, clean, catalogue(language).kinds[kind].button)
        footer = mail.stop_line(language, stop_url) if stop_url else ""
        html = mail.html(subject, blocks, language, stop_url)
        return Words(subject, mail.plain(blocks), html, footer=footer, blocks=blocks)
    return Words(
        "",
        filled(draft.body, clean).strip(),
        provider_template=draft.provider_template,
        parameters={name: clean.get(name, "") for name in named_in(draft.body)},
    )


def in_app(kind: str, language: str | None, values: Mapping[str, object]) -> tuple[str, str]:
    """Title and text of what is shown in-app.

    `kind` is that of a message, which speaks to its reader, or one of the documented words, which speak to anybody.
    """
    ours, clean = catalogue(language_for(language)), _with_practice(values)
    title, text = ours.in_app.get(kind) or (ours.kinds[kind].subject, ours.kinds[kind].note)
    return filled(title, clean), filled(text, clean)


def in_layout(subject: str, text: str, language: str | None) -> str:
    """A mail that is written already as HTML, in the practice's layout."""
    return mail.html(subject, mail.blocks_of_text(text), language_for(language))


def _with_practice(values: Mapping[str, object]) -> dict[str, str]:
    return cleaned({"practice": policy.current().practice_name, **values})
