"""What tests of all areas ask for."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

PracticeSets = Callable[..., None]


@pytest.fixture
def practice_sets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> PracticeSets:
    """Change settings of the deployment for one test: practice_sets(front_desk_can_reschedule=True)."""

    def change(**changes: object) -> None:
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], **changes))

    return change
