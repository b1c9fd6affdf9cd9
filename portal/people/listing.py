"""Lists of clinicians, as those who work with them see them."""

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, lazyload, selectinload

from portal.accounts.models import Account
from portal.accounts.queries import ADDRESSED_AS
from portal.core.db import like_pattern
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor
from portal.people.models import Clinician
from portal.people.queries import clinicians_of, works_at


def search_clinicians(
    session: Session,
    actor: Actor,
    *,
    search: str = "",
    centre_id: int | None = None,
    is_active: bool | None = None,
    with_centres: bool = True,
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Clinician]:
    """A page of the clinicians whom the actor may see, by name, with their centres."""
    which = is_listed_to(actor, search=search, centre_id=centre_id, is_active=is_active)
    loaded = selectinload(Clinician.centres) if with_centres else lazyload(Clinician.centres)
    return paginate(session, clinicians_listed(which).options(loaded), page, limit)


def clinicians_listed(which: ColumnElement[bool]) -> Select[Clinician]:
    """The statement behind every list of clinicians."""
    by_name = (func.lower(Account.full_name), Clinician.id)
    return select(Clinician).join(Clinician.account).where(which).order_by(*by_name)


def is_listed_to(
    actor: Actor, *, search: str = "", centre_id: int | None = None, is_active: bool | None = None
) -> ColumnElement[bool]:
    """Whom the actor may see, beside their accounts; `search` finds part of a name or field."""
    pattern = like_pattern(search)
    fields = func.array_to_string(Clinician.specialization, ", ")
    return and_(
        clinicians_of(actor, is_active=is_active),
        works_at(frozenset([centre_id])) if centre_id else true(),
        or_(Account.full_name.ilike(pattern), fields.ilike(pattern)),
    )


def names_listed_to(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """The ids and names of all clinicians whom the actor may see, for a list to choose from."""
    found = select(Clinician.id, ADDRESSED_AS).join(Clinician.account).where(clinicians_of(actor))
    return [(number, name) for number, name in session.execute(found.order_by(func.lower(Account.full_name)))]
