"""Clinicians who leave a centre are not offered there any longer."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import SYSTEM
from portal.people.commands import edit_clinician
from portal.people.models import Clinician
from portal.scheduling.commands import add_exception
from portal.scheduling.models import DateException
from portal.scheduling.queries import weekly_rules
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, slots_of, week

DAY = date(2026, 3, 9)


@pytest.fixture
def leeds(session: Session) -> Centre:
    return a_centre(session)


def work_at(session: Session, clinician: Clinician, *centres: Centre) -> None:
    """Change nothing but the centres, as the page does."""
    same: dict[str, Any] = {
        name: getattr(clinician, name)
        for name in (
            "specialization",
            "qualification",
            "languages",
            "years_of_experience",
            "consultation_fee_minor",
            "default_duration_minutes",
            "headline",
            "bio",
            "requires_acceptance",
        )
    }
    same |= {
        name: getattr(clinician.account, name)
        for name in ("full_name", "title", "phone", "email", "username")
    }
    edit_clinician(
        session,
        clinician,
        by=SYSTEM,
        centre_ids=[centre.id for centre in centres],
        primary_centre_id=None,
        at=NOW,
        **same,
    )
    session.flush()


def test_hours_and_exceptions_at_the_centre_go_and_all_others_stay(session: Session, leeds: Centre) -> None:
    york = a_centre(session)
    hours = [*week("Mon 9-12", leeds), *week("Tue 9-12", york)]
    clinician = a_clinician(session, leeds, york, hours=hours)
    extra = {"start_time": time(18), "end_time": time(20), "is_available": True}
    for centre_id in (leeds.id, york.id):
        add_exception(session, clinician, starts_on=DAY, ends_on=DAY, centre_id=centre_id, **extra)  # type: ignore[arg-type]
    add_exception(session, clinician, starts_on=DAY, ends_on=DAY)
    session.flush()
    work_at(session, clinician, york)
    assert [rule.centre_id for rule in weekly_rules(session, clinician.id)] == [york.id]
    assert set(session.scalars(select(DateException.centre_id))) == {york.id, None}
    assert {slot.centre_id for slot in slots_of(session, clinician)} == {york.id}


def test_hours_without_a_centre_end_when_the_clinician_joins_one(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, None)
    assert slots_of(session, clinician)
    work_at(session, clinician, leeds)
    assert slots_of(session, clinician) == []


def test_other_changes_leave_the_hours_alone(session: Session, leeds: Centre) -> None:
    clinician = a_clinician(session, leeds)
    clinician.bio = "Knees."
    work_at(session, clinician, leeds)
    assert len(weekly_rules(session, clinician.id)) == 5
