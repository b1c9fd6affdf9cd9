"""What patients see: the next free times of each service, after whatever was changed."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.permissions import SYSTEM, Role
from portal.people.clinicians import set_accepting
from portal.people.models import Clinician
from tests.conftest import NOW
from tests.factories import a_clinician, a_service, an_account, slots_of
from tests.web.helpers import HTMX, counted, sign_in


def address(clinician: Clinician) -> str:
    return f"/schedules/{clinician.id}/preview"


def test_each_service_shows_its_next_times_with_links_to_the_public_page(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    short = a_service(session, jane, title="Follow-up", duration_minutes=30)
    page = her_browser.get(address(jane)).text
    for slot in [*slots_of(session, jane)[:3], *slots_of(session, jane, service=short)[:3]]:
        assert f"slot={slot.id}" in page
    assert f"/clinicians/{jane.slug}" in page
    assert "Tomorrow, 09:00" in page


def test_a_change_of_hours_shows_at_once(her_browser: FlaskClient, jane: Clinician) -> None:
    her_browser.post(f"/schedules/{jane.id}/leave", data={"starts_on": "2026-03-03"})
    page = her_browser.get(address(jane)).text
    assert "Tomorrow" not in page
    assert "Wed 4 Mar, 09:00" in page


def test_who_has_no_hours_has_no_times(her_browser: FlaskClient, jane: Clinician) -> None:
    her_browser.post(f"/schedules/{jane.id}/hours", data={})
    assert "No free time in the next two months" in her_browser.get(address(jane)).text


def test_who_takes_no_patients_is_not_linked_to(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    set_accepting(session, jane, by=SYSTEM, is_accepting=False, at=NOW)
    session.flush()
    page = her_browser.get(address(jane)).text
    assert "Patients do not see this clinician at the moment." in page
    assert "slot=" not in page


def test_pages_of_hours_fetch_it_and_link_to_it(her_browser: FlaskClient, jane: Clinician) -> None:
    for part in ("hours", "rules", "leave", "extra-hours"):
        page = her_browser.get(f"/schedules/{jane.id}/{part}").text
        assert f'hx-get="{address(jane)}"' in page
        assert f'<a href="{address(jane)}">' in page
    piece = her_browser.get(address(jane), headers=HTMX).text
    assert piece.lstrip().startswith('<section id="preview"')
    assert "<html" not in piece


def test_others_keep_out(client: FlaskClient, session: Session, jane: Clinician) -> None:
    sign_in(client, an_account(session, Role.FRONT_DESK))
    assert client.get(address(jane)).status_code == 403
    sign_in(client, an_account(session, Role.CLINICIAN))
    assert client.get(address(jane)).status_code == 404


def test_it_costs_few_queries_however_many_services(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    for number in range(4):
        a_service(session, jane, title=f"Service {number}")
    with counted() as queries:
        her_browser.get(address(jane))
    assert len(queries) <= 8


def test_a_clinician_of_another_zone_is_told_their_own_clock(client: FlaskClient, session: Session) -> None:
    lia = a_clinician(session, None, time_zone="Asia/Kolkata", hours="Tue-Wed 9-12")
    sign_in(client, an_account(session, Role.ADMIN))
    assert "Wed 4 Mar, 09:00" in client.get(address(lia)).text
