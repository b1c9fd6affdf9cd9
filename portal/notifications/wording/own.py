"""The practice's own words in place of ours: read, saved after a check, and given up again."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.core.errors import Invalid, NotFound, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.notifications.channels.cleaning import UNWANTED
from portal.notifications.events import MessageTemplateChanged
from portal.notifications.models import Channel, MessageTemplate
from portal.notifications.wording.defaults import LANGUAGES, Draft, our_draft
from portal.notifications.wording.placeholders import CHANNELS, PLACEHOLDERS, has_stray_brace, named_in

LONGEST = {Channel.SMS: 1000, Channel.WHATSAPP: 1024, Channel.EMAIL: 10_000}
LONGEST_SUBJECT = 150
PROVIDER_TEMPLATE = re.compile(r"[a-z0-9_]{1,512}")
DLT_ID = re.compile(r"[0-9]{5,30}")
TOO_LONG = {
    Channel.SMS: _("Use 1000 characters or fewer"),
    Channel.WHATSAPP: _("Use 1024 characters or fewer"),
    Channel.EMAIL: _("Use 10000 characters or fewer"),
}
MISSING = {
    "amount": _("Say how much: put {amount} where it belongs"),
    "clinician": _("Say with whom: put {clinician} where it belongs"),
    "code": _("Say the code: put {code} where it belongs"),
    "count": _("Say how many: put {count} where it belongs"),
    "link": _("Give the link: put {link} where it belongs"),
    "minutes": _("Say how many minutes: put {minutes} where it belongs"),
    "reason": _("Say why: put {reason} where it belongs"),
    "visits": _("Say which appointments: put {visits} where they belong"),
    "when": _("Say when: put {when} where it belongs"),
}
UNKNOWN = _("Use only the placeholders that are listed, in small letters; nothing else can stand in braces")


def own_draft(session: Session, kind: str, channel: str, language: str) -> Draft | None:
    """The practice's own words, if it has any. Costs one query."""
    columns = (MessageTemplate.subject, MessageTemplate.body, MessageTemplate.provider_template)
    found = session.execute(select(*columns).where(*_is(kind, channel, language))).first()
    if found is None:
        return None
    name = found.provider_template or our_draft(kind, channel, language).provider_template
    return Draft(found.subject, found.body, name)


def own_templates(session: Session) -> Sequence[MessageTemplate]:
    """All that the practice has put into its own words."""
    order = (MessageTemplate.kind, MessageTemplate.channel, MessageTemplate.language)
    return session.scalars(select(MessageTemplate).order_by(*order)).all()


def save_template(
    session: Session,
    kind: str,
    channel: str,
    language: str,
    *,
    subject: str,
    body: str,
    provider_template: str,
    by: Actor,
    at: datetime,
) -> MessageTemplate:
    """Put a message into the practice's own words.

    `subject` is for mail, `provider_template` for WhatsApp and, as an id, for texts where each is registered.

    Raises NotFound for a message that there is not, Invalid by field for words that cannot be used.
    """
    check_exists(kind, channel, language)
    draft = checked(kind, channel, subject=subject, body=body, provider_template=provider_template)
    before = own_draft(session, kind, channel, language) or our_draft(kind, channel, language)
    values = {**vars(draft), "updated_at": at, "updated_by_id": by.account_id}
    # Two people may save the same one for the first time at once: the later words stand.
    statement = (
        insert(MessageTemplate)
        .values(kind=kind, channel=channel, language=language, **values)
        .on_conflict_do_update(index_elements=["kind", "channel", "language"], set_=values)
        .returning(MessageTemplate)
    )
    saved = session.scalars(statement, execution_options={"populate_existing": True}).one()
    changed = tuple(name for name, text in vars(draft).items() if text != getattr(before, name))
    _publish(session, saved, "message-template.edit", by=by, at=at, changed=changed)
    return saved


def reset_template(
    session: Session, kind: str, channel: str, language: str, *, by: Actor, at: datetime
) -> None:
    """Go back to our words. Raises NotFound where the practice has none of its own."""
    removed = session.scalar(
        delete(MessageTemplate).where(*_is(kind, channel, language)).returning(MessageTemplate)
    )
    if removed is None:
        raise NotFound
    _publish(session, removed, "message-template.reset", by=by, at=at)


def check_exists(kind: str, channel: str, language: str) -> None:
    """Raise NotFound where no message of the kind leaves over the channel in that language."""
    if language not in LANGUAGES or channel not in CHANNELS.get(kind, ()):
        raise NotFound


def checked(kind: str, channel: str, *, subject: str, body: str, provider_template: str) -> Draft:
    """The words as they are kept; what the channel does not have is left out. Raises Invalid by field."""
    is_mail = channel == Channel.EMAIL
    provider_template = "" if is_mail else provider_template.strip()
    body = tidied(body)
    details = {"body": _fault_of_body(kind, channel, body)}
    if is_mail:
        details["subject"] = _fault_of_subject(kind, subject)
    if provider_template:
        details["provider_template"] = _fault_of_name(channel, provider_template)
    faults = {name: fault for name, fault in details.items() if fault}
    if faults:
        raise Invalid(details=faults)
    return Draft(subject.strip() if is_mail else "", body, provider_template)


def _fault_of_name(channel: str, name: str) -> str:
    if channel == Channel.SMS:
        return "" if DLT_ID.fullmatch(name) else _("Use the digits of the template's id")
    if PROVIDER_TEMPLATE.fullmatch(name):
        return ""
    return _("Use small letters, digits and underscores, as WhatsApp does")


def tidied(body: str) -> str:
    """A text without what nobody can see: line ends as "\\n", no control characters, no space around it."""
    unified = body.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return UNWANTED.sub("", unified).strip()


def _fault_of_body(kind: str, channel: str, body: str) -> str:
    known, used = PLACEHOLDERS[kind], named_in(body)
    if not body:
        return _("Enter the text")
    if len(body) > LONGEST[Channel(channel)]:
        return TOO_LONG[Channel(channel)]
    if not known.may.issuperset(used) or has_stray_brace(body):
        return UNKNOWN
    return next((MISSING[name] for name in sorted(known.must.difference(used))), "")


def _fault_of_subject(kind: str, subject: str) -> str:
    if not subject.strip():
        return _("Enter the subject")
    if len(subject.strip().splitlines()) > 1 or UNWANTED.search(subject):
        return _("Write the subject in one line")
    if len(subject.strip()) > LONGEST_SUBJECT:
        return _("Use 150 characters or fewer")
    if not PLACEHOLDERS[kind].in_subject.issuperset(named_in(subject)) or has_stray_brace(subject):
        return _("Use only the placeholders that are listed as good for a subject")
    return ""


def _is(kind: str, channel: str, language: str) -> tuple[ColumnElement[bool], ...]:
    return (
        MessageTemplate.kind == kind,
        MessageTemplate.channel == channel,
        MessageTemplate.language == language,
    )


def _publish(
    session: Session,
    template: MessageTemplate,
    action: str,
    *,
    by: Actor,
    at: datetime,
    changed: tuple[str, ...] = (),
) -> None:
    which = f"{template.kind}/{template.channel}/{template.language}"
    publish(session, MessageTemplateChanged(template.id, which, action, by, at, changed))
