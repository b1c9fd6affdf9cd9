"""A visit as a file, for those who work with it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Role
from tests.calendars.visits import parsed
from tests.factories import an_account
from tests.web.staff.conftest import BrowserOf


@pytest.mark.parametrize("who", ["janes", "fay"])
def test_the_file_names_the_patient_by_initials(
    who: str, visit: Appointment, request: pytest.FixtureRequest
) -> None:
    browser: FlaskClient = request.getfixturevalue(who)
    address = f"/appointments/{visit.id}/invite.ics"
    assert f'href="{address}"' in browser.get(f"/appointments/{visit.id}").text
    answer = browser.get(address)
    (event,) = parsed(answer.data).events
    assert str(event["SUMMARY"]) == "Appointment (AS)"
    assert event.start == visit.starts_at
    assert "Silva" not in answer.text
    assert "ana@example.org" not in answer.text


def test_strangers_get_no_file(
    session: Session, browser_of: BrowserOf, zed: FlaskClient, visit: Appointment
) -> None:
    address = f"/appointments/{visit.id}/invite.ics"
    other = browser_of(an_account(session, Role.CLINICIAN, full_name="Zoe Ahmed"))
    assert (zed.get(address).status_code, other.get(address).status_code) == (403, 404)
