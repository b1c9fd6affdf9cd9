"""Files as two independent libraries read them: `icalendar` in Python, `ical.js` in Node."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from portal.settings import PROJECT_ROOT

ReadByIcalJs = Callable[[Mapping[str, bytes]], dict[str, Any]]
SCRIPT = Path(__file__).with_name("read.mjs")


@pytest.fixture(scope="session")
def read_by_ical_js() -> ReadByIcalJs:
    """Reads many files in one process of Node: by name {method, events: [{uid, start, end ...}]}, instants in UTC."""
    node = shutil.which("node")
    if node is None or not (PROJECT_ROOT / "node_modules/ical.js").exists():
        pytest.skip("needs Node and the package ical.js (npm ci)")

    def read(files: Mapping[str, bytes]) -> dict[str, Any]:
        asked = json.dumps({name: content.decode() for name, content in files.items()})
        answer = subprocess.run(
            [node, str(SCRIPT)], input=asked, capture_output=True, text=True, check=True, timeout=60
        )
        found: dict[str, Any] = json.loads(answer.stdout)
        return found

    return read
