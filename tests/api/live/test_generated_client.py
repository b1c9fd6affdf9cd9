"""A client that a program has written from the OpenAPI document books an appointment."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.core.permissions import Role
from tests.api.live.conftest import Live

pytestmark = [pytest.mark.slow, pytest.mark.concurrency]

CONFIG = """
package_name_override: generated_portal_client
post_hooks: []
content_type_overrides:
  application/pdf: application/octet-stream
  text/csv: application/octet-stream
"""


@pytest.fixture
def client_package(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the generated package, which can be imported."""
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    config = tmp_path / "config.yml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [tool, "generate", "--url", f"{live.address}/openapi.json", "--meta", "none"]
    command += ["--config", str(config), "--output-path", str(tmp_path / "generated_portal_client")]
    command += ["--fail-on-warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    return "generated_portal_client"


def test_it_books(live: Live, client_package: str) -> None:
    def module(name: str) -> Any:
        return importlib.import_module(f"{client_package}.{name}")

    root = live.address.removesuffix("/api/v1")
    made_client = module("client").AuthenticatedClient(base_url=root, token=live.token(Role.PATIENT))
    with made_client as client:
        made, slot = _book(module, client)
    assert made.success is True
    assert made.data.status == "CONFIRMED"
    assert made.data.start_at == slot.start_at


def _book(module: Callable[[str], Any], client: Any) -> tuple[Any, Any]:
    """The appointment and the time, by the functions that were generated."""
    clinicians = module("api.clinicians.clinicians_index").sync(client=client, availability=True)
    slots = module("api.slots.slots_index").sync(client=client, clinician_id=clinicians.data[0].id)
    body = module("models").Booking(slot_id=slots.data[0].id)
    made = module("api.appointments.appointments_create").sync(client=client, body=body)
    return made, slots.data[0]
