"""The embedded PostgreSQL: a cluster of our own that listens on a private socket and nowhere else.

Several programs may use one cluster: whoever comes first starts it, whoever leaves last stops it, and one that is
killed leaves nothing behind that others must clear up, because all claims are file locks held by the kernel.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from portal.core import postgres_programs
from portal.core.postgres_programs import NoServer
from portal.core.postgres_user import UNPRIVILEGED, ServerUser

OWNER = "portal"
PORT = "5432"  # only part of the socket's name; said aloud everywhere so that PGPORT has no say
REFUGE = Path("/var/lib/bookable")
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 104 to 108 bytes
START_SECONDS = "60"
ATTEMPTS = 5  # one second apart: the children of a killed server take a moment to leave
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    """A PostgreSQL cluster below `root`.

    With `durable=False` a crash of the machine may lose it, which is fine for tests and much faster. Run by root,
    the server runs as an unprivileged user; where that user cannot reach `root`, the data live in /var/lib/bookable
    and the file `root/elsewhere` says where. Raises NoServer with the reason when no server will run.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root = root.resolve()
        self.durable = durable
        self._user = ServerUser()

    @contextmanager
    def join(self) -> Iterator["Cluster"]:
        """Use the server together with others: start it if need be, stop it on leaving if nobody else is left."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "users").open("a") as users:
            with self._alone_at_work():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._start()
            try:
                yield self
            finally:
                with self._alone_at_work():
                    if _nobody_else_holds(users):
                        self._stop()

    def start(self) -> None:
        """Make the cluster if it is not there and start its server if it is not up."""
        with self._alone_at_work():
            self._start()

    def stop(self) -> None:
        """Stop the server, whoever may still be using it; rows that were committed stay."""
        with self._alone_at_work():
            self._stop()

    def remove(self) -> None:
        """Stop the server and delete the cluster with everything in it."""
        self.stop()
        for directory in (self.sockets, self.run, self.home, self.root):
            shutil.rmtree(directory, ignore_errors=True)

    def url(self, database: str) -> URL:
        """The address of one database, for SQLAlchemy. The cluster must have been started."""
        place = {"host": str(self.sockets), "port": PORT}
        return URL.create("postgresql+psycopg", username=OWNER, database=database, query=place)

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database, a copy of `template` if given (nobody may be connected to that); one that exists stays."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        address = make_conninfo(host=str(self.sockets), port=PORT, user=OWNER, dbname="postgres")
        with psycopg.connect(address, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            try:
                connection.execute(statement)
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return  # another program made it at the same moment

    @cached_property
    def home(self) -> Path:
        """Where the data are: `root`, or a directory that the server's user can reach."""
        pointer = self.root / "elsewhere"
        if pointer.exists() and (chosen := Path(pointer.read_text().strip())).is_dir():
            return chosen
        if self._user.is_ourselves:
            return self.root
        self.root.chmod(0o711)
        if self._user.can_enter(self.root):
            return self.root
        if (self.root / "data").exists():
            raise NoServer(f"The user {UNPRIVILEGED} can no longer reach the database in {self.root}.")
        REFUGE.mkdir(mode=0o755, parents=True, exist_ok=True)
        # Not a name that can be foreseen: a new clone must not find the database of a deleted one.
        refuge = Path(tempfile.mkdtemp(prefix=f"{_digest(self.root)}-", dir=REFUGE))
        refuge.chmod(0o711)
        pointer.write_text(f"{refuge}\n")
        return refuge

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def run(self) -> Path:
        """The server's own directory: its log, and its socket where the path is short enough."""
        return self.home / "run"

    @property
    def sockets(self) -> Path:
        """Where the socket is. A path that is too long, or that would read as a list, is replaced by a short one."""
        path = str(self.run / f".s.PGSQL.{PORT}")
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w/.+@ -]+", path):
            return self.run
        # Not the TMPDIR of this session: the next session must find the same place.
        return Path("/tmp") / f"bookable-{_digest(self.home)}"  # noqa: S108  its owner is checked before use

    @cached_property
    def programs(self) -> Path:
        """PostgreSQL's programs, in a place from which the server's user can run them."""
        found = postgres_programs.find()
        if self._user.is_ourselves or not self._user.run(str(found / "postgres"), "--version"):
            return found
        return postgres_programs.copy_for_others(found, self.home)

    @contextmanager
    def _alone_at_work(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        for directory in (self.run, self.sockets):
            self._user.own(directory)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        failure = ""
        for attempt in range(ATTEMPTS):
            if self._is_ready():
                return
            time.sleep(1 if attempt else 0)
            self._drop_foreign_pid_file()
            log = str(self.run / "server.log")
            wait = ("-w", "-t", START_SECONDS, "-l", log)
            failure = self._pg("pg_ctl", "start", *wait, "-D", str(self.data), "-o", self._options())
            if not failure:
                return
        raise NoServer(f"The embedded PostgreSQL does not start: {failure}\n{self._last_words()}")

    def _stop(self) -> None:
        if not (self.data / "postmaster.pid").exists():
            return
        failure = self._pg("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))
        if failure and self._is_ready():
            raise NoServer(f"The embedded PostgreSQL does not stop: {failure}")

    def _initialise(self) -> None:
        unfinished = self.home / "data.new"  # gets its name when complete: initdb may be killed half way
        shutil.rmtree(unfinished, ignore_errors=True)
        self._user.own(unfinished)
        speed = () if self.durable else ("--no-sync",)
        kind = ("-U", OWNER, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust")
        failure = self._pg("initdb", "-D", str(unfinished), *kind, *speed)
        if failure:
            raise NoServer(f"The embedded PostgreSQL cannot be set up: {failure}")
        unfinished.rename(self.data)

    def _options(self) -> str:
        options = {
            **OPTIONS,
            **({} if self.durable else FORGETFUL),
            "unix_socket_directories": str(self.sockets),
        }
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())

    def _is_ready(self) -> bool:
        return not self._pg(
            "pg_isready", "-q", "-U", OWNER, "-d", "postgres", "-h", str(self.sockets), "-p", PORT
        )

    def _drop_foreign_pid_file(self) -> None:
        """After a reboot the number in the pid file may be another process's; PostgreSQL would refuse to start."""
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().split()[0])
            works_in = Path(f"/proc/{pid}/cwd").readlink()
        except (OSError, ValueError, IndexError):
            return  # no such process, or no /proc: PostgreSQL judges for itself
        if works_in != self.data:
            file.unlink(missing_ok=True)

    def _pg(self, program: str, *arguments: str) -> str:
        return self._user.run(str(self.programs / program), *arguments)

    def _last_words(self) -> str:
        log = self.run / "server.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""


def _nobody_else_holds(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
