"""A visit that repeats: every date is seen first, each conflict is settled, and then all are booked or none."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.centres.commands import add_holiday
from portal.centres.models import Centre
from portal.core.permissions import SYSTEM, Role
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_account, an_appointment, service_of, wall
from tests.web.helpers import counted, errors_in
from tests.web.staff.conftest import BrowserOf

NEW, BOOK = "/series/new", "/series"
Wanted = dict[str, str]


@pytest.fixture
def wanted(session: Session, jane: Clinician, ana: Patient, riverside: Centre) -> Wanted:
    """Each Friday at eleven with Jane; the clocks go forward after the third."""
    return {
        "patient_id": str(ana.id),
        "service": str(service_of(session, jane).id),
        "centre_id": str(riverside.id),
        "session_type": "",
        "first_on": "2026-03-13",
        "first_at": "11:00",
        "rhythm": "WEEKLY",
        "count": "4",
    }


def visits(session: Session) -> list[Appointment]:
    session.expire_all()
    of_series = Appointment.series_id.is_not(None)
    return list(session.scalars(select(Appointment).where(of_series).order_by(Appointment.starts_at)))


def test_the_desk_sees_every_date_and_books_them_all(
    session: Session, fay: FlaskClient, wanted: Wanted
) -> None:
    empty = fay.get(NEW, query_string={"patient_id": wanted["patient_id"]})
    assert "Show the dates" in empty.text
    assert "The dates" not in empty.text
    page = fay.get(NEW, query_string=wanted).text
    assert "All of them can be booked." in page
    assert page.count("11:00, as planned") == 4
    answer = fay.post(BOOK, data=wanted)
    assert answer.status_code == 303
    assert [visit.starts_at for visit in visits(session)] == [
        wall(f"2026-03-{day} 11:00") for day in (13, 20, 27)
    ] + [wall("2026-04-03 11:00")]
    shown = fay.get(answer.location).text
    assert "4 appointments are booked. The patient is told in one message." in shown
    assert "4 visits of Ana Silva" in shown


def test_each_conflict_is_settled_with_another_time_or_left_out(
    session: Session, fay: FlaskClient, jane: Clinician, riverside: Centre, wanted: Wanted
) -> None:
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-13 11:00"))
    add_holiday(session, riverside, by=SYSTEM, holiday_on=date(2026, 3, 20), name="A day", at=NOW)
    session.flush()
    page = fay.get(NEW, query_string=wanted).text
    assert "2 dates cannot be as planned." in page
    assert "Taken" in page
    assert "The centre is closed" in page
    assert "Next free: Monday 23 March, 09:00" in page
    undecided = fay.post(BOOK, data=wanted)
    assert undecided.status_code == 409
    assert 'href="#visit-1"' in errors_in(undecided)
    assert 'href="#visit-2"' in errors_in(undecided)
    assert visits(session) == []
    at_noon = re.findall(r'<option value="([^"]+)">12:00</option>', page)[0]
    answer = fay.post(BOOK, data=wanted | {"visit-1": at_noon, "visit-2": "skip"})
    assert answer.status_code == 303
    assert [visit.starts_at for visit in visits(session)] == [
        wall("2026-03-13 12:00"),
        wall("2026-03-27 11:00"),
        wall("2026-04-03 11:00"),
    ]


def test_what_was_taken_meanwhile_is_named_and_the_form_keeps_what_was_chosen(
    session: Session, fay: FlaskClient, jane: Clinician, wanted: Wanted
) -> None:
    page = fay.get(NEW, query_string=wanted).text
    key = re.findall(r'name="form_key" value="([^"]+)"', page)[0]
    an_appointment(session, clinician=jane, starts_at=wall("2026-03-20 11:00"))
    answer = fay.post(BOOK, data=wanted | {"form_key": key, "visit-3": "skip"})
    assert answer.status_code == 409
    assert "Friday 20 March: that time cannot be had." in errors_in(answer)
    assert "Left out" in answer.text
    assert f'value="{key}"' in answer.text
    assert visits(session) == []


def test_pressed_twice_it_is_booked_once(session: Session, fay: FlaskClient, wanted: Wanted) -> None:
    key = re.findall(r'name="form_key" value="([^"]+)"', fay.get(NEW, query_string=wanted).text)[0]
    first, second = (fay.post(BOOK, data=wanted | {"form_key": key}) for _ in range(2))
    assert first.location == second.location
    assert len(visits(session)) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first_on": ""}, "Enter the date of the first visit"),
        ({"first_at": "x"}, "Enter a time, like 09:30"),
        ({"count": "1"}, "Enter a number from 2 to 26"),
        ({"count": "27"}, "Enter a number from 2 to 26"),
        ({"rhythm": "DAILY"}, "Choose one of the options"),
        ({"service": "999999"}, "Choose one of the options"),
        ({"session_type": "ONLINE"}, "This service is not offered in that way"),
        ({"first_on": "2026-03-29", "first_at": "01:30"}, "The clocks skip that time"),
    ],
)
def test_mistakes_are_said_beside_their_fields(
    fay: FlaskClient, wanted: Wanted, change: Wanted, said: str
) -> None:
    for answer in (fay.get(NEW, query_string=wanted | change), fay.post(BOOK, data=wanted | change)):
        assert answer.status_code == 422
        assert said in errors_in(answer)


@pytest.mark.parametrize("choice", ["x", "1-2-3-4", "1-2-3-9999999999"])
def test_times_that_no_page_offers_book_nothing(
    session: Session, fay: FlaskClient, wanted: Wanted, choice: str
) -> None:
    answer = fay.post(BOOK, data=wanted | {"visit-2": choice})
    assert answer.status_code == 422
    assert errors_in(answer)
    assert visits(session) == []


def test_leaving_out_all_but_one_is_no_series(fay: FlaskClient, wanted: Wanted) -> None:
    answer = fay.post(BOOK, data=wanted | {f"visit-{number}": "skip" for number in (1, 2, 3)})
    assert answer.status_code == 422
    assert "Keep at least two visits" in errors_in(answer)


def test_clinicians_repeat_a_visit_of_theirs_from_its_page(janes: FlaskClient, visit: Appointment) -> None:
    repeat = re.findall(r'href="(/series/new[^"]+)"', janes.get(f"/appointments/{visit.id}").text)[0]
    assert "Friday 13 March, 10:00" in janes.get(repeat.replace("&amp;", "&")).text


def test_nobody_repeats_the_visits_of_others(
    session: Session, zed: FlaskClient, browser_of: BrowserOf, riverside: Centre, wanted: Wanted
) -> None:
    ben = browser_of(account_of(session, a_clinician(session, riverside, full_name="Ben Ortiz")))
    assert ben.get(NEW, query_string=wanted).status_code == 404
    assert ben.post(BOOK, data=wanted).status_code == 404
    assert zed.post(BOOK, data=wanted).status_code == 422, "Jane works at none of Zed's centres"
    assert visits(session) == []


def test_a_visit_says_its_place_in_the_series_and_leads_to_it(
    session: Session, fay: FlaskClient, zed: FlaskClient, wanted: Wanted
) -> None:
    address = fay.post(BOOK, data=wanted).location
    third = visits(session)[2]
    page = fay.get(f"/appointments/{third.id}").text
    assert "Visit 3 of 4 in a series" in page
    assert f'href="{address}"' in page
    assert zed.get(address).status_code == 403
    assert zed.get(f"{address}/cancellation").status_code == 403


def test_its_patient_reads_which_of_the_visits_it_is(
    session: Session, fay: FlaskClient, browser_of: BrowserOf, ana: Patient, wanted: Wanted
) -> None:
    fay.post(BOOK, data=wanted)
    page = browser_of(account_of(session, ana)).get(f"/patient/appointments/{visits(session)[1].id}").text
    assert "Visit 2 of 4 in a series" in page


def test_an_online_clinician_without_a_centre_is_repeated_too(
    session: Session, browser_of: BrowserOf, ana: Patient, wanted: Wanted
) -> None:
    online = a_clinician(session, None, full_name="Olu Bello", hours="Mon-Fri 9-17")
    admin = browser_of(an_account(session, Role.ADMIN))
    answer = admin.post(BOOK, data=wanted | {"service": str(service_of(session, online).id), "count": "2"})
    assert answer.status_code == 303
    assert {(visit.centre_id, visit.session_type) for visit in visits(session)} == {(None, "ONLINE")}


def test_the_rest_of_a_series_is_cancelled_in_one_step_after_saying_what_that_means(
    session: Session, fay: FlaskClient, wanted: Wanted
) -> None:
    address = fay.post(BOOK, data=wanted).location
    fay.post(f"/appointments/{visits(session)[0].id}/cancellation", data={"reason": "Ill"})
    page = fay.get(f"{address}/cancellation").text
    assert "Cancel 3 appointments" in page
    unsaid = fay.post(f"{address}/cancellation")
    assert unsaid.status_code == 422
    assert "Say why" in errors_in(unsaid)
    answer = fay.post(f"{address}/cancellation", data={"reason": "Moved away"})
    assert answer.location == address
    assert "3 appointments are cancelled, and the patient is told." in fay.get(address).text
    assert {visit.status for visit in visits(session)} == {Status.CANCELLED}
    assert fay.post(f"{address}/cancellation", data={"reason": "twice"}).location == address


def test_the_pages_of_a_series_take_no_more_queries_when_it_is_long(
    session: Session, fay: FlaskClient, wanted: Wanted
) -> None:
    long = wanted | {"count": "20"}
    address = fay.post(BOOK, data=long).location
    later = long | {"first_at": "14:00"}
    for page, query in ((NEW, later), (address, {}), (f"{address}/cancellation", {})):
        fay.get(page, query_string=query)
        with counted() as queries:
            fay.get(page, query_string=query)
        assert len(queries) <= 8, page
