"""Every message sent, for demonstrations and tests: what people would get, sign-in codes included."""

from flask import Blueprint, Response, jsonify

from portal.bootstrap import db
from portal.core.errors import NotFound
from portal.delivery import settings
from portal.delivery.access import public
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
    return page("public/outbox.html", messages=recent(db.session))


@bp.get("/outbox.json")
@public
def show_json() -> Response:
    messages = [
        {
            "channel": message.channel,
            "to": message.recipient,
            "subject": message.subject,
            "text": message.text,
            "code": message.code,
            "kind": message.kind,
            "at": iso(message.created_at),
        }
        for message in recent(db.session)
    ]
    return jsonify(messages)
