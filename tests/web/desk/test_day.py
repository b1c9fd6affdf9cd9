"""The day board: what a centre's day looks like, and to whom. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.commands import add_holiday
from portal.centres.models import Centre
from portal.core.permissions import SYSTEM, Role
from portal.scheduling.commands import add_exception
from tests.conftest import NOW
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_patient,
    a_service,
    an_appointment,
    service_of,
    wall,
)
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX, counted


def board_of(text: str, name: str) -> str:
    """The column of a clinician."""
    return text.partition(f'aria-label="{name}"')[2].partition("</section>")[0]


def test_fay_sees_who_is_with_whom_and_what_is_free(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside, hours="Mon-Fri 9-12")
    ana = a_patient(session, full_name="Ana Silva")
    visit = an_appointment(
        session, clinician=jane, patient=ana, starts_at=wall("2026-03-02 10:00"), at=NOW - timedelta(days=3)
    )
    shown = fay.get("/desk/day")
    column = board_of(shown.text, "Dr Jane Smith")
    assert f'href="/appointments/{visit.id}"' in column
    assert "Ana Silva" in column
    starts = re.findall(r"slot=\d+-\d+-\d+-(\d+)", column)
    assert [int(start) for start in starts] == [
        int(wall(f"2026-03-02 {at}").timestamp()) for at in ("09:00", "11:00")
    ]


def test_a_clinician_with_neither_hours_nor_visits_takes_no_column(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    a_clinician(session, riverside, hours="Tue 9-12", full_name="Ruth Vale")
    assert "Ruth Vale" not in fay.get("/desk/day").text.partition('id="board"')[2]
    assert "Dr Ruth Vale" in fay.get("/desk/day?date=2026-03-03").text.partition('id="board"')[2]


def test_leave_is_shaded_with_its_reason_and_offers_nothing(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside, hours="Mon 9-13")
    add_exception(
        session, jane, starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 2), start_time=time(10), end_time=time(13),
        reason="Course",
    )  # fmt: skip
    session.flush()
    column = board_of(fay.get("/desk/day").text, "Dr Jane Smith")
    assert "Course" in column
    assert column.count("slot=") == 1


def test_a_holiday_closes_the_centre(fay: FlaskClient, session: Session, riverside: Centre) -> None:
    a_clinician(session, riverside)
    add_holiday(session, riverside, by=SYSTEM, holiday_on=date(2026, 3, 2), name="Founders Day", at=NOW)
    shown = fay.get("/desk/day").text
    assert "Founders Day" in shown
    assert "slot=" not in shown


def test_a_time_held_online_is_shown_without_a_name(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside, notice_hours=0)
    a_hold(session, jane, starts_at=wall("2026-03-02 10:00"))
    column = board_of(fay.get("/desk/day").text, "Dr Jane Smith")
    assert "block--hold" in column
    assert "/appointments/" not in column


def test_the_service_chooser_narrows_the_free_times(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside, hours="Mon 9-12")
    a_clinician(session, riverside, hours="Mon 9-12", full_name="Ruth Vale")
    short = a_service(session, jane, title="Check-up", duration_minutes=30)
    shown = fay.get(f"/desk/day?service_id={short.id}").text
    assert board_of(shown, "Dr Jane Smith").count("slot=") == 6
    assert board_of(shown, "Dr Ruth Vale").count("slot=") == 0


def test_one_clinician_can_be_looked_at_alone(fay: FlaskClient, session: Session, riverside: Centre) -> None:
    jane = a_clinician(session, riverside)
    a_clinician(session, riverside, full_name="Ruth Vale")
    shown = fay.get(f"/desk/day?clinician_id={jane.id}").text.partition('id="board"')[2]
    assert "Dr Jane Smith" in shown
    assert "Dr Ruth Vale" not in shown
    assert fay.get("/desk/day?clinician_id=999999").status_code == 404


def test_the_desk_of_one_centre_is_refused_another(fay: FlaskClient, session: Session) -> None:
    assert fay.get(f"/desk/day?centre_id={a_centre(session).id}").status_code == 403


@pytest.mark.parametrize(
    "address", ["/desk/day?centre_id=999999", "/desk/day?centre_id=x", "/desk/day?service_id=x"]
)
def test_what_is_not_there_is_not_found(browser_of: BrowserOf, riverside: Centre, address: str) -> None:
    assert browser_of(Role.ADMIN).get(address).status_code == 404


def test_a_manager_changes_between_centres(
    browser_of: BrowserOf, session: Session, riverside: Centre
) -> None:
    other = a_centre(session, name="Harbour", city="Boston", time_zone="America/New_York")
    manager = browser_of(Role.MANAGER)
    shown = manager.get(f"/desk/day?centre_id={other.id}").text
    assert "Harbour" in shown.partition("<h1>")[0].rpartition("eyebrow")[2]
    assert f'<option value="{riverside.id}">Riverside</option>' in shown


def test_a_date_that_makes_no_sense_comes_back_with_words(fay: FlaskClient) -> None:
    shown = fay.get("/desk/day?date=31-02-2026")
    assert shown.status_code == 422
    assert 'value="31-02-2026"' in shown.text
    assert "Enter a date" in shown.text
    assert fay.get("/desk/day?date=0001-01-01").status_code == 422


def test_patients_clinicians_and_visitors_stay_outside(client: FlaskClient, browser_of: BrowserOf) -> None:
    assert client.get("/desk/day").status_code in {303, 401}
    assert browser_of(Role.PATIENT).get("/desk/day").status_code == 403
    assert browser_of(Role.CLINICIAN).get("/desk/day").status_code == 403


def test_a_refresh_is_silent_until_something_happens(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside)
    whole = fay.get("/desk/day")
    again = re.search(r'hx-get="(/desk/day[^"]+)"', whole.text)
    assert again is not None
    address = again[1].replace("&amp;", "&")
    assert fay.get(address, headers=HTMX).status_code == 204
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-02 14:00"), at=NOW - timedelta(days=3))
    piece = fay.get(address, headers=HTMX)
    assert piece.status_code == 200
    assert "Ana Silva" in piece.text
    assert "<html" not in piece.text
    assert piece.text.strip() in fay.get("/desk/day").text


def test_fay_checks_a_patient_in_from_the_board(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside)
    visit = an_appointment(
        session, clinician=jane, starts_at=wall("2026-03-02 09:00"), at=NOW - timedelta(days=3)
    )
    shown = fay.get("/desk/day").text
    assert f'action="/appointments/{visit.id}/arrival"' in shown
    back = re.search(r'name="next" value="([^"]+)"', shown)
    assert back is not None
    done = fay.post(f"/appointments/{visit.id}/arrival", data={"next": back[1].replace("&amp;", "&")})
    assert done.status_code == 303
    assert done.headers["Location"].startswith("/desk/day")
    after = fay.get(done.headers["Location"]).text
    assert f'action="/appointments/{visit.id}/arrival"' not in after
    assert "block--arrived" in after


def test_expected_are_those_whose_time_is_near(fay: FlaskClient, session: Session, riverside: Centre) -> None:
    jane = a_clinician(session, riverside)
    near, later = (
        an_appointment(
            session, clinician=jane, starts_at=wall(f"2026-03-02 {hour}:00"), at=NOW - timedelta(days=3)
        )
        for hour in ("09", "10")
    )
    shown = fay.get("/desk/day").text
    assert f'action="/appointments/{near.id}/arrival"' in shown
    assert f'action="/appointments/{later.id}/arrival"' not in shown


def test_requests_to_cancel_late_are_listed_whatever_the_day(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    visit = an_appointment(
        session, clinician=a_clinician(session, riverside), starts_at=wall("2026-03-05 10:00")
    )
    session.execute(
        update(Appointment).where(Appointment.id == visit.id).values(cancellation_requested_at=NOW)
    )
    shown = fay.get("/desk/day").text
    assert "1 patient asks to cancel" in shown
    assert f'href="/appointments/{visit.id}"' in shown


def test_overbooking_is_offered_to_those_who_may(
    fay: FlaskClient, cora: FlaskClient, session: Session, riverside: Centre
) -> None:
    a_clinician(session, riverside)
    assert "Book over a taken time" not in fay.get("/desk/day").text
    assert "Book over a taken time" in cora.get("/desk/day").text


def test_a_board_of_twenty_costs_no_more_than_a_board_of_one(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    for number in range(20):
        jane = a_clinician(session, riverside, full_name=f"Jane {chr(65 + number)}")
        an_appointment(
            session, clinician=jane, starts_at=wall("2026-03-02 10:00"), at=NOW - timedelta(days=3)
        )
    session.flush()
    with counted() as queries:
        assert fay.get("/desk/day").text.count('class="board__column"') == 20
    assert len(queries) <= 8


def test_a_practice_without_a_centre_says_so(browser_of: BrowserOf) -> None:
    assert "No centre yet" in browser_of(Role.ADMIN).get("/desk/day").text


def test_a_service_chosen_is_kept_by_the_links_to_other_days(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    service = service_of(session, a_clinician(session, riverside))
    shown = fay.get(f"/desk/day?service_id={service.id}").text
    assert f"date=2026-03-03&amp;service_id={service.id}" in shown
