"""Every message sent or about to be, for demonstrations and tests: what people get, sign-in codes included."""

from flask import Blueprint, Response, jsonify

from portal.bootstrap import db
from portal.core.errors import NotFound
from portal.delivery import settings
from portal.delivery.access import public
from portal.notifications.channels import Outgoing
from portal.notifications.composing import preview
from portal.notifications.models import Delivery
from portal.notifications.queries import recent
from portal.web.filters import iso
from portal.web.rendering import page

bp = Blueprint("outbox", __name__, url_prefix="/dev")


@bp.before_request
def _only_where_it_may_be_shown() -> None:
    if not settings().shows_outbox:
        raise NotFound


@bp.get("/outbox")
@public
def show() -> Response:
    return page("public/outbox.html", messages=_messages())


@bp.get("/outbox.json")
@public
def show_json() -> Response:
    messages = [
        {
            "channel": delivery.channel,
            "to": delivery.recipient,
            "subject": message.subject,
            "text": message.text,
            "code": delivery.code,
            "kind": delivery.kind,
            "status": delivery.status,
            "at": iso(delivery.created_at),
            "sentAt": iso(delivery.sent_at) if delivery.sent_at else None,
        }
        for delivery, message in _messages()
    ]
    return jsonify(messages)


def _messages() -> list[tuple[Delivery, Outgoing]]:
    """The newest first, each with its words: of what is still to go, those it would have now."""
    return [(delivery, preview(db.session, delivery)) for delivery in recent(db.session)]
