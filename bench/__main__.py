"""Measure, print both figures and their ratio. Nothing here fails a build: machines differ, people read ratios."""

import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product as product_of
from pathlib import Path
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import select, text

from bench import bookings, clinic, finding, listeners, neutral, programs, sql
from bench.load import Load, load
from bench.servers import serving
from portal import demo
from portal.app import create_app
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.postgres import Cluster
from portal.people.categories import categories_with_use
from portal.people.models import Clinician
from portal.people.queries import listed
from portal.settings import PROJECT_ROOT, Settings

ROUNDS, SECONDS, CLIENTS = 3, 5.0, (1, 16)
RUSHES, CROWD, PATIENTS = 20, 50, 320
HTMX = {"HX-Request": "true"}
UNLIMITED = {"API_VISITOR_LIMIT": "1000000", "API_ACCOUNT_LIMIT": "1000000", "TRUSTED_PROXIES": "1"}


@dataclass
class Point:
    """One thing measured: figures of each round, and the budget its ratio to the reference should reach."""

    name: str
    budget: float
    measured: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def ratio(self) -> float:
        """The middle one of the rounds': what makes the whole machine slower for a while counts on both sides."""
        rounds = zip(self.measured, self.reference, strict=True)
        return statistics.median(ours / theirs if theirs else 0.0 for ours, theirs in rounds)

    def line(self) -> str:
        ours, theirs = statistics.median(self.measured), statistics.median(self.reference)
        spread = f"{min(self.measured):.0f}-{max(self.measured):.0f}"
        ratio = self.ratio
        verdict = "" if ratio >= self.budget else "  BELOW BUDGET"
        failed = f"  {self.refused} failed" if self.refused else ""
        return (
            f"{self.name:<44}{ours:>9.1f} ({spread}) against {theirs:>8.1f}: {ratio:.3f} (budget {self.budget})"
            f"{verdict}{failed}"
        )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as place, Cluster(Path(place)).join() as cluster:
        cluster.create_database("bench")
        url = cluster.url("bench").render_as_string(hide_password=False)
        app = create_app(Settings(database_url=url))
        with app.app_context():
            upgrade(directory=str(PROJECT_ROOT / "migrations"))
            demo.load(app)
            db.session.execute(text("ANALYZE"))
            db.session.commit()
        with (
            serving("bench.reference:app", url) as reference,
            serving("wsgi:app", url, **UNLIMITED) as product,
        ):
            _pages(reference, product, _paths(app))
            _bookings(app, reference, product, url, cluster)
            _rushes(app, product)
            _neutrality(app, product)
            _pages(reference, product, _clinic_paths(app))
        _listeners(app, url)
        _finding(app)


def _pages(reference: int, product: int, paths: Sequence[tuple[Any, ...]]) -> None:
    print(f"\nPages a second against the bare page ({ROUNDS} rounds of {SECONDS:.0f} s, in turn)")
    for clients in CLIENTS:
        for name, budget, path, *headers in paths:
            point = Point(f"{name}, {clients} connections", budget)
            for _ in range(ROUNDS):
                point.reference.append(_measure(point, reference, "/", clients).per_second)
                point.measured.append(_measure(point, product, path, clients, *headers).per_second)
            print(point.line(), flush=True)


def _paths(app) -> list[tuple[Any, ...]]:  # type: ignore[no-untyped-def]
    """What is measured, its budget, its address, and the headers with which htmx asks for a piece of it."""
    with app.app_context():
        clinician = db.session.scalars(
            select(Clinician).where(listed()).order_by(Clinician.id).limit(1)
        ).one()
        centre = db.session.scalars(select(Centre).order_by(Centre.id).limit(1)).one()
        category = max(categories_with_use(db.session), key=lambda found: found[1])[0]
    month = _a_monday((clock.now() + timedelta(days=14)).date())
    at = f"/clinicians/{clinician.slug}?month={month:%Y-%m}"
    return [
        ("clinician page", 0.1, f"{at}&day={month}"),
        ("a day's times alone", 0.35, f"{at}&day={month}", {**HTMX, "HX-Target": "times"}),
        ("a month with its free times", 0.16, at, HTMX),
        ("directory, 20 clinicians with next free time", 0.06, "/clinicians"),
        ("directory, those of one category", 0.06, f"/clinicians?category_id={category.id}"),
        ("any clinician of a centre", 0.06, f"/find?centre_id={centre.id}"),
        ("home", 0.1, "/"),
        (
            "API: a month of a clinician",
            0.18,
            f"/api/v1/clinicians/{clinician.id}/calendar?month={month:%Y-%m}",
        ),
        ("API: directory, 20 clinicians", 0.06, "/api/v1/clinicians"),
    ]


def _clinic_paths(app) -> list[tuple[Any, ...]]:  # type: ignore[no-untyped-def]
    """The pages that are open all day where twenty clinicians work."""
    made = clinic.open_clinic(app)
    desk, clinician = (
        {"Cookie": bookings.colleague(app, name).cookie} for name in ("admin", made.a_username)
    )
    return [
        ("day board of a centre", 0.1, f"/desk/day?centre_id={made.centre_id}&date={made.day}", desk),
        ("a clinician's day", 0.2, f"/clinician/day?date={made.day}", clinician),
        ("a clinician's week", 0.1, f"/clinician/week?date={made.day}", clinician),
    ]


