"""The base of all tables, and the one place where a transaction begins, ends and is repeated."""

import logging
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    DateTime,
    Engine,
    Identity,
    MetaData,
    Row,
    Select,
    Text,
    create_engine,
    event,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry

from portal.core import live
from portal.core.connections import POOL
from portal.core.errors import PortalError

log = logging.getLogger(__name__)
T = TypeVar("T")

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
DEADLOCK, SERIALIZATION_FAILURE = "40P01", "40001"
ATTEMPTS = 4
HAS_WRITTEN = "has_written"

# A stuck client must not hold others up: the limits, in milliseconds, are far above what any page needs.
LIMITS = {
    "TimeZone": "UTC",
    "lock_timeout": "10000",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "60000",
}


class Base(DeclarativeBase):
    """Every table: a bigint `id`, instants in UTC, named constraints."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            int: BigInteger,
            str: Text,
            datetime: DateTime(timezone=True),
            list[str]: ARRAY(Text),
        },
    )

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True, sort_order=-1)


ENGINE_OPTIONS: dict[str, Any] = {
    **POOL,
    "connect_args": {
        "options": " ".join(f"-c {name}={value}" for name, value in LIMITS.items()),
        "connect_timeout": 5,
    },
}


def engine_for(url: str, **options: Any) -> Engine:
    """An engine with the product's limits, for processes that run without the web application."""
    return create_engine(url, **{**ENGINE_OPTIONS, **options})


_refusals: dict[str, Callable[[], PortalError]] = {}


def refuses(constraint: str, error: Callable[[], PortalError]) -> None:
    """Give a named constraint its error: whoever breaks it is told so in words."""
    _refusals[constraint] = error


def in_transaction(session: Session, work: Callable[[], T]) -> T:
    """Run `work` and commit; roll back on any error.

    A named constraint that `work` breaks is raised as its domain error (see `refuses`). Deadlocks and
    serialisation failures repeat the whole work, with jitter, up to three times: `work` must do all its reading
    and writing through `session` and nothing else.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            result = work()
            session.commit()
        except DBAPIError as error:
            _undo(session)
            refusal = _refusal_for(error)
            if refusal is not None:
                raise refusal from error
            if not _is_worth_repeating(error) or attempt == ATTEMPTS:
                raise
            log.info("transaction repeated after a conflict", extra={"attempt": attempt})
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311  jitter, not a secret
        except BaseException:
            _undo(session)
            raise
        else:
            live.send_announcements(session)
            return result
    raise AssertionError("unreachable")


def read_columns(
    session: Session,
    statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]],
    asked: Mapping[str, Any],
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a statement that asks for columns and no entities, as the driver gives them.

    The session would look at each value again, which takes longer than the database does for a day of a centre. What
    waits to be written is written first, as by `session.execute`.
    """
    if session.autoflush:
        session.flush()
    return session.connection().execute(statement, asked).all()


def end_reading(session: Session) -> None:
    """End by COMMIT what has only read. To the database it is as good as ROLLBACK, but psycopg forgets after one all
    statements that it has prepared on the connection, and each is parsed and planned anew.

    What has written anything, or is about to, is left to be rolled back.
    """
    if not session.in_transaction() or session.new or session.dirty or session.deleted:
        return
    try:
        if not session.connection().info.get(HAS_WRITTEN, True):
            session.commit()
    except SQLAlchemyError:
        log.info("a transaction could not be ended and is rolled back")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    connection.info[HAS_WRITTEN] = False


@event.listens_for(Engine, "before_cursor_execute")
def _note_writing(
    connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: object
) -> None:
    statement = context.invoked_statement if context else None
    if statement is None or not statement.is_select:
        connection.info[HAS_WRITTEN] = True


def _undo(session: Session) -> None:
    session.rollback()
    live.forget_announcements(session)


def violated_constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that the statement broke, if it broke one."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None)


def _refusal_for(error: DBAPIError) -> PortalError | None:
    make = _refusals.get(violated_constraint(error) or "")
    return make() if make else None


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_worth_repeating(error: DBAPIError) -> bool:
    return _state(error) in {DEADLOCK, SERIALIZATION_FAILURE}


def folded(text: Any) -> ColumnElement[str]:
    """A column or a text without accents and capitals, made by the database and its indexes alike."""
    return func.folded(text, type_=Text)


def like_pattern(text: str) -> str:
    """The text as a pattern for ILIKE that finds it anywhere, its own wildcards taken literally."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text.strip()) + "%"
