"""Every operation, fuzzed as each role: no 500, no status that is not documented, no answer unlike its schema."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.core.permissions import Role
from tests.api.live.conftest import Live

pytestmark = [pytest.mark.slow, pytest.mark.concurrency]
ENDS_THE_SIGN_IN = ("auth_logout", "auth_devices_delete_all", "auth_devices_delete", "auth_passwords_change")
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
ALL_PHASES, QUICKLY = "examples,coverage,fuzzing", "examples,fuzzing"


def fuzz(live: Live, token: str | None, reports: Path, *more: str, phases: str = QUICKLY) -> None:
    """Run Schemathesis with all its checks; fails with what it says.

    The boundaries of every parameter (coverage) are the same for all: whoever may do most tries them for everybody, and
    twice as many examples.
    """
    examples = EXAMPLES if phases == ALL_PHASES else max(1, EXAMPLES // 2)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")),),
        *("--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", f"{live.address}/openapi.json"),
        *("--checks", "all", "--mode", "all", "--max-examples", str(examples), "--seed", SEED),
        *("--phases", phases, "--no-shrink", "--continue-on-failure"),
        *("--suppress-health-check", "all", "--report-dir", str(reports), "--warnings", "off", *more),
    ]
    if token is not None:
        command += ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=reports, timeout=600)
    assert done.returncode == 0, done.stdout[-12_000:]


@pytest.mark.parametrize("role", list(Role))
def test_signed_in(live: Live, role: Role, tmp_path: Path) -> None:
    left_out = [f"--exclude-operation-id={name}" for name in ENDS_THE_SIGN_IN]
    phases = ALL_PHASES if role is Role.ADMIN else QUICKLY
    fuzz(live, live.token(role), tmp_path, *left_out, phases=phases)


def test_as_a_visitor(live: Live, tmp_path: Path) -> None:
    fuzz(live, None, tmp_path)


@pytest.mark.parametrize("operation", ENDS_THE_SIGN_IN)
def test_what_ends_the_sign_in(live: Live, operation: str, tmp_path: Path) -> None:
    only = f"--include-operation-id={operation}"
    fuzz(live, live.token(Role.PATIENT), tmp_path, only, phases=ALL_PHASES)
