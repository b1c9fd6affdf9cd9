"""The day on paper. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Status
from portal.centres.models import Centre
from portal.core.permissions import Role
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_hold, a_patient, an_appointment, wall
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import counted

BEFORE = NOW - timedelta(days=3)


def test_each_clinician_has_a_sheet_with_names_phones_services_and_what_is_to_pay(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside, notice_hours=0)
    ruth = a_clinician(session, riverside, full_name="Ruth Vale")
    ana = a_patient(session, full_name="Ana Silva", phone="+447700900123")
    visit = an_appointment(
        session, clinician=jane, patient=ana, starts_at=wall("2026-03-02 10:00"), at=BEFORE
    )
    visit.fee_minor = 4500
    gone = an_appointment(
        session,
        clinician=jane,
        patient=a_patient(session, full_name="Omar Haddad", phone="+447700900124"),
        starts_at=wall("2026-03-02 12:00"),
        at=BEFORE,
    )
    with session.no_autoflush:
        gone.status, gone.cancelled_at, gone.cancelled_by = Status.CANCELLED, NOW, "PATIENT"
    a_hold(session, jane, starts_at=wall("2026-03-02 14:00"))
    sheet = fay.get("/desk/day/sheet").text
    row = sheet.partition("<tbody>")[2].partition("</tbody>")[0]
    for said in ("10:00", "11:00", "Ana Silva", "07700 900123", "£45.00 to pay"):
        assert said in row, said
    assert row.count("<tr>") == 1
    assert "Omar Haddad" not in sheet
    assert ruth.full_name not in sheet
    assert "1 appointment." in sheet


def test_what_became_of_a_visit_stands_on_the_sheet_of_a_day_that_is_over(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    jane = a_clinician(session, riverside)
    an_appointment(session, clinician=jane, starts_at=wall("2026-02-27 10:00"), status=Status.NO_SHOW)
    assert "Did not attend" in fay.get("/desk/day/sheet?date=2026-02-27").text


def test_the_sheet_is_of_one_clinician_where_the_board_was(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    for name in ("Jane Smith", "Ruth Vale"):
        clinician = a_clinician(session, riverside, full_name=name)
        an_appointment(session, clinician=clinician, starts_at=wall("2026-03-02 10:00"), at=BEFORE)
    board = fay.get(f"/desk/day?clinician_id={clinician.id}").text
    address = f"/desk/day/sheet?centre_id={riverside.id}&amp;date=2026-03-02&amp;clinician_id={clinician.id}"
    assert address in board
    sheet = fay.get(address.replace("&amp;", "&")).text
    assert "Dr Ruth Vale" in sheet
    assert "Dr Jane Smith" not in sheet


def test_an_empty_day_and_a_practice_without_a_centre_say_so(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    assert "Nothing is booked on this day" in fay.get("/desk/day/sheet").text


def test_the_sheet_of_another_centre_is_closed_and_patients_and_clinicians_stay_outside(
    fay: FlaskClient, browser_of: BrowserOf, session: Session
) -> None:
    assert fay.get(f"/desk/day/sheet?centre_id={a_centre(session).id}").status_code == 403
    assert browser_of(Role.PATIENT).get("/desk/day/sheet").status_code == 403
    assert browser_of(Role.CLINICIAN).get("/desk/day/sheet").status_code == 403


def test_a_sheet_of_many_costs_no_more_than_a_sheet_of_one(
    fay: FlaskClient, session: Session, riverside: Centre
) -> None:
    for number in range(8):
        jane = a_clinician(session, riverside, full_name=f"Jane {chr(65 + number)}")
        an_appointment(session, clinician=jane, starts_at=wall("2026-03-02 10:00"), at=BEFORE)
    with counted() as queries:
        assert fay.get("/desk/day/sheet").text.count('class="day-sheet"') == 8
    assert len(queries) <= 8