def _a_monday(on: date) -> date:
    """That date, or the next day on which people work."""
    return on + timedelta(days=-on.weekday() % 7)


def _measure(point: Point, port: int, path: str, clients: int, headers: dict[str, str] | None = None) -> Load:
    load(port, path, connections=clients, seconds=1, headers=headers)
    result = load(port, path, connections=clients, seconds=SECONDS, headers=headers)
    point.refused += result.refused
    return result


def _bookings(app, reference: int, product: int, url: str, cluster: Cluster) -> None:  # type: ignore[no-untyped-def]
    print("\nBookings a second against the bare page, and against pgbench")
    doors: list[tuple[str, Sequence[bookings.Booker]]] = [
        ("bookings by pages (hold and confirmation)", bookings.visitors(app, PATIENTS)),
        ("bookings by the API", programs.programs(app, PATIENTS)),
    ]
    slots = bookings.free_slots(app)
    sizes = _with_engine(app, lambda: sql.prepare(db.engine))
    taken = 0
    for (door, people), clients in product_of(doors, (1, 8, 32)):
        point = Point(f"{door}, {clients} clients", 0.18)
        alone: list[float] = []
        outcomes: Counter[int] = Counter()
        for _ in range(ROUNDS):
            point.reference.append(load(reference, "/", connections=16, seconds=SECONDS).per_second)
            share = slots[taken : taken + len(slots) // 20]
            per_second, answered = bookings.rate(product, people, share, clients=clients, seconds=SECONDS)
            taken += sum(answered.values())
            outcomes += answered
            point.measured.append(per_second)
            alone.append(
                sql.rate(cluster.programs / "pgbench", url, sizes, clients=clients, seconds=int(SECONDS))
            )
        print(point.line())
        share_of_sql = statistics.median(point.measured) / statistics.median(alone)
        against = f"pgbench {statistics.median(alone):.0f} a second: {share_of_sql:.3f}"
        print(f"{'':<44}{against}; answers {dict(outcomes)}", flush=True)


def _rushes(app, product: int) -> None:  # type: ignore[no-untyped-def]
    print(f"\n{CROWD} people book one time at once, {RUSHES} rounds")
    browsers = bookings.visitors(app, CROWD)
    slots = bookings.free_slots(app)[-RUSHES:]
    winners: Counter[int] = Counter()
    errors, slowest = 0, []
    for slot in slots:
        outcomes, seconds = bookings.rush(product, browsers, slot)
        winners[outcomes[200]] += 1
        errors += sum(count for status, count in outcomes.items() if status >= 500)
        slowest.append(seconds[-1])
    print(
        f"winners a round: {dict(winners)} (1 each is right); 5xx: {errors}; slowest answer {max(slowest):.2f} s"
    )


def _listeners(app, url: str) -> None:  # type: ignore[no-untyped-def]
    """On the default deployment: two processes, with as many threads as `make run` gives them."""
    print(f"\n{listeners.STREAMS} idle listeners on the default deployment")
    path = _paths(app)[0][2]
    point = Point("clinician page, with them against without", 0.8)
    threads = str(Settings().web_threads)
    people = bookings.visitors(app, 50)
    with serving("wsgi:app", url, WEB_THREADS=threads, **UNLIMITED) as port:
        before = listeners.connections(app, listeners.CONNECTIONS), listeners.memory(port)
        for _ in range(ROUNDS):
            point.reference.append(_measure(point, port, path, 16).per_second)
            with listeners.open_streams(port, people) as streams:
                point.measured.append(_measure(point, port, path, 16).per_second)
                hubs = listeners.connections(app, listeners.OF_HUBS)
                after = listeners.connections(app, listeners.CONNECTIONS), listeners.memory(port)
                heard = listeners.seconds_until_heard(app, streams)
    print(point.line())
    print(
        f"{len(streams)} open; database connections {before[0]} before and {after[0]} after, {hubs} of them listen"
    )
    print(f"resident MB of each process {before[1]} before and {after[1]} after")
    print(f"{len(heard)} heard of a change, the last after {max(heard, default=0):.2f} s")


def _neutrality(app, product: int) -> None:  # type: ignore[no-untyped-def]
    """What takes as long for somebody who is known as for a stranger tells nobody which it is."""
    print("\nKnown against unknown people, medians (1.00: nobody can tell)")
    with app.app_context():
        cases = neutral.cases()
    for case in cases:
        known, unknown = (seconds * 1000 for seconds in neutral.seconds(product, case))
        print(f"{case.name:<44}{known:>9.1f} ms against {unknown:>8.1f} ms: {known / unknown:.2f}")


def _finding(app) -> None:  # type: ignore[no-untyped-def]
    print(f"\nFinding a patient among {finding.PEOPLE:,}, milliseconds in the database")
    with app.app_context():
        finding.fill(db.session)
        for asked in finding.measure(db.session):
            print(asked.line(), flush=True)


def _with_engine(app, work: Callable[[], tuple[int, int]]) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    with app.app_context():
        return work()


if __name__ == "__main__":
    main()
