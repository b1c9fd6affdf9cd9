"""Many people at once: each in a thread, with a session and a connection of their own, all off at the same signal."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from portal.core.db import in_transaction
from portal.core.errors import PortalError

T = TypeVar("T")
Act = Callable[[Session], Any]


class Crowd:
    """Runs acts in transactions of the product's own making, and keeps the books in view."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def alone(self, act: Callable[[Session], T]) -> T:
        """One act, committed; what it returns can be read afterwards."""
        with Session(self.engine, expire_on_commit=False) as session:
            return in_transaction(session, lambda: act(session))

    def at_once(self, *acts: Act) -> list[Any]:
        """What each act returned, or the refusal it met; any other error is the test's."""
        signal = Barrier(len(acts))

        def run(act: Act) -> Any:
            with Session(self.engine, expire_on_commit=False) as session:
                session.connection()
                signal.wait(timeout=30)
                try:
                    return in_transaction(session, lambda: act(session))
                except PortalError as refusal:
                    return refusal

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(run, acts))

    def rows(self, query: str, **values: Any) -> Sequence[Any]:
        with self.engine.connect() as connection:
            return connection.execute(text(query), values).all()

    def count(self, query: str, **values: Any) -> int:
        return int(self.rows(f"SELECT count(*) FROM ({query}) AS found", **values)[0][0])

    def check_the_books(self) -> None:
        """What must be true of the database at any moment, asked in SQL."""
        for rule, query in BOOKS.items():
            assert self.rows(query) == [], rule


LIVE = "status IN ('PENDING', 'CONFIRMED')"
BOOKS = {
    "no two rows of occupancy of one resource overlap": """
        SELECT a.id, b.id FROM occupancy a JOIN occupancy b
        ON a.resource_id = b.resource_id AND a.id < b.id AND a.during && b.during""",
    "no clinician sees two people at once, pauses included, unless it was overbooked on purpose": f"""
        WITH visit AS (
            SELECT id, clinician_id, tstzrange(
                starts_at - make_interval(mins => buffer_before_minutes),
                ends_at + make_interval(mins => buffer_after_minutes)) AS during
            FROM appointment WHERE {LIVE} AND NOT is_overbooked)
        SELECT a.id, b.id FROM visit a JOIN visit b
        ON a.clinician_id = b.clinician_id AND a.id < b.id AND a.during && b.during""",
    "no patient is in two places at once": f"""
        WITH visit AS (SELECT id, patient_id, tstzrange(starts_at, ends_at) AS during FROM appointment WHERE {LIVE})
        SELECT a.id, b.id FROM visit a JOIN visit b
        ON a.patient_id = b.patient_id AND a.id < b.id AND a.during && b.during""",
    "an appointment takes time exactly as long as it lives": f"""
        WITH expected AS (
            SELECT a.id, c.resource_id, tstzrange(
                a.starts_at - make_interval(mins => a.buffer_before_minutes),
                a.ends_at + make_interval(mins => a.buffer_after_minutes), '[)') AS during, a.hold_expires_at
            FROM appointment a JOIN clinician c ON c.id = a.clinician_id WHERE {LIVE} AND NOT a.is_overbooked
            UNION ALL
            SELECT a.id, p.resource_id, tstzrange(a.starts_at, a.ends_at, '[)'), a.hold_expires_at
            FROM appointment a JOIN patient p ON p.id = a.patient_id WHERE {LIVE}),
        taken AS (SELECT appointment_id, resource_id, during, held_until FROM occupancy)
        (SELECT * FROM expected EXCEPT SELECT * FROM taken)
        UNION ALL (SELECT * FROM taken EXCEPT SELECT * FROM expected)""",
    "nobody holds two times": """
        SELECT patient_id FROM appointment WHERE waiting_for = 'HOLD' AND patient_id IS NOT NULL
        GROUP BY patient_id HAVING count(*) > 1""",
    "the history of an appointment is a legal path that ends where the appointment is": """
        WITH step AS (
            SELECT c.*, lag(to_status) OVER line AS was, lag(version) OVER line AS version_before,
                lead(id) OVER line IS NULL AS is_last
            FROM appointment_change c WINDOW line AS (PARTITION BY appointment_id ORDER BY id))
        SELECT step.* FROM step JOIN appointment a ON a.id = step.appointment_id
        WHERE (was IS NOT NULL AND from_status IS DISTINCT FROM was)
            OR (was IS NOT NULL AND step.version <> version_before + 1)
            OR (is_last AND (to_status <> a.status OR step.version <> a.version))
            OR (from_status IS NOT NULL AND from_status <> to_status AND (from_status, to_status) NOT IN (
                ('PENDING', 'CONFIRMED'), ('PENDING', 'CANCELLED'), ('CONFIRMED', 'CANCELLED'),
                ('CONFIRMED', 'COMPLETED'), ('CONFIRMED', 'NO_SHOW')))
            OR from_status IN ('COMPLETED', 'CANCELLED', 'NO_SHOW')""",
    "every appointment has a history": """
        SELECT id FROM appointment WHERE id NOT IN (SELECT appointment_id FROM appointment_change)""",
    "whoever reads of a patient's visits is told once that a booking is confirmed": """
        SELECT appointment_id FROM delivery WHERE kind = 'appointment-confirmed' AND status <> 'SKIPPED'
        GROUP BY appointment_id, patient_id, channel HAVING count(*) > 1""",
    "they are told once that it is cancelled, and only of what was booked": """
        SELECT m.appointment_id FROM delivery m JOIN appointment a ON a.id = m.appointment_id
        WHERE m.kind IN ('appointment-cancelled', 'appointment-cancelled-by-practice', 'appointment-declined',
            'appointment-request-expired') AND m.status <> 'SKIPPED'
        GROUP BY m.appointment_id, m.patient_id, m.channel, a.booked_at HAVING count(*) > 1 OR a.booked_at IS NULL""",
}
