"""Booking rules: notice, horizon, and the deadline for cancelling."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.scheduling.queries import booking_rules
from portal.scheduling.rosters import BookingRules
from tests.factories import an_account
from tests.web.helpers import counted, errors_in, sign_in

GOOD = {"notice_hours": "2", "advance_days": "30", "deadline_hours": "48"}
REFUSED = [(Role.CLINICIAN, 404), (Role.CENTRE_MANAGER, 403), (Role.FRONT_DESK, 403)]


def address(clinician: Clinician) -> str:
    return f"/schedules/{clinician.id}/rules"


def test_the_rules_are_shown_and_saved(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    assert 'value="90"' in her_browser.get(address(jane)).text
    answer = her_browser.post(address(jane), data=GOOD)
    assert (answer.status_code, answer.location) == (303, address(jane))
    session.expire_all()
    assert booking_rules(session, jane.id) == BookingRules(notice_hours=2, advance_days=30, deadline_hours=48)


def test_no_notice_at_all_is_possible(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    assert her_browser.post(address(jane), data=GOOD | {"notice_hours": "0"}).status_code == 303
    session.expire_all()
    assert booking_rules(session, jane.id).notice_hours == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("notice_hours", ""), "Enter a number"),
        (("notice_hours", " "), "Enter a number"),
        (("advance_days", "\u00a0"), "Enter a number"),
        (("notice_hours", "721"), "Enter a number from 0 to 720"),
        (("advance_days", "0"), "Enter a number from 1 to 730"),
        (("deadline_hours", "-1"), "Enter a number from 0 to 720"),
        (("deadline_hours", "soon"), "Enter a whole number"),
    ],
)
def test_rules_that_make_no_sense_come_back_with_what_was_typed(
    her_browser: FlaskClient, session: Session, jane: Clinician, change: tuple[str, str], complaint: str
) -> None:
    field, value = change
    answer = her_browser.post(address(jane), data=GOOD | {field: value})
    assert answer.status_code == 422
    assert complaint in errors_in(answer)
    assert f'value="{value}"' in answer.text
    session.expire_all()
    assert booking_rules(session, jane.id).advance_days == 90


@pytest.mark.parametrize(("role", "status"), REFUSED)
def test_others_keep_out(
    client: FlaskClient, session: Session, jane: Clinician, role: Role, status: int
) -> None:
    sign_in(client, an_account(session, role))
    assert client.get(address(jane)).status_code == status
    assert client.post(address(jane), data=GOOD).status_code == status


def test_the_page_costs_few_queries(her_browser: FlaskClient, jane: Clinician) -> None:
    with counted() as queries:
        her_browser.get(address(jane))
    assert len(queries) <= 8
