"""Whom a path means: a clinician by id, by slug, or as `me`."""

from flask import g

from portal.bootstrap import db
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import Actor, Role
from portal.payments.earnings import get_earner
from portal.people.models import Clinician
from portal.people.queries import get_manageable, get_readable

ME = "me"


def readable_clinician(text: str) -> Clinician:
    """A clinician to read about; raises NotFound."""
    return get_readable(db.session, g.actor, _own_id() if text == ME else text)


def manageable_clinician(text: str) -> Clinician:
    """A clinician whose hours, services and profile the actor may change; raises NotFound or Forbidden."""
    if text == ME:
        return get_manageable(db.session, g.actor, _own_id())
    return get_manageable(db.session, g.actor, readable_or_id(text))


def earner(text: str) -> Clinician:
    """A clinician whose earnings the actor may see, who has left included; raises NotFound."""
    clinician_id = _own_id() if text == ME else readable_or_id(text)
    return get_earner(db.session, g.actor, clinician_id)


def readable_or_id(text: str) -> int:
    """The id that is written, or that of the slug."""
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) <= 18 else 0
    return get_readable(db.session, g.actor, text).id


def check_in_reach(centre_id: int | None) -> None:
    """Raises Forbidden for staff of one centre about the hours at another; clinicians keep all of their own."""
    actor: Actor = g.actor
    if actor.role is not Role.CLINICIAN and not actor.may_at(centre_id):
        raise Forbidden


def _own_id() -> int:
    """Raises what is wrong with the token, if nobody is signed in, and NotFound for who is no clinician."""
    if not g.actor.is_signed_in:
        raise g.refusal
    if g.actor.clinician_id is None:
        raise NotFound
    return int(g.actor.clinician_id)
