"""The five minutes of docs/api.md, as they stand there."""

import json
import os
import re
import shutil
import subprocess

import pytest

from portal.settings import PROJECT_ROOT
from tests.api.live.conftest import Live

pytestmark = pytest.mark.concurrency
TOOLS = ("bash", "curl", "jq")


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
def test_whoever_follows_the_document_has_an_appointment(live: Live) -> None:
    text = (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    script = re.search(r"```bash\n(.*?)```", text, re.DOTALL)
    assert script
    environment = {**os.environ, "API": live.address, "PHONE": "+447700900555"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script[1]],  # noqa: S607  the shell of whoever reads the document
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    mine = json.loads(done.stdout[done.stdout.rindex("{") :])
    assert mine["status"] == "CONFIRMED"
    assert mine["clinicianName"]
