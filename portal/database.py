"""Which database a command uses. `python -m portal.database COMMAND...` runs a command with DATABASE_URL set."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

from portal.core.postgres import Cluster
from portal.settings import Settings

EMBEDDED_NAME = "bookable"


@dataclass(frozen=True)
class Database:
    """`keep_up` starts an embedded server again if it has died; of a server that is not ours it does nothing."""

    url: str
    keep_up: Callable[[], None] = lambda: None


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database that the settings name, or the embedded one, which is up while the block runs."""
    if settings.database_url is not None:
        yield Database(settings.database_url)
        return
    with Cluster(settings.instance_path / "postgres").join() as cluster:
        cluster.create_database(EMBEDDED_NAME)
        yield Database(cluster.url(EMBEDDED_NAME).render_as_string(hide_password=False), cluster.start)


def libpq_address(url: str | URL) -> str:
    """The same address as psycopg and PostgreSQL's own tools read it."""
    address = make_url(url)
    lists = {
        name: value if isinstance(value, str) else ",".join(value) for name, value in address.query.items()
    }
    return make_conninfo(**address.translate_connect_args(username="user", database="dbname"), **lists)


def main() -> None:
    """Run the command given as arguments, and end as it ends."""
    with database(Settings.from_environment()) as here:
        done = subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": here.url}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
