"""The directory: which listed clinicians offer what somebody looks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from babel.core import get_global
from sqlalchemy import (
    ColumnElement,
    Numeric,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.accounts.models import Account
from portal.core.db import like_pattern
from portal.core.pagination import Page
from portal.people.models import Clinician
from portal.people.queries import listed, works_at
from portal.people.skill_models import Skill
from portal.scheduling.models import Service


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; nothing of it need be said.

    `text` is words of a name, a field of work, a skill, a service, or of what clinicians say of themselves; where
    nobody has all of them, `or_nearest` finds those with most of them. `is_online` is None where both ways will do;
    `minutes` is the length of a visit; `max_price` is in the main unit of whatever currency a clinician uses.
    """

    text: str = ""
    or_nearest: bool = False
    clinician_id: int | None = None
    service_id: int | None = None
    minutes: int | None = None
    centre_id: int | None = None
    language: str = ""
    specialization: str = ""
    category_id: int | None = None
    is_online: bool | None = None
    max_price: float | None = None

    @property
    def words(self) -> list[str]:
        """Each once, without the commas and brackets around it."""
        bare = (word.strip(",.;:!?…()\"'") for word in self.text.casefold().split())
        return list(dict.fromkeys(filter(None, bare)))

    @property
    def is_of_a_service(self) -> bool:
        return any(one is not None for one in (self.service_id, self.minutes, self.is_online))


@dataclass(frozen=True)
class Offered:
    """A clinician, with the centres loaded, and the services that fit, the usual one first.

    `is_near` where only some of the words were found.
    """

    clinician: Clinician
    services: list[Service] = field(default_factory=list)
    is_near: bool = False

    @property
    def price_from_minor(self) -> int:
        """The lowest price; a free first talk beside services that cost something does not count."""
        return min((service.price_minor for service in self.services if service.price_minor), default=0)


def offers(
    session: Session,
    wish: Wish,
    *,
    among: ColumnElement[bool] | None = None,
    page: int = 1,
    limit: int = 20,
) -> Page[Offered]:
    """A page of the clinicians who offer it, by name, in one query.

    Looked through are those of `among`, or else the listed ones who offer anything at all. Words that are part of a
    service's title leave only such services.
    """
    everybody = _chosen(wish, among)
    chosen = everybody.offset((page - 1) * limit).limit(limit).subquery()
    rows = session.execute(
        select(Clinician, Service, chosen.c.total, chosen.c.is_near)
        .join(chosen, chosen.c.id == Clinician.id)
        .join(Clinician.account)
        .outerjoin(Service, and_(_is_theirs(), *_fitting(wish)))
        .options(contains_eager(Clinician.account), joinedload(Clinician.centres))
        .order_by(func.lower(Account.full_name), Clinician.id, Service.id)
    ).unique()
    found: dict[int, Offered] = {}
    total = None
    for clinician, service, total, is_near in rows:  # noqa: B007  the total is the same in every row
        offered = found.setdefault(clinician.id, Offered(clinician, is_near=is_near))
        offered.services.extend([service] if service else [])
    for one in found.values():
        one.services[:] = _named(one.services, wish.words)
    if total is None and page > 1:  # beyond the last page no row says how many there are
        total = session.scalar(select(func.count()).select_from(everybody.order_by(None).subquery()))
    return Page(list(found.values()), page, limit, total or 0)


def _chosen(wish: Wish, among: ColumnElement[bool] | None) -> Select[int, int, bool]:
    """The ids of all who fit, in order, each with their number and whether only some of the words were found."""
    conditions: list[ColumnElement[bool]] = [listed() if among is None else among]
    if among is None or wish.is_of_a_service:
        conditions.append(exists().where(*_fitting(wish), _is_theirs()))
    if wish.clinician_id is not None:
        conditions.append(Clinician.id == wish.clinician_id)
    if wish.centre_id is not None:
        conditions.append(works_at(frozenset([wish.centre_id])))
    if wish.max_price is not None:
        conditions.append(exists().where(*_fitting(wish), _is_theirs(), _costs_at_most(wish.max_price)))
    if wish.language:
        conditions.append(literal(wish.language) == func.any(Clinician.languages))
    if wish.specialization:
        conditions.append(literal(wish.specialization) == func.any(Clinician.specialization))
    if wish.category_id is not None:
        conditions.append(exists().where(_has_skill(), Skill.category_id == wish.category_id))
    hits = sum((case((_mentions(word), 1), else_=0) for word in wish.words), literal(0))
    fitting = (
        select(
            Clinician.id,
            func.lower(Account.full_name).label("name"),
            hits.label("hits"),
            func.max(hits).over().label("most"),
        )
        .join(Clinician.account)
        .where(*conditions)
        .subquery()
    )
    all_words = len(wish.words)
    has_enough = and_(fitting.c.hits == fitting.c.most, fitting.c.hits >= min(all_words, 1))
    return (
        select(
            fitting.c.id,
            func.count().over().label("total"),
            (fitting.c.hits < all_words).label("is_near"),
        )
        .where(has_enough if wish.or_nearest else fitting.c.hits == all_words)
        .order_by(fitting.c.name, fitting.c.id)
    )


def _costs_at_most(price: float) -> ColumnElement[bool]:
    """In the main unit of the clinician's currency; most have a hundred smaller ones."""
    units = case(*((Clinician.currency.in_(codes), 10**places) for places, codes in UNUSUAL), else_=100)
    return Service.price_minor <= literal(price, Numeric) * units


UNUSUAL = tuple(
    (places, [code for code, digits in get_global("currency_fractions").items() if digits[0] == places])
    for places in (0, 3, 4)
)
"""Currencies by the decimal places of their amounts, where these are not two."""


def _mentions(word: str) -> ColumnElement[bool]:
    """In prose only at the beginning of a word: who looks for "ear" means no "years of experience"."""
    pattern, beginning = like_pattern(word), rf"\m{re.escape(word)}"
    return or_(
        (Account.title + " " + Account.full_name).ilike(pattern),
        func.array_to_string(Clinician.specialization, ", ").ilike(pattern),
        Clinician.headline.regexp_match(beginning, "i"),
        Clinician.bio.regexp_match(beginning, "i"),
        exists().where(_has_skill(), func.lower(Skill.name).like(pattern.lower())),
        exists().where(Service.is_active, _is_theirs(), func.lower(Service.title).like(pattern.lower())),
    )


def _fitting(wish: Wish) -> list[ColumnElement[bool]]:
    way = (
        true()
        if wish.is_online is None
        else (Service.is_online if wish.is_online else Service.is_in_person).is_(True)
    )
    return [
        Service.is_active.is_(True),
        way,
        true() if wish.service_id is None else Service.id == wish.service_id,
        true() if wish.minutes is None else Service.duration_minutes == wish.minutes,
    ]


def _has_skill() -> ColumnElement[bool]:
    return Skill.clinician_id == Clinician.id


def _is_theirs() -> ColumnElement[bool]:
    return Service.clinician_id == Clinician.id


def _named(services: list[Service], words: Sequence[str]) -> list[Service]:
    named = [
        service for service in services if words and all(word in service.title.casefold() for word in words)
    ]
    return named or services
