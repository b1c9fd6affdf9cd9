"""What the form of a message's words asks, and how it explains what stands in braces."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _

from portal.notifications.models import Channel
from portal.notifications.wording.defaults import Draft
from portal.notifications.wording.own import LONGEST, LONGEST_SUBJECT
from portal.notifications.wording.placeholders import PLACEHOLDERS
from portal.web.forms import Form, LongTextField, TextField

EXPLAINED = {
    "patient": _("The patient’s name"),
    "clinician": _("The clinician’s name, with the title"),
    "when": _("Day, time and time zone; online also the patient’s own time"),
    "where": _("“Online”, or the centre with its address"),
    "previous": _("Day and time before it was moved"),
    "reference": _("The short reference of the visit, for whoever calls"),
    "link": _("The address of the page that belongs to it"),
    "visits": _("The visits of that day, with time, clinician and place"),
    "count": _("How many visits"),
    "dates": _("Day and time of each visit of a series"),
    "sender": _("Who has written"),
    "amount": _("How much, such as £45.00"),
    "until": _("Until when the link works"),
    "code": _("The sign-in code"),
    "minutes": _("How many minutes the code is valid"),
    "reason": _("The reason that was given"),
    "practice": _("The name of the practice"),
}


REGISTERED = _("Only where texts have to be registered, as in India (DLT). Otherwise leave it empty.")


class Explained(NamedTuple):
    """One line of the list of placeholders."""

    name: str
    words: Any
    example: str
    is_needed: bool
    is_for_subject: bool


class MessageTemplateForm(Form):
    subject = TextField(_("Subject"), longest=LONGEST_SUBJECT)
    body = LongTextField(_("Text"), longest=LONGEST[Channel.EMAIL])
    provider_template = TextField(
        _("Name of the approved template"),
        longest=512,
        description=_(
            "WhatsApp sends only what it has approved: this template, with the values in the order of your text."
        ),
    )

    @classmethod
    def of(cls, channel: str, draft: Draft) -> "MessageTemplateForm":
        """With the words in force, and only the fields that the channel has."""
        form = cls(data=vars(draft))
        if channel != Channel.EMAIL:
            del form.subject
        if channel == Channel.EMAIL:
            del form.provider_template
        elif channel == Channel.SMS:
            form.provider_template.label.text = _("Registered template id")
            form.provider_template.description = REGISTERED
        return form

    @property
    def values(self) -> dict[str, str]:
        """For the commands of wording; what the form does not ask is empty."""
        names = ("subject", "body", "provider_template")
        return {name: (self[name].data or "") if name in self else "" for name in names}


def explained(kind: str, channel: str, examples: Mapping[str, str]) -> list[Explained]:
    """The placeholders of a kind, those that it needs first."""
    known = PLACEHOLDERS[kind]
    is_mail = channel == Channel.EMAIL
    lines = [
        Explained(name, words, examples[name], name in known.must, is_mail and name in known.in_subject)
        for name, words in EXPLAINED.items()
        if name in known.may
    ]
    return sorted(lines, key=lambda line: not line.is_needed)
