"""Finding a patient among a million: milliseconds in the database, against the practice's two hundred."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core.permissions import Actor, Role
from portal.people.duplicates import likely_duplicates, pairs
from portal.people.finding import first_matches
from portal.people.models import Patient
from portal.people.queries import find_duplicates

PEOPLE = 1_000_000
BUDGET_MS = 20.0
LIST_BUDGET_MS = 1500.0
ROUNDS = 7
LIMIT = 9
DESK = Actor(account_id=1, role=Role.FRONT_DESK)
# Names out of syllables: some as frequent as Smith, some rare, a few with accents.
FILL = f"""
WITH made AS (
    INSERT INTO resource (kind) SELECT 'PATIENT' FROM generate_series(1, {PEOPLE}) RETURNING id
), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM made)
INSERT INTO patient (resource_id, full_name, phone, email, date_of_birth)
SELECT id,
    (ARRAY['Ana','Zoë','José','Maria','Peter','Anna','Li','Omar','Ines','Søren'])[1 + n * 7919 % 10] || ' '
    || (ARRAY['Smith','Fern','Brand','Okaf','Lund','Haddad','Wong','Ström','Del','Kar'])[1 + n * 104729 % 10]
    || (ARRAY['','son','ova','ier','mann','well','ton','by','ez','i'])[1 + n * 1299709 % 10]
    || CASE WHEN n % 3 = 0 THEN '' ELSE chr((97 + n % 26)::int) || chr((97 + n / 26 % 26)::int) END,
    '+44' || (7000000000 + n * 7919 % 999999937), 'p' || n || '@example.org', date '1930-01-01' + (n % 30000)::int
FROM numbered
ON CONFLICT DO NOTHING  -- somebody of the other measurements has the number
"""  # noqa: S608  numbers of our own


@dataclass(frozen=True)
class Asked:
    what: str
    milliseconds: float
    budget: float = BUDGET_MS

    def line(self) -> str:
        verdict = "" if self.milliseconds <= self.budget else "  ABOVE BUDGET"
        return f"{self.what:<44}{self.milliseconds:>9.1f} ms (budget {self.budget:.0f} ms){verdict}"


TYPED = (
    ("a frequent name", "smith"),
    ("two parts of a name, accents aside", "soren strom"),
    ("the beginning of a name", "oka"),
    ("two letters", "zo"),
    ("a name nobody has", "xqzzy"),
    ("the end of a phone number", "123457"),
    ("three figures of a phone number", "918"),
    ("a date of birth", "4 June 1981"),
    ("the beginning of an email address", "p99887@"),
    ("a whole email address", "p99887@example.org"),
)
CENTRE_MANAGER = Actor(account_id=1, role=Role.CENTRE_MANAGER, centre_ids=frozenset([1]))


def fill(session: Session) -> None:
    """A million people more; the transaction is the caller's."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text(FILL))
    session.commit()
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(
        text("VACUUM ANALYZE patient")
    )
    session.commit()


def measure(session: Session) -> Iterator[Asked]:
    """The quickest of some rounds, as the database counts it: planning and execution."""
    for what, typed in TYPED:
        yield Asked(what, min(_milliseconds(session, typed) for _ in range(ROUNDS)))
    facts = {"phone": "+447000000001", "full_name": "Zoe Smith", "email": "p17@example.org"}
    yield Asked("who may be a new patient already", _taken(lambda: find_duplicates(session, DESK, **facts)))
    newest = session.scalars(select(Patient).order_by(Patient.id.desc()).limit(1)).one()
    yield Asked("who may be the same as one", _taken(lambda: likely_duplicates(session, newest)))
    listed = _taken(lambda: pairs(session, CENTRE_MANAGER))
    yield Asked("the list of duplicates, where there are none", listed, LIST_BUDGET_MS)


def _taken(work: Callable[[], object]) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) * 1000

    return min(once() for _ in range(ROUNDS))


def _milliseconds(session: Session, typed: str) -> float:
    compiled = first_matches(DESK, typed, LIMIT).compile(
        session.connection(), compile_kwargs={"literal_binds": True}
    )
    statement = str(compiled).replace("%%", "%")
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    plan = session.connection().exec_driver_sql(explained.replace("%", "%%")).scalar_one()
    session.rollback()
    return float(plan[0]["Planning Time"] + plan[0]["Execution Time"])
