"""Who the embedded server runs as: ourselves, or an unprivileged user when we are root (PostgreSQL refuses root)."""

import os
import pwd
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from portal.core.postgres_programs import NoServer

UNPRIVILEGED = "nobody"


class ServerUser:
    def __init__(self) -> None:
        self._dropped = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None

    @property
    def is_ourselves(self) -> bool:
        return self._dropped is None

    def can_enter(self, directory: Path) -> bool:
        """Whether this user may pass through every part of the path."""
        return not self.run("/bin/sh", "-c", 'test -x "$0"', str(directory))

    def own(self, directory: Path) -> None:
        """Make the directory, private to this user; raises NoServer when somebody else made it first."""
        directory.mkdir(mode=0o700, exist_ok=True)
        owner = self._dropped.pw_uid if self._dropped else os.geteuid()
        if directory.is_symlink() or directory.stat().st_uid not in {owner, os.geteuid()}:
            raise NoServer(f"{directory} belongs to somebody else: remove it.")
        directory.chmod(0o700)
        if self._dropped is not None:
            os.chown(directory, self._dropped.pw_uid, self._dropped.pw_gid)

    def run(self, *command: str) -> str:
        """Run a program as this user and wait; returns what it said when it failed, or nothing when all is well."""
        with tempfile.TemporaryFile(
            "w+", errors="replace"
        ) as said:  # no pipe: a server started here lives on
            try:
                code = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=_environment(),
                    check=False,
                    **self._identity(),
                ).returncode
            except OSError as error:
                return str(error)
            said.seek(0)
            return "" if code == 0 else said.read().strip() or f"{command[0]} ended with {code}"

    def _identity(self) -> dict[str, Any]:
        if self._dropped is None:
            return {}
        return {"user": self._dropped.pw_uid, "group": self._dropped.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """Ours without PGPORT and its like: they would reach the server and its tools, and mean some other server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
