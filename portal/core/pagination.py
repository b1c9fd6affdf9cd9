"""Long lists in pages: numbered from 1, twenty rows unless asked otherwise, never more than a hundred."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.core.errors import Invalid, _

T = TypeVar("T")

DEFAULT_LIMIT = 20
MOST = 100


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: `total` counts the rows of all pages."""

    items: Sequence[T]
    page: int
    limit: int
    total: int

    @property
    def total_pages(self) -> int:
        return -(-self.total // self.limit)

    @property
    def has_next(self) -> bool:
        return self.page < self.total_pages

    @property
    def has_prev(self) -> bool:
        return self.page > 1


def paginate(
    session: Session,
    statement: Select[T],
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
    *,
    most_counted: int | None = None,
) -> Page[T]:
    """The page of a select of one entity or column; its order must be total. Raises Invalid for a page below 1.

    Of a list without end no more than `most_counted` rows are counted, and none behind those are shown.
    """
    if page < 1:
        raise Invalid(details={"page": _("Pages are numbered from 1.")})
    limit = min(max(limit, 1), MOST)
    counted = statement.order_by(None).limit(most_counted).subquery()
    total = session.scalar(select(func.count()).select_from(counted)) or 0
    skipped = (page - 1) * limit
    items = session.scalars(statement.offset(skipped).limit(limit)).all() if skipped < total else []
    return Page(items=items, page=page, limit=limit, total=total)
