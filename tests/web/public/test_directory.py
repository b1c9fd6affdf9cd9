"""Looking through the clinicians."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from tests.factories import (
    a_centre,
    a_clinician,
    a_patient,
    a_service,
    account_of,
    an_account,
    an_appointment,
    service_of,
    slots_of,
    wall,
)
from tests.web.helpers import HTMX, counted, sign_in, signed_in


def test_the_start_page_shows_who_is_free_soon_and_where(client: FlaskClient, session: Session) -> None:
    centre = a_centre(session, name="Mill House", city="York")
    a_clinician(session, centre, full_name="Jane Smith", specialization=["Sleep"], notice_hours=0)
    shown = client.get("/").text
    assert "Dr Jane Smith" in shown
    assert "Today, 09:00" in shown
    assert "Mill House" in shown
    assert '<option value="Sleep">' in shown


def test_the_start_page_works_before_there_is_anything(client: FlaskClient, session: Session) -> None:
    assert client.get("/").status_code == 200
    assert "Nobody fits" in client.get("/clinicians").text
    assert "Nobody fits" in client.get("/find").text


def test_each_clinician_is_shown_with_price_and_next_free_time(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, full_name="Jane Smith", price_minor=4500, headline="Listens")
    first = slots_of(session, clinician)[0]
    shown = client.get("/clinicians").text
    assert "£45.00" in shown
    assert "Listens" in shown
    assert f"slot={first.id}" in shown
    assert "@example.org" not in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=smith", {"Jane Smith"}),
        ("q=dr jane", {"Jane Smith"}),
        ("q=sleep", {"Jane Smith"}),
        ("q=MASSAGE", {"Omar Bell"}),
        ("q=jane nobody", {"Jane Smith"}),
        ("q=nobody whatever", set()),
        ("q=neck injuries", {"Omar Bell"}),
        ("q=desk neck omar", {"Omar Bell"}),
        ("q=ear", set()),
        ("q=(desk) neck,", {"Omar Bell"}),
        ("q=.*", set()),
        ("q=%25", set()),
        ("language=Polish", {"Omar Bell"}),
        ("specialization=Sleep", {"Jane Smith"}),
        ("session_type=ONLINE", {"Omar Bell"}),
        ("session_type=IN_PERSON", {"Jane Smith", "Omar Bell"}),
        ("session_type=nonsense&centre_id=x", {"Jane Smith", "Omar Bell"}),
        ("_external=1&_scheme=evil&endpoint=x&page=1", {"Jane Smith", "Omar Bell"}),
    ],
)
def test_filters_narrow_the_list(client: FlaskClient, session: Session, query: str, found: set[str]) -> None:
    a_clinician(session, full_name="Jane Smith", specialization=["Sleep"], languages=["English"])
    omar = a_clinician(
        session,
        full_name="Omar Bell",
        languages=["Polish"],
        headline="Back, neck and sports injuries",
        bio="For years he has treated people (desk workers, mostly).",
    )
    a_service(session, omar, title="Massage", is_online=True)
    shown = client.get(f"/clinicians?{query}", headers=HTMX).text
    assert {name for name in ("Jane Smith", "Omar Bell") if name in shown} == found
    assert f"{len(found)} clinician" in shown


@pytest.mark.parametrize("path", ["/find", "/clinicians"])
def test_where_nobody_fits_all_of_the_words_those_who_fit_most_are_shown_as_what_they_are(
    client: FlaskClient, session: Session, path: str
) -> None:
    a_clinician(session, full_name="Jane Smith", headline="Backs and bad sleep")
    a_clinician(session, full_name="Omar Bell", headline="Backs")
    near = client.get(f"{path}?q=back sleep lottery").text
    assert "Nobody fits all of “back sleep lottery”. These come nearest." in near
    assert "Jane Smith" in near
    assert "Omar Bell" not in near
    assert "nearest" not in client.get(f"{path}?q=back sleep").text
    assert "nearest" not in client.get(path).text
    assert "Nobody fits all of that" in client.get(f"{path}?q=lottery").text


def test_a_centre_narrows_the_list_and_the_times(client: FlaskClient, session: Session) -> None:
    leeds, york = a_centre(session), a_centre(session)
    a_clinician(session, leeds, york, full_name="Jane Smith")
    a_clinician(session, york, full_name="Omar Bell")
    shown = client.get(f"/clinicians?centre_id={leeds.id}").text
    assert "Jane Smith" in shown
    assert "Omar Bell" not in shown
    assert "No free times" in client.get(f"/clinicians?centre_id={york.id}&q=jane").text


def test_free_within_a_week_leaves_out_who_is_not_and_puts_the_earliest_first(
    client: FlaskClient, session: Session
) -> None:
    a_clinician(session, full_name="Anna Late", notice_hours=240)
    a_clinician(session, full_name="Bea Friday", hours="Fri 9-12")
    a_clinician(session, full_name="Cleo Wednesday", hours="Wed 9-12")
    shown = client.get("/clinicians?free=soon", headers=HTMX).text
    assert "Anna Late" not in shown
    assert shown.index("Cleo Wednesday") < shown.index("Bea Friday")


def test_only_those_who_take_bookings_are_listed(client: FlaskClient, session: Session) -> None:
    for name, change in (("Off Duty", "is_active"), ("Not Taking", "is_accepting")):
        setattr(a_clinician(session, full_name=name), change, False)
    a_clinician(session, full_name="Not Approved").approved_at = None
    session.flush()
    assert "0 clinicians" in client.get("/clinicians", headers=HTMX).text


def test_twenty_a_page_and_no_page_beyond_the_last(client: FlaskClient, session: Session) -> None:
    centre = a_centre(session)
    for number in range(21):
        a_clinician(session, centre, full_name=f"Person {chr(65 + number)}")
    assert "Person U" not in client.get("/clinicians").text
    second = client.get("/clinicians?page=2&q=person").text
    assert "Person U" in second
    assert "Page 2 of 2" in second
    assert client.get("/clinicians?page=3").status_code == 404
    assert client.get("/clinicians?page=0").status_code == 404


def test_the_fragment_is_a_piece_of_the_page_and_its_address_is_clean(
    client: FlaskClient, session: Session
) -> None:
    a_clinician(session)
    piece = client.get("/clinicians?q=jane&language=&centre_id=", headers=HTMX)
    assert piece.text.strip() in client.get("/clinicians?q=jane").text
    assert piece.headers["HX-Push-Url"] == "/clinicians?q=jane"


@pytest.mark.parametrize("path", ["/", "/clinicians", "/clinicians?free=soon", "/find", "/find?q=follow-up"])
def test_a_page_needs_few_queries_however_many_there_are(app: Flask, session: Session, path: str) -> None:
    centre = a_centre(session)
    for number in range(12):
        one = a_clinician(session, centre, full_name=f"Person {chr(65 + number)}", notice_hours=number * 48)
        a_service(session, one)
    client = signed_in(app, account_of(session, a_patient(session)))
    with counted() as queries:
        assert client.get(path).status_code == 200
    assert len(queries) <= 8, queries


def test_a_signed_in_patient_is_not_offered_a_time_at_which_they_are_busy(
    client: FlaskClient, session: Session
) -> None:
    jane, omar = (
        a_clinician(session, full_name=name, hours="Tue 10-11") for name in ("Jane Smith", "Omar Bell")
    )
    ana = a_patient(session)
    an_appointment(session, clinician=jane, patient=ana, starts_at=wall("2026-03-03 10:00"))
    taken = slots_of(session, omar)[0].id
    assert taken in client.get("/clinicians").text
    sign_in(client, account_of(session, ana))
    assert taken not in client.get("/clinicians").text


def test_the_earliest_times_of_all_are_found_and_each_names_its_clinician(
    client: FlaskClient, session: Session
) -> None:
    a_clinician(session, full_name="Jane Smith", hours="Wed 9-11")
    a_clinician(session, full_name="Omar Bell", hours="Wed 9-10, Tue 14-15")
    shown = client.get("/find", headers=HTMX).text
    tuesday, wednesday = shown.index("Tuesday 3 March"), shown.index("Wednesday 4 March")
    assert tuesday < wednesday
    assert "Omar Bell" in shown[tuesday:wednesday]
    assert "Jane Smith" not in shown[tuesday:wednesday]
    assert "Jane Smith" in shown[wednesday:]
    assert "Omar Bell" in shown[wednesday:]


def test_a_clinician_with_two_services_is_found_once_for_one_time(
    client: FlaskClient, session: Session
) -> None:
    clinician = a_clinician(session, hours="Wed 9-10")
    a_service(session, clinician, title="Follow-up", duration_minutes=60)
    times, _ = client.get("/find", headers=HTMX).text.split("Nothing suits you?")
    assert times.count("Follow-up") == 0
    times, _ = client.get("/find?q=follow", headers=HTMX).text.split("Nothing suits you?")
    assert times.count("Follow-up") == 4, "in two weeks, aloud and in print"


def test_times_are_looked_for_from_the_date_on_and_later_ones_follow(
    client: FlaskClient, session: Session
) -> None:
    clinician = a_clinician(session, hours="Mon-Fri 9-17")
    shown = client.get("/find?date=2026-03-05", headers=HTMX).text
    assert "Wednesday 4 March" not in shown
    assert shown.count('name="slot"') == 24
    last = slots_of(session, clinician, days=10)[23 + 16]  # 16 times lie before that date
    assert f"after={int(last.starts_at.timestamp())}" in shown
    later = client.get(f"/find?date=2026-03-05&after={int(last.starts_at.timestamp())}", headers=HTMX).text
    assert last.id not in later
    assert client.get("/find?date=1999-01-01&after=9999999999999").status_code == 200


def test_when_two_weeks_are_full_the_next_two_are_a_click_away(client: FlaskClient, session: Session) -> None:
    a_clinician(session, notice_hours=480)
    shown = client.get("/find", headers=HTMX).text
    assert "Nothing is free" in shown
    assert "date=2026-03-17" in shown


def test_who_offers_both_ways_is_asked_unless_the_search_has_said(
    client: FlaskClient, session: Session
) -> None:
    a_clinician(session, hours="Wed 9-10", is_online=True)
    assert 'name="slot"' not in client.get("/find", headers=HTMX).text
    shown = client.get("/find?session_type=ONLINE", headers=HTMX).text
    assert 'name="slot"' in shown
    assert 'name="session_type" value="ONLINE"' in shown


def test_whom_no_time_suits_waits_for_a_service_whoever_offers_it(
    client: FlaskClient, session: Session
) -> None:
    leeds = a_centre(session, name="Mill House")
    first = a_clinician(session, leeds, hours="Wed 9-10")
    a_clinician(session, leeds, full_name="Otto Berg", hours=())
    title = service_of(session, first).title
    for path in ("/find", "/find?date=2027-03-01", "/find?session_type=IN_PERSON"):
        shown = client.get(path, headers=HTMX).text
        [slot] = re.findall(r"/patient/waiting-list/new\?slot=([\d-]+)&amp;any=yes", shown)
        assert slot.startswith(f"{first.id}-{leeds.id}-")
        assert title in shown
    for number in range(7):
        a_service(session, first, title=f"Treatment {number}")
    assert "Nothing suits you?" not in client.get("/find", headers=HTMX).text, "too many to choose from"
    assert "Nothing suits you?" in client.get("/find?q=Treatment+3", headers=HTMX).text


def test_centres_are_listed_and_a_closed_one_does_not_exist(client: FlaskClient, session: Session) -> None:
    leeds = a_centre(session, name="Mill House", address="1 Mill Lane", phone="+441130000001")
    closed = a_centre(session, name="Old Hall")
    closed.is_active = False
    session.flush()
    a_clinician(session, leeds, full_name="Jane Smith")
    listed = client.get("/centres").text
    assert "1 Mill Lane" in listed
    assert "Old Hall" not in listed
    with counted() as queries:
        shown = client.get(f"/centres/{leeds.id}").text
    assert "Jane Smith" in shown
    assert len(queries) <= 8
    assert client.get(f"/centres/{closed.id}").status_code == 404
    sign_in(client, an_account(session, Role.ADMIN))
    assert client.get(f"/centres/{closed.id}").status_code == 404
