"""Where a transaction begins and ends, what is repeated, and what a broken constraint is called."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import DateTime, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.db import (
    ATTEMPTS,
    Base,
    end_reading,
    in_transaction,
    like_pattern,
    refuses,
    violated_constraint,
)
from portal.core.errors import Duplicate, NotFound, PortalError
from portal.people.models import Resource
from tests.conftest import NOW


@pytest.fixture
def database(committed: Engine) -> Iterator[Session]:
    """A session whose commits are commits."""
    with Session(committed, expire_on_commit=False) as session:
        yield session


def a_centre(name: str = "Riverside") -> Centre:
    return Centre(name=name, city="Leeds", time_zone="Europe/London", currency="GBP")


def count_of(engine: Engine, table: type[Base]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def sql_error(state: str) -> str:
    """A statement that fails with this SQLSTATE."""
    return f"DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{state}'; END $$"


def test_what_was_done_is_kept_and_can_be_shown_afterwards(committed: Engine, database: Session) -> None:
    centre = a_centre()
    in_transaction(database, lambda: database.add(centre))
    assert count_of(committed, Centre) == 1
    assert not database.in_transaction()
    assert centre.name == "Riverside"


@pytest.mark.parametrize("error", [NotFound(), KeyError("typo"), KeyboardInterrupt()])
def test_an_error_undoes_everything_and_goes_on_to_the_caller(
    committed: Engine, database: Session, error: BaseException
) -> None:
    def work() -> None:
        database.add(a_centre())
        database.flush()
        raise error

    with pytest.raises(type(error)) as caught:
        in_transaction(database, work)
    assert caught.value is error
    assert count_of(committed, Centre) == 0
    assert not database.in_transaction()


def test_a_constraint_with_a_name_in_words_is_raised_as_its_refusal(
    committed: Engine, database: Session
) -> None:
    in_transaction(database, lambda: database.add(a_centre()))
    with pytest.raises(Duplicate) as caught:
        in_transaction(database, lambda: database.add(a_centre("riverside")))
    assert caught.value.details
    assert isinstance(caught.value.__cause__, IntegrityError)
    assert violated_constraint(caught.value.__cause__) == "uq_centre_name_city"
    assert count_of(committed, Centre) == 1


def test_a_constraint_without_words_stays_a_database_error(database: Session) -> None:
    with pytest.raises(IntegrityError):
        in_transaction(database, lambda: database.add(Resource(kind="ROOM")))


def test_an_excluded_overlap_is_raised_as_its_refusal(
    database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overlap(PortalError):
        pass

    monkeypatch.setattr("portal.core.db._refusals", {})
    refuses("ex_booked", Overlap)
    with pytest.raises(Overlap):
        in_transaction(
            database,
            lambda: database.execute(
                text(
                    "CREATE TEMPORARY TABLE booked "
                    "(during int4range, CONSTRAINT ex_booked EXCLUDE USING gist (during WITH &&));"
                    "INSERT INTO booked VALUES ('[1,3)'), ('[2,4)')"
                )
            ),
        )


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_a_conflict_is_tried_again_from_the_start(
    database: Session, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []
    caplog.set_level("INFO", "portal.core.db")

    def work() -> str:
        tries.append(1)
        database.add(a_centre(f"Try {len(tries)}"))
        database.flush()
        if len(tries) < ATTEMPTS:
            database.execute(text(sql_error(state)))
        return "done"

    assert in_transaction(database, work) == "done"
    assert database.scalars(select(Centre.name)).all() == [f"Try {ATTEMPTS}"]
    assert len(caplog.records) == ATTEMPTS - 1, "each repetition leaves a line in the log"


@pytest.mark.parametrize(("state", "attempts"), [("40P01", ATTEMPTS), ("40001", ATTEMPTS), ("53100", 1)])
def test_what_does_not_get_better_is_given_up(database: Session, state: str, attempts: int) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        database.execute(text(sql_error(state)))

    with pytest.raises(DBAPIError):
        in_transaction(database, work)
    assert len(tries) == attempts
    assert not database.in_transaction()


@pytest.mark.concurrency
def test_two_who_wait_for_each_other_both_get_through(committed: Engine) -> None:
    with Session(committed) as session:
        session.add_all([a_centre("One"), a_centre("Two")])
        session.commit()
        first, second = session.scalars(select(Centre.id).order_by(Centre.id)).all()
    met = threading.Barrier(2)
    tries: list[int] = []

    def rename_both(ids: list[int]) -> None:
        with Session(committed) as session:
            in_transaction(session, lambda: work(session, ids))

    def work(session: Session, ids: list[int]) -> None:
        tries.append(1)
        for number, one in enumerate(ids):
            session.execute(text("UPDATE centre SET city = city || '!' WHERE id = :id"), {"id": one})
            if number == 0 and len(tries) <= 2:
                met.wait(timeout=10)

    threads = [
        threading.Thread(target=rename_both, args=(ids,)) for ids in ([first, second], [second, first])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3, "one of them was the deadlock's victim and tried again"
    with Session(committed) as session:
        assert session.scalars(select(Centre.city)).all() == ["Leeds!!", "Leeds!!"]


def test_instants_come_back_as_aware_utc_whatever_the_server_thinks(database: Session) -> None:
    centre = a_centre()
    centre.created_at = NOW
    in_transaction(database, lambda: database.add(centre))
    database.expire_all()
    assert centre.created_at == NOW
    assert centre.created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("typed", "pattern"), [("an", "%an%"), (" a b ", "%a b%"), ("50%_\\", "%50\\%\\_\\\\%"), ("", "%%")]
)
def test_wildcards_that_somebody_types_are_taken_literally(typed: str, pattern: str) -> None:
    assert like_pattern(typed) == pattern


def test_every_constraint_has_a_name_and_every_instant_a_zone() -> None:
    for table in Base.metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints), table
        for column in table.columns:
            assert not isinstance(column.type, DateTime) or column.type.timezone, column


PREPARED = text("SELECT count(*) FROM pg_prepared_statements")


def test_whoever_reads_the_same_again_finds_the_statement_prepared(database: Session) -> None:
    for _ in range(8):
        database.scalar(select(func.count()).select_from(Centre))
        end_reading(database)
        assert not database.in_transaction()
    assert database.scalar(PREPARED) >= 1


def test_nothing_that_was_written_is_kept_by_the_end_of_reading(committed: Engine, database: Session) -> None:
    database.add(a_centre("Pending"))
    end_reading(database)
    database.flush()
    end_reading(database)
    database.execute(text("INSERT INTO resource (kind) VALUES ('PATIENT')"))
    database.scalar(select(func.count()).select_from(Centre))
    end_reading(database)
    assert database.in_transaction()
    database.rollback()
    assert count_of(committed, Centre) == count_of(committed, Resource) == 0


def test_a_transaction_that_has_failed_ends_without_a_further_failure(database: Session) -> None:
    with pytest.raises(DBAPIError):
        database.execute(select(func.to_date("nonsense", "YYYY")))
    end_reading(database)
    database.rollback()
    assert database.scalar(select(1)) == 1
