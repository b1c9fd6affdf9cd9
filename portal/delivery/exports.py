"""Lists as files: what a list shows, all of it, for those who may take it along. Each file is in the audit."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from flask import Response, g
from sqlalchemy import Select, select

from portal.audit.commands import record
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import check_may
from portal.delivery.spreadsheets import csv_file

T = TypeVar("T")
Row = Sequence[object]
AT_A_TIME = 500


def list_file(
    name: str, heads: Sequence[str], rows: Iterable[Row], *, of: Permission, filters: Collection[str] = ()
) -> Response:
    """The list called `name` as a file.

    `of` is the permission that opens the list itself; `filters` are the names of what narrows it, which are audited,
    never their values. Raises Forbidden for whoever may not read the list.
    """
    check_may((of,))
    note_export(name, filters)
    on = clock.local_day(clock.now(), clock.zone(settings().default_time_zone))
    return csv_file(f"{name}-{on}.csv", heads, rows)


def rows_of(wanted: Select[T], cells: Callable[[Sequence[T]], Iterable[Row]]) -> Iterator[Row]:
    """The rows of a list, in its order; `cells` makes them of some at a time, so that it can look up what they share.

    Which they are is read at once, and they themselves in transactions of their own: none stays open while somebody
    slow takes the file, and no row comes twice because another one came or went.
    """
    ids = in_transaction(db.session, lambda: db.session.scalars(select(wanted.subquery().c.id)).all())
    for begin in range(0, len(ids), AT_A_TIME):
        some = wanted.where(_entity(wanted).id.in_(ids[begin : begin + AT_A_TIME]))
        yield from in_transaction(db.session, partial(_read, some, cells))


def each(cells: Callable[[T], Row]) -> Callable[[Sequence[T]], Iterable[Row]]:
    """For rows that need nothing but themselves."""
    return lambda batch: map(cells, batch)


def named(values: Mapping[str, object]) -> list[str]:
    """The names of those filters that narrow a list."""
    return [name for name, value in values.items() if value]


def note_export(name: str, filters: Collection[str] = ()) -> None:
    """Audit that whoever is here takes a list along."""
    detail: dict[str, Any] = {"list": name}
    if filters:
        detail["filters"] = sorted(filters)
    in_transaction(
        db.session,
        lambda: record(
            db.session,
            action="list.export",
            by=g.actor,
            subject_type="list",
            subject_id=g.actor.account_id,
            detail=detail,
            at=clock.now(),
        ),
    )


def _read(some: Select[T], cells: Callable[[Sequence[T]], Iterable[Row]]) -> list[Row]:
    return list(cells(db.session.scalars(some).unique().all()))


def _entity(wanted: Select[T]) -> Any:
    return wanted.column_descriptions[0]["entity"]
