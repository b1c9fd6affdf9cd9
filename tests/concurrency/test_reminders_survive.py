"""Reminders fall due while jobs processes are killed and the provider fails: each arrives once, none is lost unseen."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from bench.reminders import Storm, run


@pytest.mark.slow
@pytest.mark.concurrency
def test_reminders_arrive_once_whoever_dies_meanwhile(committed: Engine, tmp_path: Path) -> None:
    """A short storm; `python -m bench.reminders` is the long one."""
    storm = Storm(reminders=60, seconds=16, processes=3, kills=0.3, changes=8)
    outcome = run(committed.url.render_as_string(hide_password=False), storm, tmp_path)
    print(*outcome.lines(), sep="\n")  # noqa: T201  the figures are part of what this shows
    assert outcome.kills > 0
    assert outcome.attempts > outcome.due
    assert outcome.sent >= outcome.due - outcome.listed
    assert (outcome.lost, outcome.twice, outcome.told_wrong) == (0, 0, 0)
