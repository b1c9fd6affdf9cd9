"""Which centres one may find, and when they are closed."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select, true
from sqlalchemy.orm import Session

from portal.centres.models import Centre, Holiday
from portal.core.errors import Forbidden, NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor, Permission


def active_centres(session: Session, city: str | None = None) -> Sequence[Centre]:
    """The centres that take bookings, by name; of one city, however it is written."""
    found = select(Centre).where(_is_open(), _is_in(city)).order_by(func.lower(Centre.name), Centre.id)
    return session.scalars(found).all()


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Their own centre for staff who are bound to one, all for other staff, those that take bookings for the public."""
    if actor.role is None or not actor.role.is_staff:
        return _is_open()
    if actor.role.is_bound_to_centre:
        return Centre.deleted_at.is_(None) & Centre.id.in_(sorted(actor.centre_ids))
    return Centre.deleted_at.is_(None) if actor.may(Permission.CENTRE_VIEW_ALL) else _is_open()


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """What the public may read of is for everybody; staff also read of what they work with."""
    return or_(_is_open(), visible_to(actor))


def visible_centres(session: Session, actor: Actor, city: str | None = None) -> Sequence[Centre]:
    """The centres that the actor may see, by name, those that are switched off included for staff."""
    return session.scalars(_visible(actor, city)).all()


def visible_centres_beside(
    session: Session, actor: Actor, figure: ScalarSelect[int], **asked: Any
) -> tuple[Sequence[Centre], int]:
    """The same with a figure that the page shows too, in one query: pages that begin with the centres ask a lot.

    `asked` are the parameters of the figure.
    """
    rows = session.execute(_visible_beside(actor, figure), asked).all()
    if not rows:
        return [], session.scalar(select(figure), asked) or 0
    return [centre for centre, _ in rows], rows[0][1]


# Built once for each who asks: putting it together costs more than running it.
@lru_cache(maxsize=256)
def _visible_beside(actor: Actor, figure: ScalarSelect[int]) -> Select[Centre, int]:
    return _visible(actor).add_columns(figure)


def search_centres(
    session: Session, actor: Actor, *, city: str = "", page: int = 1, limit: int = DEFAULT_LIMIT
) -> Page[Centre]:
    """A page of the centres that the actor may read about, by name."""
    found = select(Centre).where(readable_by(actor), _is_in(city))
    return paginate(session, found.order_by(func.lower(Centre.name), Centre.id), page, limit)


def get_readable(session: Session, actor: Actor, centre_id: int) -> Centre:
    """The centre to read about; raises NotFound."""
    centre = session.scalar(select(Centre).where(Centre.id == centre_id, readable_by(actor)))
    if centre is None:
        raise NotFound
    return centre


def get_visible(session: Session, actor: Actor, centre_id: int) -> Centre:
    """The centre; raises NotFound unless the actor may see it, Forbidden to staff of another centre."""
    centre = session.scalar(select(Centre).where(Centre.id == centre_id, visible_to(actor)))
    if centre is not None:
        return centre
    is_elsewhere = session.scalar(
        select(Centre.id).where(Centre.id == centre_id, Centre.deleted_at.is_(None))
    )
    if is_elsewhere and actor.role is not None and actor.role.is_bound_to_centre:
        raise Forbidden
    raise NotFound


def holidays_of(session: Session, centre_id: int, *, since: date | None = None) -> Sequence[Holiday]:
    """The dates on which the centre is closed, in order, from `since` on if given."""
    found = select(Holiday).where(
        Holiday.centre_id == centre_id, Holiday.holiday_on >= since if since else true()
    )
    return session.scalars(found.order_by(Holiday.holiday_on)).all()


def _visible(actor: Actor, city: str | None = None) -> Select[Centre]:
    found = select(Centre).where(visible_to(actor), _is_in(city))
    return found.order_by(func.lower(Centre.name), Centre.id)


def _is_open() -> ColumnElement[bool]:
    return Centre.is_active & Centre.deleted_at.is_(None)


def _is_in(city: str | None) -> ColumnElement[bool]:
    return func.lower(Centre.city) == city.strip().lower() if city and city.strip() else true()
