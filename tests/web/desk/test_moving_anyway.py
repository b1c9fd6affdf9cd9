"""A visit is moved to a time that is not offered, on the board and on the page of moving: which rules that breaks is
said first, why is kept.

It is Monday 2 March 2026, 9:00 in Leeds. Ana sees Jane on Thursday at 10.
"""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.audit.models import AuditEntry
from portal.centres.commands import add_holiday
from portal.centres.models import Centre
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import add_exception
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_appointment, wall
from tests.web.desk.conftest import BrowserOf, slot_at
from tests.web.helpers import HTMX, counted, errors_in

AT_TEN = wall("2026-03-05 10:00")
ANYWAY = "Move anyway"
BOARD, PAGE = "/desk/moves/{}", "/appointments/{}/rescheduling"


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    return an_appointment(session, clinician=jane, patient=ana, starts_at=AT_TEN)


@pytest.fixture
def taken(session: Session, jane: Clinician, visit: Appointment) -> str:
    """Somebody else sees Jane at 14:00; the slot."""
    slot = slot_at(session, jane, "2026-03-05 14:00")
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 14:00"))
    return slot


@pytest.fixture
def full_week(session: Session, jane: Clinician, ana: Patient, riverside: Centre, taken: str) -> None:
    """Something is in the way everywhere."""
    add_exception(session, jane, starts_on=date(2026, 3, 11), ends_on=date(2026, 3, 11))
    add_holiday(session, riverside, by=SYSTEM, holiday_on=date(2026, 3, 12), name="Fair", at=NOW)
    an_appointment(session, clinician=a_clinician(session), patient=ana, starts_at=wall("2026-03-05 15:00"))
    session.flush()


@pytest.fixture(params=[BOARD, PAGE])
def address(request: pytest.FixtureRequest, visit: Appointment) -> str:
    """Where it is moved: from the board, and from its own page."""
    return str(request.param).format(visit.id)


@pytest.fixture
def others(
    fay: FlaskClient,
    browser_of: BrowserOf,
    session: Session,
    jane: Clinician,
    practice_sets: Callable[..., None],
) -> list[FlaskClient]:
    """Those who may move her visit, but book over nothing: Fay, where the practice lets her, and Jane."""
    practice_sets(front_desk_can_reschedule=True)
    return [fay, browser_of(account_of(session, jane))]


def typed(text: str) -> dict[str, str]:
    on, _, time = text.partition(" ")
    return {"on": on, "time": time}


def moved_to(session: Session, visit: Appointment) -> object:
    session.refresh(visit)
    return visit.starts_at


@pytest.mark.parametrize(
    "broken",
    [
        ("2026-03-05 19:00", "OUTSIDE_HOURS", "It lies outside working hours."),
        ("2026-03-11 10:00", "LEAVE", "The clinician is on leave."),
        ("2026-03-12 10:00", "HOLIDAY", "The centre is closed that day: a holiday."),
        ("2026-03-05 14:00", "TAKEN", "The clinician’s time is taken, pauses included."),
        ("2026-03-05 15:00", "ENGAGED", "The patient is somewhere else then."),
        ("2026-03-05 10:30", "NOT_ON_GRID", "Visits do not start at that time of day."),
    ],
)
@pytest.mark.usefixtures("full_week")
def test_what_a_typed_time_breaks_is_named_and_with_a_reason_it_is_moved_there(
    cora: FlaskClient, session: Session, visit: Appointment, address: str, broken: tuple[str, str, str]
) -> None:
    when, rule, said = broken
    asked = cora.get(address, query_string=typed(when)).text
    assert asked.count('name="rules"') == 1, "its own time is not in its way"
    for part in (f'name="rules" value="{rule}"', said, ANYWAY):
        assert part in asked
    slot = asked.partition('name="slot" value="')[2].partition('"')[0]
    done = cora.post(address, data={"slot": slot, "rules": [rule], "reason": "No other day"})
    assert done.status_code == 303
    assert moved_to(session, visit) == wall(when)
    line, history = visit.history[-1], cora.get(f"/appointments/{visit.id}").text
    assert (line.kind, line.overridden, line.reason) == ("rescheduled", [rule], "No other day")
    assert "No other day" in history
    assert said in history
    audited = select(AuditEntry.detail).where(
        AuditEntry.subject_id == visit.id, AuditEntry.action == "appointment.override-rule"
    )
    assert session.scalars(audited).all() == [{"rules": [rule], "reason": "No other day"}]


def test_a_typed_time_that_is_free_is_confirmed_like_any_other(
    cora: FlaskClient, session: Session, jane: Clinician, visit: Appointment, address: str
) -> None:
    asked = cora.get(address, query_string=typed("2026-03-05 16:00"), follow_redirects=True)
    slot = slot_at(session, jane, "2026-03-05 16:00")
    assert f'name="slot" value="{slot}"' in asked.text
    assert ANYWAY not in asked.text
    assert cora.post(address, data={"slot": slot}).status_code == 303
    assert moved_to(session, visit) == wall("2026-03-05 16:00")


def test_staff_need_no_reason_within_the_notice(cora: FlaskClient, address: str) -> None:
    today = typed("2026-03-02 14:00")
    assert ANYWAY not in cora.get(address, query_string=today, follow_redirects=True).text


def test_a_chosen_time_that_somebody_took_meanwhile_can_be_had_anyway(
    cora: FlaskClient, session: Session, visit: Appointment, taken: str, address: str
) -> None:
    refused = cora.post(address, data={"slot": taken, "reason": "Jane asked"})
    assert refused.status_code == 409
    for said in (ANYWAY, 'name="rules" value="TAKEN"', f'name="slot" value="{taken}"'):
        assert said in refused.text
    assert moved_to(session, visit) == AT_TEN
    if address == PAGE.format(visit.id):
        assert 'value="Jane asked"' in refused.text
        assert "Free times near it" in refused.text


