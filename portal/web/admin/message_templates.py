"""The words of messages: which are the practice's own, one of them with a preview, and back to the standard ones."""

from dataclasses import dataclass
from typing import Any

from flask import Response, g, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.notifications.kinds import TO_CLINICIAN, Kind
from portal.notifications.models import Channel
from portal.notifications.wording import CHANNELS, language_for, language_name, languages
from portal.notifications.wording.composing import put_together
from portal.notifications.wording.defaults import Draft, our_draft
from portal.notifications.wording.own import (
    check_exists,
    checked,
    own_draft,
    own_templates,
    reset_template,
    save_template,
    tidied,
)
from portal.notifications.wording.samples import sample_values
from portal.notifications.wording.segments import segments
from portal.web.admin import bp
from portal.web.admin.message_template_form import MessageTemplateForm, explained
from portal.web.admin.saving import saved, text
from portal.web.rendering import changed, page

_TO_PATIENTS = tuple(kind for kind in Kind if kind.startswith(("appointment-", "payment-")))
_TO_CLINICIANS = tuple(kind for kind in Kind if kind in TO_CLINICIAN)
GROUPS = (
    (_("To patients"), _TO_PATIENTS),
    (_("To clinicians"), _TO_CLINICIANS),
    (
        _("About accounts and messages"),
        tuple(kind for kind in Kind if kind not in _TO_PATIENTS + _TO_CLINICIANS),
    ),
)


@dataclass(frozen=True)
class Which:
    """A message: its kind, its channel and its language. In addresses the channel is in small letters."""

    kind: str
    channel: str
    language: str

    @classmethod
    def of(cls, kind: str, channel: str, language: str) -> "Which":
        """As the address names it; raises NotFound where there is none."""
        if channel != channel.lower():
            raise NotFound
        check_exists(kind, channel.upper(), language)
        return cls(kind, channel.upper(), language)

    @property
    def address(self) -> dict[str, str]:
        return {"kind": self.kind, "channel": self.channel.lower(), "language": self.language}


@bp.get("/message-templates")
@requires(Permission.TEMPLATE_EDIT)
def message_templates() -> Response:
    """All messages in a language, and which of them are in the practice's own words."""
    language = language_for(text("language"))
    own = {(one.kind, one.channel) for one in own_templates(db.session) if one.language == language}
    return page(
        "admin/message_templates/index.html",
        groups=GROUPS,
        channels=list(Channel),
        offered=CHANNELS,
        own=own,
        chosen=language,
        switch=[
            (language_name(one), url_for("admin.message_templates", language=one), one == language)
            for one in languages()
        ],
    )


@bp.route("/message-templates/<string:kind>/<string:channel>/<string:language>", methods=["GET", "POST"])
@requires(Permission.TEMPLATE_EDIT)
def message_template(kind: str, channel: str, language: str) -> Response:
    """The words of one message, to be put in the practice's own."""
    which, own = _asked_for(kind, channel, language)
    form = MessageTemplateForm.of(which.channel, own or our_draft(which.kind, which.channel, which.language))

    def save() -> object:
        return save_template(db.session, *_parts(which), **form.values, by=g.actor, at=clock.now())

    if request.method == "POST" and form.validate() and saved(form, save):
        message = gettext("Saved. From now on this message goes out in your words.")
        return changed(then="admin.message_templates", values={"language": language}, message=message)
    return _show(which, form, is_own=own is not None)


@bp.post("/message-templates/<string:kind>/<string:channel>/<string:language>/preview")
@requires(Permission.TEMPLATE_EDIT)
def message_template_preview(kind: str, channel: str, language: str) -> Response:
    """What the words in the form look like; nothing is saved."""
    which, own = _asked_for(kind, channel, language)
    form = MessageTemplateForm.of(which.channel, our_draft(which.kind, which.channel, which.language))
    return _show(which, form, is_own=own is not None, is_preview=True)


@bp.route(
    "/message-templates/<string:kind>/<string:channel>/<string:language>/removal", methods=["GET", "POST"]
)
@requires(Permission.TEMPLATE_EDIT)
def message_template_removal(kind: str, channel: str, language: str) -> Response:
    """Back to the standard words, after showing them."""
    which, own = _asked_for(kind, channel, language)
    if own is None:
        raise NotFound
    if request.method == "GET":
        ours = our_draft(which.kind, which.channel, which.language)
        return page("admin/message_templates/removal.html", which=which, **_preview(which, ours))
    in_transaction(db.session, lambda: reset_template(db.session, *_parts(which), by=g.actor, at=clock.now()))
    message = gettext("This message goes out in the standard words again.")
    return changed(then="admin.message_templates", values={"language": language}, message=message)


def _asked_for(kind: str, channel: str, language: str) -> tuple[Which, Draft | None]:
    which = Which.of(kind, channel, language)
    return which, own_draft(db.session, *_parts(which))


def _parts(which: Which) -> tuple[str, str, str]:
    return which.kind, which.channel, which.language


def _show(which: Which, form: MessageTemplateForm, *, is_own: bool, is_preview: bool = False) -> Response:
    values = form.values
    draft = Draft(values["subject"], tidied(values["body"]), values["provider_template"])
    return page(
        "admin/message_templates/edit.html",
        fragment="admin/message_templates/_preview.html" if is_preview else None,
        status=422 if form.errors else 200,
        which=which,
        form=form,
        is_own=is_own,
        read_in=language_name(which.language),
        placeholders=explained(which.kind, which.channel, _examples(which)),
        faults=_faults(which, form) if is_preview else [],
        **_preview(which, draft),
    )


def _preview(which: Which, draft: Draft) -> dict[str, Any]:
    """What templates need to show a message as it will look."""
    said = put_together(draft, *_parts(which), _examples(which))
    return {"said": said, "sms": segments(said.text) if which.channel == Channel.SMS else None}


def _examples(which: Which) -> dict[str, str]:
    return sample_values(which.language, clock.zone(settings().default_time_zone), clock.now())


def _faults(which: Which, form: MessageTemplateForm) -> list[str]:
    """What would be said against the words if they were saved."""
    try:
        checked(which.kind, which.channel, **form.values)
    except Invalid as refusal:
        return [gettext(message) for message in refusal.details.values()]
    return []
