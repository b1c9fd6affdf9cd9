"""Save the database into backups/ and put a saved one back: `python -m portal.backup save | restore FILE`."""

import argparse
import subprocess
import sys
from pathlib import Path

from portal.core import clock, postgres_programs
from portal.core.postgres_programs import NoServer
from portal.database import database, libpq_address
from portal.settings import PROJECT_ROOT, Settings, SettingsError

BACKUPS = PROJECT_ROOT / "backups"


def save(address: str, prefix: str = "bookable") -> Path:
    """Write a compressed dump, readable by us alone, and return its path."""
    BACKUPS.mkdir(mode=0o700, exist_ok=True)
    file = BACKUPS / f"{prefix}-{clock.now():%Y%m%dT%H%M%SZ}.dump"
    file.touch(mode=0o600)
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}", address)
    return file


def restore(address: str, file: Path) -> None:
    """Replace everything in the database by the dump, in one transaction: all of it or nothing."""
    script = file.with_suffix(".sql")
    try:
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
        empty = "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        stop_at_error = ("--set=ON_ERROR_STOP=1", "--single-transaction", "--quiet", "--no-psqlrc")
        _run("psql", *stop_at_error, f"--command={empty}", f"--file={script}", address)
    finally:
        script.unlink(missing_ok=True)


def _run(program: str, *arguments: str) -> None:
    command = [str(postgres_programs.find() / program), *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Restoring saves the present state first, so that a wrong file can be undone."""
    parser = argparse.ArgumentParser(prog="python -m portal.backup")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("save")
    verbs.add_parser("restore").add_argument("file", type=Path)
    chosen = parser.parse_args()
    try:
        with database(Settings.from_environment()) as used:
            address = libpq_address(used.url)
            if chosen.verb == "save":
                sys.stdout.write(f"Saved: {save(address)}\n")
                return
            sys.stdout.write(f"The present state is saved in {save(address, 'before-restore')}\n")
            restore(address, chosen.file.resolve(strict=True))
            sys.stdout.write(f"Restored: {chosen.file}\n")
    except (SettingsError, NoServer, OSError) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{Path(error.cmd[0]).name} ended with {error.returncode}; the database is as it was.")


if __name__ == "__main__":
    main()