def test_without_a_reason_it_stays_and_the_form_comes_back(
    cora: FlaskClient, session: Session, visit: Appointment, taken: str, address: str
) -> None:
    for reason in ("", "  ", "x" * 201):
        silent = cora.post(address, data={"slot": taken, "rules": ["TAKEN"], "reason": reason})
        assert silent.status_code == 422
        assert 'href="#reason"' in errors_in(silent)
        for said in (ANYWAY, 'name="rules" value="TAKEN"', f'name="slot" value="{taken}"'):
            assert said in silent.text
    assert moved_to(session, visit) == AT_TEN


def test_a_rule_that_came_in_the_way_meanwhile_is_read_first(
    cora: FlaskClient, session: Session, ana: Patient, address: str, taken: str
) -> None:
    an_appointment(session, clinician=a_clinician(session), patient=ana, starts_at=wall("2026-03-05 14:00"))
    anyway = {"slot": taken, "rules": ["TAKEN"], "reason": "Urgent pain"}
    told = cora.post(address, data=anyway)
    assert told.status_code == 409
    for said in ("The patient is somewhere else then.", 'name="rules" value="TAKEN"', "Urgent pain"):
        assert said in told.text
    done = cora.post(address, data={**anyway, "rules": ["TAKEN", "ENGAGED"]})
    assert done.status_code == 303


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-02-26 10:00", "That time has already passed."),
        ("2199-12-31 23:59", "That time is too far ahead to be booked yet."),
        ("2026-03-05 10:00", "It is at that time already"),
        ("2026-03-05 ", "Enter the time"),
        (" 10:00", "Enter the date"),
        ("rubbish rubbish", "Enter a time, like 09:30"),
        ("9999-12-31 10:00", "Enter a date between 1900 and 2199"),
    ],
)
def test_what_cannot_be_is_said_by_the_field(cora: FlaskClient, address: str, when: str, said: str) -> None:
    answer = cora.get(address, query_string=typed(when))
    assert answer.status_code == 422
    assert said in errors_in(answer)
    assert ANYWAY not in answer.text


def test_the_past_is_for_nobody_whatever_is_sent(
    cora: FlaskClient, session: Session, visit: Appointment, taken: str, address: str
) -> None:
    prefix = taken.rpartition("-")[0]
    slot = f"{prefix}-{int(wall('2026-02-26 10:00').timestamp())}"
    answer = cora.post(address, data={"slot": slot, "rules": ["PAST"], "reason": "Late"})
    assert answer.status_code in {400, 403}
    assert moved_to(session, visit) == AT_TEN


def test_who_may_not_overbook_sees_nothing_of_it_and_is_refused(
    others: list[FlaskClient], session: Session, visit: Appointment, address: str, taken: str
) -> None:
    for browser in others:
        assert "A time that is taken or outside working hours too" not in browser.get(address).text
        for asked in (typed("2026-03-05 19:00"), {"slot": taken}):
            shown = browser.get(address, query_string=asked)
            assert shown.status_code == 200
            assert ANYWAY not in shown.text
        refused = browser.post(address, data={"slot": taken})
        assert refused.status_code == 409
        assert ANYWAY not in refused.text
        anyway = {"slot": taken, "rules": ["TAKEN"], "reason": "Urgent"}
        assert browser.post(address, data=anyway).status_code == 403
    assert moved_to(session, visit) == AT_TEN


def test_the_reason_is_for_the_team_and_not_for_the_patient(
    browser_of: BrowserOf, cora: FlaskClient, session: Session, visit: Appointment, taken: str
) -> None:
    assert visit.patient is not None
    cora.post(PAGE.format(visit.id), data={"slot": taken, "rules": ["TAKEN"], "reason": "She insists"})
    seen = browser_of(account_of(session, visit.patient)).get(f"/patient/appointments/{visit.id}").text
    assert "Moved" in seen
    assert "She insists" not in seen
    assert "time is taken" not in seen


def test_a_visit_pulled_onto_another_leads_to_the_same_question(
    cora: FlaskClient, visit: Appointment, taken: str
) -> None:
    list_of_times = cora.get(BOARD.format(visit.id), headers=HTMX).text
    anywhere = list_of_times.partition('data-anywhere="')[2].partition('"')[0]
    present, _, at = anywhere.rpartition("-")
    assert int(at) == AT_TEN.timestamp()
    pulled = f"{present}-{taken.rpartition('-')[2]}"
    asked = cora.get(pulled, headers=HTMX).text
    assert asked.startswith('<section class="move')
    for said in ("14:00</strong>", "time is taken, pauses included", ANYWAY):
        assert said in asked
    free = f"{present}-{int(wall('2026-03-05 15:00').timestamp())}"
    assert "Move it" in cora.get(free, headers=HTMX).text
    for nothing in (f"{present}-{at}", f"{present}-99", BOARD.format(visit.id) + "?slot=1-1-1-1"):
        assert "no longer free" in cora.get(nothing, headers=HTMX).text


@pytest.mark.usefixtures("taken")
def test_each_step_costs_eight_queries_at_most(cora: FlaskClient, address: str) -> None:
    for when in ("", "2026-03-05 14:00", "2026-03-05 16:00", "rubbish "):
        with counted() as queries:
            cora.get(address, query_string=typed(when) if when else {})
        assert len(queries) <= 8, (when, queries)
