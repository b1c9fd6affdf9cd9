"""Who waits on the day board, for how long, and who calls them in. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Role
from tests.conftest import NOW
from tests.factories import a_clinician, an_appointment, wall
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX


def nine_o_clock(session: Session, centre: Centre) -> Appointment:
    jane = a_clinician(session, centre)
    return an_appointment(
        session, clinician=jane, starts_at=wall("2026-03-02 09:00"), at=NOW - timedelta(days=3)
    )


def test_fay_sees_how_long_a_patient_has_waited_and_it_counts_on(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    visit = nine_o_clock(session, riverside)
    fay.post(f"/appointments/{visit.id}/arrival", data={"next": "/desk/day"})
    whole = fay.get("/desk/day").text
    assert "Just arrived" in whole
    again = re.search(r'hx-get="(/desk/day[^"]+)"', whole)
    assert again is not None
    address = again[1].replace("&amp;", "&")
    assert fay.get(address, headers=HTMX).status_code == 204
    with clock.travel_to(NOW + timedelta(minutes=1)):
        assert "Waiting for 1 minute<" in fay.get(address, headers=HTMX).text


def test_a_manager_calls_in_whoever_waits_and_is_back_on_the_board(
    browser_of: BrowserOf, session: Session, riverside: Centre
) -> None:
    visit = nine_o_clock(session, riverside)
    manager = browser_of(Role.MANAGER)
    manager.post(f"/appointments/{visit.id}/arrival", data={"next": "/desk/day"})
    assert f'action="/appointments/{visit.id}/start"' in manager.get("/desk/day").text
    done = manager.post(f"/appointments/{visit.id}/start", data={"next": "/desk/day"})
    assert done.headers["Location"].startswith("/desk/day")
    after = manager.get("/desk/day").text
    assert f'action="/appointments/{visit.id}/start"' not in after
    assert 'id="waiting-title"' not in after
    assert f'action="/appointments/{visit.id}/completion"' in after
    manager.post(f"/appointments/{visit.id}/completion", data={"next": "/desk/day"})
    assert 'id="running-title"' not in manager.get("/desk/day").text


def test_the_desk_is_not_offered_to_start_what_it_may_not(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    visit = nine_o_clock(session, riverside)
    fay.post(f"/appointments/{visit.id}/arrival", data={"next": "/desk/day"})
    assert f'action="/appointments/{visit.id}/start"' not in fay.get("/desk/day").text
    assert fay.post(f"/appointments/{visit.id}/start").status_code == 403


def test_the_board_says_of_each_visit_what_one_key_may_do_with_it(
    fay: FlaskClient, browser_of: BrowserOf, session: Session, riverside: Centre
) -> None:
    visit = nine_o_clock(session, riverside)

    def acts(browser: FlaskClient) -> set[str]:
        said = re.search(rf'id="block-{visit.id}" data-acts="([^"]*)"', browser.get("/desk/day").text)
        assert said is not None
        return set(said[1].split())

    manager = browser_of(Role.MANAGER)
    assert acts(fay) == {"arrival"}
    assert acts(manager) == {"arrival", "start", "completion", "no-show"}
    fay.post(f"/appointments/{visit.id}/arrival")
    assert acts(fay) == {"arrival-removal"}
    assert acts(manager) == {"start", "completion", "arrival-removal"}


def test_somebody_marked_as_arrived_by_mistake_is_expected_again(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    visit = nine_o_clock(session, riverside)
    fay.post(f"/appointments/{visit.id}/arrival", data={"next": "/desk/day"})
    assert f'action="/appointments/{visit.id}/arrival/removal"' in fay.get("/desk/day").text
    done = fay.post(f"/appointments/{visit.id}/arrival/removal", data={"next": "/desk/day"})
    assert done.headers["Location"] == "/desk/day"
    assert f'action="/appointments/{visit.id}/arrival"' in fay.get("/desk/day").text


def test_a_manager_asks_from_the_board_what_not_coming_means(
    fay: FlaskClient, browser_of: BrowserOf, session: Session, riverside: Centre
) -> None:
    visit = nine_o_clock(session, riverside)
    terms = f"/appointments/{visit.id}/no-show/terms?next="
    assert terms in browser_of(Role.MANAGER).get("/desk/day").text
    assert terms not in fay.get("/desk/day").text
