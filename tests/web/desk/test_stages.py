"""The board narrowed to how far visits have come. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.people.models import Clinician
from portal.web.desk.stages import STAGES, Stage, stage_of
from tests.conftest import NOW
from tests.factories import a_hold, a_patient, an_appointment, slots_of, wall

BEFORE = NOW - timedelta(days=3)


@pytest.fixture
def day(session: Session, jane: Clinician) -> dict[Stage, Appointment]:
    """One visit of Dr Smith's at each stage, named for it."""
    ended: dict[Stage, dict[str, object]] = {
        Stage.TO_COME: {},
        Stage.WAITING: {"arrived_at": NOW},
        Stage.RUNNING: {"arrived_at": NOW, "started_at": NOW},
        Stage.DONE: {"status": Status.COMPLETED, "arrived_at": NOW, "started_at": NOW, "ended_at": NOW},
        Stage.MISSED: {"status": Status.NO_SHOW},
        Stage.CANCELLED: {"status": Status.CANCELLED, "cancelled_at": NOW, "cancelled_by": "PATIENT"},
    }
    made = {}
    for hour, (stage, facts) in enumerate(ended.items(), start=10):
        made[stage] = one = _visit(session, jane, wall(f"2026-03-02 {hour}:00"), f"Somebody {stage}")
        with session.no_autoflush:
            for name, value in facts.items():
                setattr(one, name, value)
    session.flush()
    return made


def _visit(session: Session, jane: Clinician, starts_at: datetime, name: str) -> Appointment:
    patient = a_patient(session, full_name=name, phone=f"+4477009002{starts_at:%H}")
    return an_appointment(session, clinician=jane, patient=patient, starts_at=starts_at, at=BEFORE)


def names_on(board: str) -> set[str]:
    shown = board.partition('id="board"')[2]
    return {stage for stage in Stage if f"Somebody {stage}" in shown}


def test_each_visit_is_at_one_stage_and_a_held_time_at_none(
    session: Session, jane: Clinician, day: dict[Stage, Appointment]
) -> None:
    assert {stage: stage_of(one) for stage, one in day.items()} == {stage: stage for stage in Stage}
    assert stage_of(a_hold(session, jane, starts_at=wall("2026-03-05 16:00"))) is None


@pytest.mark.parametrize("stage", Stage)
def test_the_board_shows_only_who_is_at_the_stage_asked_for(
    fay: FlaskClient, day: dict[Stage, Appointment], stage: Stage
) -> None:
    shown = fay.get(f"/desk/day?stage={stage}").text
    assert names_on(shown) == {stage}
    assert "slot=" not in shown.partition('id="board"')[2]


def test_the_whole_day_leaves_out_what_was_cancelled_and_counts_every_stage(
    fay: FlaskClient, day: dict[Stage, Appointment]
) -> None:
    shown = fay.get("/desk/day").text
    assert names_on(shown) == set(Stage) - {Stage.CANCELLED}
    chips = shown.partition('id="stages"')[2].partition("</ul>")[0]
    for label in STAGES.values():
        assert f'>{label} <span class="chip__count">1</span>' in chips


def test_the_stage_is_kept_by_links_form_and_refresh(fay: FlaskClient, day: dict[Stage, Appointment]) -> None:
    shown = fay.get("/desk/day?stage=waiting").text
    assert '<input type="hidden" name="stage" value="waiting">' in shown
    assert shown.count("date=2026-03-03&amp;stage=waiting") == 1
    assert "stage=waiting&amp;stamp=" in shown
    assert 'name="next" value="/desk/day?centre_id=' in shown
    assert "expected-title" not in shown


def test_a_stage_that_nobody_is_at_says_so_and_one_that_does_not_exist_is_not_found(
    fay: FlaskClient, jane: Clinician
) -> None:
    assert "No visit of this day is at this point" in fay.get("/desk/day?stage=done").text
    assert fay.get("/desk/day?stage=elsewhere").status_code == 404


def test_a_free_time_under_the_block_of_a_visit_that_ended_early_is_left_out(
    cora: FlaskClient, session: Session, jane: Clinician
) -> None:
    visit = _visit(session, jane, NOW, "Somebody early")
    for act in ("start", "completion"):
        assert cora.post(f"/appointments/{visit.id}/{act}").status_code == 303
    board = cora.get("/desk/day").text
    assert f'id="block-{visit.id}"' in board
    free = [slot for slot in slots_of(session, jane, is_staff=True) if slot.starts_at >= NOW]
    assert free[0].starts_at == NOW
    assert f'id="free-{free[0].id}"' not in board
    assert f'id="free-{free[1].id}"' in board
