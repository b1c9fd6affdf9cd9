"""The times that Fay can offer a caller at Riverside. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Channel
from portal.appointments.slots import SlotKey
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import edit_service
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_service,
    an_actor,
    an_appointment,
    service_of,
    wall,
)
from tests.web.desk.conftest import slot_at
from tests.web.helpers import HTMX, counted, errors_in

DAY = timedelta(days=1)


def test_the_first_times_are_shown_as_soon_as_it_is_known_for_whom(
    fay: FlaskClient, jane: Clinician, ana: Patient
) -> None:
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}").text
    assert "Ana Silva" in shown
    assert shown.count('name="slot"') == 5 * 3
    assert "Dr Jane Smith" in shown
    assert "All 8 times on Tuesday 3 March" in shown


def test_times_of_all_clinicians_with_that_service_stand_together(
    fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
) -> None:
    a_clinician(session, riverside, hours="Tue 9-10")
    a_clinician(session, riverside, hours="Tue 9-10", full_name="Ruth Vale")
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}").text
    tuesday = shown.partition('id="day-2026-03-03"')[2].partition("</section>")[0]
    assert "Dr Jane Smith" in tuesday
    assert "Dr Ruth Vale" in tuesday


def test_all_times_of_a_day_can_be_seen(fay: FlaskClient, jane: Clinician, ana: Patient) -> None:
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&on=2026-03-03").text
    assert shown.partition('id="day-2026-03-03"')[2].partition("</section>")[0].count('name="slot"') == 8


def test_later_times_go_on_where_these_end(fay: FlaskClient, jane: Clinician, ana: Patient) -> None:
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&from_on=2026-03-09").text
    assert 'id="day-2026-03-09"' in shown
    assert "from_on=2026-03-14" in shown


def test_the_need_is_asked_for_again_by_htmx(fay: FlaskClient, jane: Clinician, ana: Patient) -> None:
    piece = fay.get(f"/desk/bookings/new?patient_id={ana.id}&from_on=2026-03-09", headers=HTMX)
    assert piece.text.startswith('<div class="stack" id="times"')
    assert 'id="day-2026-03-09"' in piece.text


def test_a_service_that_one_clinician_offers_narrows_to_them(
    fay: FlaskClient, session: Session, jane: Clinician, riverside: Centre, ana: Patient
) -> None:
    ruth = a_clinician(session, riverside, full_name="Ruth Vale")
    special = a_service(session, ruth, title="Assessment")
    times = fay.get(f"/desk/bookings/new?patient_id={ana.id}&service_id={special.id}").text.partition(
        'id="times"'
    )[2]
    assert "Dr Ruth Vale" in times
    assert "Dr Jane Smith" not in times


def test_online_only_means_services_that_can_be_online(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    address = f"/desk/bookings/new?patient_id={ana.id}&session_type=ONLINE"
    assert "No free times" in fay.get(address).text
    edit_service(session, service_of(session, jane), is_online=True)
    session.flush()
    assert 'name="slot"' in fay.get(address).text


def test_times_when_the_patient_is_elsewhere_are_not_offered(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    an_appointment(session, patient=ana, starts_at=wall("2026-03-03 09:00"), at=NOW - timedelta(days=3))
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&on=2026-03-03").text
    assert slot_at(session, jane, "2026-03-03 09:00") not in shown


def test_a_date_that_makes_no_sense_comes_back_with_words(
    fay: FlaskClient, jane: Clinician, ana: Patient
) -> None:
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&from_on=31.2.2026")
    assert shown.status_code == 422
    assert 'value="31.2.2026"' in shown.text
    assert "Enter a date" in errors_in(shown)


@pytest.mark.parametrize("query", ["from_on=9999-12-31", "from_on=0001-01-01"])
def test_a_year_that_nobody_means_comes_back_with_words(
    fay: FlaskClient, jane: Clinician, ana: Patient, query: str
) -> None:
    shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&{query}")
    assert shown.status_code == 422
    assert "Enter a date between 1900 and 2199" in errors_in(shown)
    assert 'name="slot"' in shown.text


@pytest.mark.parametrize("query", ["from_on=2199-12-31", "on=9999-12-31"])
def test_other_dates_far_away_only_find_nothing(
    fay: FlaskClient, jane: Clinician, ana: Patient, query: str
) -> None:
    assert fay.get(f"/desk/bookings/new?patient_id={ana.id}&{query}").status_code == 200


def chosen(page: str) -> str:
    """The service that stands in the form."""
    found = re.search(r"<option selected[^>]*>([^<]+)", page.partition('id="service_id"')[2])
    return found[1] if found else ""


def test_the_service_the_patient_had_last_is_asked_for_again(
    fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
) -> None:
    follow_up = a_service(session, jane, title="Follow-up")
    for starts, service in (("2026-02-20 11:00", service_of(session, jane)), ("2026-02-24 11:00", follow_up)):
        key = SlotKey(jane.id, jane.primary_centre_id, service.id, wall(starts))
        by = an_actor(session, Role.PATIENT, patient=ana)
        commands.book(session, key, patient=ana, by=by, at=wall(starts) - 3 * DAY, channel=Channel.PORTAL)
    session.flush()
    address = f"/desk/bookings/new?patient_id={ana.id}"
    assert chosen(fay.get(address).text) == "Follow-up"
    follow_up.is_active = False
    session.flush()
    assert chosen(fay.get(address).text) == "Consultation"


def test_somebody_new_is_offered_what_most_clinicians_do_and_never_the_dearer_of_two(
    fay: FlaskClient, session: Session, jane: Clinician, riverside: Centre, ana: Patient
) -> None:
    a_service(session, jane, title="Assessment", duration_minutes=90, price_minor=20000)
    address = f"/desk/bookings/new?patient_id={ana.id}"
    assert chosen(fay.get(address).text) == "Consultation"
    ruth = a_clinician(session, riverside, full_name="Ruth Vale")
    a_service(session, ruth, title="Brief call", duration_minutes=15, price_minor=500)
    session.flush()
    assert chosen(fay.get(address).text) == "Consultation"


def test_a_service_of_any_clinician_stands_for_its_title_in_the_form(
    fay: FlaskClient, session: Session, jane: Clinician, riverside: Centre, ana: Patient
) -> None:
    a_service(session, jane, title="Assessment")
    ruth = a_clinician(session, riverside, full_name="Ruth Vale")
    session.flush()
    asked = f"/desk/bookings/new?patient_id={ana.id}&service_id={service_of(session, ruth).id}"
    assert chosen(fay.get(asked).text) == "Consultation"


def test_the_page_costs_a_fixed_number_of_queries(
    fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
) -> None:
    for number in range(12):
        a_clinician(session, riverside, full_name=f"Jane {chr(65 + number)}")
    session.flush()
    with counted() as queries:
        assert fay.get(f"/desk/bookings/new?patient_id={ana.id}").status_code == 200
    assert len(queries) <= 8
