"""Messages, for patients, clinicians and staff alike: the list, one conversation, and whom to write to."""

from flask import Blueprint, Response, g, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.accounts.models import Account
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.conversations import commands, queries, rules
from portal.conversations.models import Conversation, ConversationMessage
from portal.conversations.shapes import Stretch
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Actor, Permission
from portal.delivery.access import requires
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.forms import Form, TextField
from portal.web.i18n import viewer_zone
from portal.web.rendering import page, redirect_to, wants_fragment
from portal.web.unread import count_anew
from portal.web.writing import MessageForm, new_key, once

bp = Blueprint("conversations", __name__, url_prefix="/messages")


class SearchForm(Form):
    search = TextField(_("Name"))


@bp.get("")
@requires(Permission.CONVERSATION_OWN)
def index() -> Response:
    """The conversations, the one with the newest message first."""
    found = queries.conversations_of(db.session, g.actor, page=page_number())
    check_is_page(found)
    today = clock.local_day(clock.now(), viewer_zone())
    return page("conversations/index.html", fragment="conversations/_list.html", found=found, today=today)


@bp.route("/people", methods=["GET", "POST"])
@requires(Permission.CONVERSATION_OWN)
def people() -> Response:
    """Whom one may write to. A name that is searched for stays out of addresses."""
    form = SearchForm()
    search = form.search.data or "" if form.is_submitted() and form.validate() else ""
    found = queries.partners(db.session, g.actor, search=search)
    status = 422 if form.errors else 200
    return page("conversations/people.html", form=form, found=found, search=search, status=status)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.CONVERSATION_OWN)
def new() -> Response:
    """The first message to somebody; where there has been one before, the conversation goes on."""
    account_id, centre_id = _receiver(g.actor)
    begun = queries.find(db.session, g.actor, account_id=account_id, centre_id=centre_id)
    if begun is not None and request.method == "GET":
        return redirect_to("conversations.show", conversation_id=begun.id)
    form = MessageForm()
    if request.method == "GET" or not form.validate():
        return _first(form, account_id, centre_id, status=422 if form.errors else 200)

    def write() -> ConversationMessage:
        return commands.send(
            db.session,
            by=g.actor,
            receiver_account_id=account_id,
            centre_id=centre_id,
            content=form.content.data,
            at=clock.now(),
        )

    try:
        once(write, form.content.data)
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return _first(form, account_id, centre_id, status=422)
    return redirect_to("conversations.new", to=account_id, centre=centre_id)


@bp.get("/<int:conversation_id>")
@requires(Permission.CONVERSATION_OWN)
def show(conversation_id: int) -> Response:
    """A conversation. What is shown counts as read."""
    return _thread(_find(conversation_id), MessageForm(formdata=None))


@bp.post("/<int:conversation_id>")
@requires(Permission.CONVERSATION_OWN)
def write(conversation_id: int) -> Response:
    """Write in it. To htmx, what is new since the last message on the page; the field was emptied there."""
    conversation, form = _find(conversation_id), MessageForm()
    if not form.validate():
        return _again(conversation, form)
    try:
        once(lambda: _reply(conversation, form.content.data), form.content.data)
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return _again(conversation, form)
    if wants_fragment():
        return _newer(conversation, has_sent=True)
    return redirect_to("conversations.show", conversation_id=conversation_id, _anchor="write")


@bp.get("/<int:conversation_id>/newer")
@requires(Permission.CONVERSATION_OWN)
def newer(conversation_id: int) -> Response:
    """What was written since the last message on the page, for a page that is open."""
    if not wants_fragment():
        return redirect_to("conversations.show", conversation_id=conversation_id)
    return _newer(_find(conversation_id))


@bp.get("/unread")
@requires(Permission.CONVERSATION_OWN)
def unread() -> Response:
    """The number beside the menu's entry, in the place on the page that asks for it."""
    number = queries.unread_count(db.session, g.actor)
    place = request.headers.get("HX-Target", "unread")
    return page("conversations/_unread.html", number=number, place=place)


def _find(conversation_id: int) -> Conversation:
    return queries.get_visible(db.session, g.actor, conversation_id)


def _receiver(actor: Actor) -> tuple[int | None, int | None]:
    """The person and the team that the address names. Staff of a centre write to people in its name."""
    account_id, centre_id = whole_number("to"), whole_number("centre")
    if account_id is not None:
        centre_id = rules.own_team(actor) or centre_id
    if account_id is None and (centre_id is None or rules.is_team_member(actor)):
        raise NotFound
    return account_id, centre_id


def _first(form: MessageForm, account_id: int | None, centre_id: int | None, *, status: int) -> Response:
    account = db.session.get(Account, account_id) if account_id else None
    centre = db.session.get(Centre, centre_id) if centre_id else None
    name = rules.name_of(account) if account else centre.name if centre else ""
    action = url_for("conversations.new", to=account_id, centre=centre_id)
    return page("conversations/new.html", name=name, form=form, action=action, key=new_key(), status=status)


def _thread(conversation: Conversation, form: MessageForm, *, status: int = 200) -> Response:
    """The page of a conversation, or of its older messages."""
    before_id = whole_number("before")
    shown = queries.messages_of(db.session, conversation, before_id=before_id)
    _read(conversation, shown)
    return page(
        "conversations/show.html",
        conversation=conversation,
        title=rules.title_for(conversation, g.actor.account_id),
        shown=shown,
        is_latest=before_id is None,
        can_write=_can_write(conversation),
        form=form,
        action=url_for("conversations.write", conversation_id=conversation.id),
        key=new_key(),
        status=status,
    )


def _again(conversation: Conversation, form: MessageForm) -> Response:
    """The form with what is wrong with it; to htmx in place of the form that was sent."""
    if not wants_fragment():
        return _thread(conversation, form, status=422)
    action = url_for("conversations.write", conversation_id=conversation.id)
    answer = page(
        "conversations/_write.html", fragment="conversations/_write.html", form=form, action=action,
        conversation=conversation, key=new_key(), status=422,
    )  # fmt: skip
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#write", "outerHTML"
    return answer


def _newer(conversation: Conversation, *, has_sent: bool = False) -> Response:
    """The messages since the last one that the page has, with a fresh key where the last was used."""
    known = max((int(one) for one in request.values.getlist("after") if _is_id(one)), default=0)
    shown = queries.messages_after(db.session, conversation, known)
    if not shown.messages and not has_sent:
        return Response(status=204)
    _read(conversation, shown)
    fragment = "conversations/_part.html"
    next_key = new_key() if has_sent else None
    return page(
        fragment,
        fragment=fragment,
        conversation=conversation,
        shown=shown,
        previous=shown.before,
        next_key=next_key,
    )


def _read(conversation: Conversation, shown: Stretch) -> None:
    if not shown.messages:
        return
    up_to, at = shown.messages[-1].id, clock.now()
    was_new = in_transaction(
        db.session, lambda: commands.mark_read(db.session, conversation, by=g.actor, up_to=up_to, at=at)
    )
    if was_new:
        count_anew()


def _can_write(conversation: Conversation) -> bool:
    partner = rules.partner_of(conversation, g.actor.account_id)
    account_id = partner.id if partner else None
    return queries.may_write(db.session, g.actor, account_id=account_id, centre_id=conversation.centre_id)


def _reply(conversation: Conversation, content: str) -> ConversationMessage:
    return commands.reply(db.session, conversation, by=g.actor, content=content, at=clock.now())


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
