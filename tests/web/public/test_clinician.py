"""A clinician's page with the calendar."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.scheduling.commands import add_exception
from portal.scheduling.queries import services_of
from tests.factories import (
    a_centre,
    a_clinician,
    a_hold,
    a_patient,
    a_service,
    account_of,
    an_appointment,
    slots_of,
    wall,
    week,
)
from tests.web.helpers import HTMX, counted, signed_in


def test_it_says_who_they_are_and_never_their_address(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(
        session, full_name="Jane Smith", email="jane@example.org", bio="I listen.", qualification=["MD"],
        languages=["Polish"], years_of_experience=7, headline="Sleep better",
    )  # fmt: skip
    by_slug = client.get(f"/clinicians/{clinician.slug}")
    for words in ("Dr Jane Smith", "I listen.", "MD", "Polish", "7 years", "Sleep better"):
        assert words in by_slug.text
    assert "jane@example.org" not in by_slug.text
    assert client.get(f"/clinicians/{clinician.id}").status_code == 200


def test_who_is_not_listed_has_no_page(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session)
    clinician.is_accepting = False
    session.flush()
    assert client.get(f"/clinicians/{clinician.slug}").status_code == 404
    assert client.get("/clinicians/nobody-1").status_code == 404


def test_it_opens_on_the_first_day_with_free_times(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    shown = client.get(f"/clinicians/{clinician.slug}").text
    assert "March 2026" in shown
    assert "Thursday 5 March, 3 times" in shown
    for slot in slots_of(session, clinician)[:3]:
        assert f'value="{slot.id}"' in shown
    assert "London time (GMT)" in shown


def test_a_day_and_a_month_can_be_chosen(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    address = f"/clinicians/{clinician.slug}"
    assert "Thursday 19 March, 3 times" in client.get(f"{address}?day=2026-03-19").text
    april = client.get(f"{address}?month=2026-04").text
    assert "April 2026" in april
    assert "Thursday 2 April, 3 times" in april
    assert "First free time: Thursday 5 March, 09:00" in april
    assert "Friday 20 March, no times" in client.get(f"{address}?day=2026-03-20").text


def test_months_go_from_now_to_the_horizon(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, advance_days=40)
    address = f"/clinicians/{clinician.slug}"
    march, april = client.get(address).text, client.get(f"{address}?month=2026-04").text
    assert "month=2026-04" in march
    assert "month=2026-02" not in march
    assert "month=2026-03" in april
    assert "month=2026-05" not in april


def test_a_full_month_says_when_the_next_free_time_is(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    add_exception(
        session, clinician, starts_on=wall("2026-03-01 00:00").date(), ends_on=wall("2026-03-31 12:00").date()
    )
    session.flush()
    shown = client.get(f"/clinicians/{clinician.slug}?month=2026-03").text
    assert "No free times in March 2026" in shown
    assert "Next free time: Thursday 2 April, 09:00" in shown
    assert "day=2026-04-02" in shown


def test_taken_and_held_times_are_not_shown(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    an_appointment(session, clinician=clinician, starts_at=wall("2026-03-05 09:00"))
    a_hold(session, clinician, starts_at=wall("2026-03-05 10:00"))
    assert "Thursday 5 March, 1 time" in client.get(f"/clinicians/{clinician.slug}").text


def test_another_zone_is_named_and_the_viewers_time_stands_beside(
    client: FlaskClient, session: Session
) -> None:
    boston = a_centre(session, time_zone="America/New_York", currency="USD")
    clinician = a_clinician(session, boston, hours="Thu 9-10")
    shown = client.get(f"/clinicians/{clinician.slug}").text
    assert "New York time (GMT-5)" in shown
    assert ">09:00</time>" in shown
    assert "14:00 for you" in shown


def test_the_service_decides_length_and_way(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-11")
    video = a_service(session, clinician, title="Video", duration_minutes=30, is_online=True)
    shown = client.get(f"/clinicians/{clinician.slug}?service_id={video.id}").text
    assert "Thursday 5 March, 4 times" in shown
    assert "How would you like to meet?" in shown
    assert "How would you like to meet?" not in client.get(f"/clinicians/{clinician.slug}").text


def test_with_several_centres_one_is_chosen(client: FlaskClient, session: Session) -> None:
    leeds, york = a_centre(session, name="Mill House"), a_centre(session, name="Abbey")
    clinician = a_clinician(
        session,
        leeds,
        york,
        hours=[*week("Thu 9-11", leeds), *week("Fri 9-10", york)],
        full_name="Jane Smith",
    )
    assert "Thursday 5 March, 2 times" in client.get(f"/clinicians/{clinician.slug}").text
    shown = client.get(f"/clinicians/{clinician.slug}?centre_id={york.id}").text
    assert "Friday 6 March, 1 time" in shown
    assert "At Abbey" in shown


def test_a_link_to_a_time_opens_there_or_says_that_it_has_gone(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    wanted = slots_of(session, clinician, days=21)[4]
    address = f"/clinicians/{clinician.slug}?slot={wanted.id}"
    shown = client.get(address).text
    assert "You chose" in shown
    assert "Thursday 12 March, 10:00" in shown
    an_appointment(session, clinician=clinician, starts_at=wanted.starts_at)
    gone = client.get(address).text
    assert "no longer free" in gone
    assert "Thursday 12 March, 2 times" in gone
    assert client.get(f"/clinicians/{clinician.slug}?slot=nonsense").status_code == 200


def test_the_fragment_is_a_piece_of_the_page(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session)
    address = f"/clinicians/{clinician.slug}?day=2026-03-05"
    piece = client.get(address, headers=HTMX).text
    assert piece.strip() in client.get(address).text
    assert "data-focus" in piece


def test_whoever_looks_while_the_last_service_ends_is_told(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, full_name="Jane Smith")
    for service in services_of(session, clinician.id):
        service.is_active = False
    session.flush()
    for headers in ({}, HTMX, {**HTMX, "HX-Target": "times"}):
        shown = client.get(f"/clinicians/{clinician.slug}?day=2026-03-12", headers=headers)
        assert shown.status_code == 200
        assert "Dr Jane Smith offers nothing that can be booked here." in shown.text


def test_another_day_of_the_month_brings_its_times_alone(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    an_appointment(session, clinician=clinician, starts_at=wall("2026-03-12 09:00"))
    address = f"/clinicians/{clinician.slug}?day=2026-03-12"
    with counted() as queries:
        answer = client.get(address, headers={**HTMX, "HX-Target": "times"})
    piece = answer.text
    assert len(queries) <= 5, queries
    assert {"hx-request", "hx-target"} <= {name.lower() for name in answer.vary}, (
        "no cache takes one for the other"
    )
    assert "Thursday 12 March, 2 times" in piece
    assert "March 2026" not in piece
    assert piece.count('name="slot"') == 2
    whole = client.get(address).text
    assert piece.strip() in whole
    full = client.get(f"{address[:-2]}13", headers={**HTMX, "HX-Target": "times"}).text
    assert "Friday 13 March, no times" in full


def test_a_refresh_asks_for_the_day_that_is_on_the_screen(client: FlaskClient, session: Session) -> None:
    clinician = a_clinician(session, hours="Thu 9-12")
    wanted = slots_of(session, clinician)[0]
    opened = client.get(f"/clinicians/{clinician.slug}?slot={wanted.id}").text
    state = opened.partition('id="times-state"')[2].partition("</div>")[0]
    assert f'name="slot" value="{wanted.id}"' in state
    chosen = client.get(
        f"/clinicians/{clinician.slug}?day=2026-03-12", headers={**HTMX, "HX-Target": "times"}
    ).text
    state = chosen.partition('id="times-state"')[2].partition("</div>")[0]
    assert 'name="day" value="2026-03-12"' in state
    assert 'name="slot"' not in state


def test_it_needs_eight_queries_at_most(app: Flask, session: Session) -> None:
    clinician = a_clinician(session)
    client = signed_in(app, account_of(session, a_patient(session)))
    for query in ("", "?month=2026-04", "?month=2027-04"):
        with counted() as queries:
            assert client.get(f"/clinicians/{clinician.slug}{query}").status_code == 200
        assert len(queries) <= 8, queries
