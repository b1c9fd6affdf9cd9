"""Many rows at once, past the ORM, which would send a statement for each set of columns that are not empty."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from portal.core.db import Base

Rows = Sequence[Mapping[str, Any]]


def insert_all(session: Session, model: type[Base], rows: Rows) -> None:
    """Write rows that all have the same columns."""
    session.execute(insert(_table(model)), rows)


def insert_numbered(session: Session, model: type[Base], rows: Rows) -> Sequence[int]:
    """The same; the ids they were given, in the order of the rows."""
    table = _table(model)
    return session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows).all()


def _table(model: type[Base]) -> Table:
    return Base.metadata.tables[model.__tablename__]
