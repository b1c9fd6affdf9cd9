"""Centres: who sees, opens, edits, closes and deletes them, and when they are on holiday."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.centres.models import Centre, Holiday
from tests.factories import a_clinician, an_appointment, wall
from tests.web.helpers import HTMX, counted, errors_in

NEW = {
    "name": "Hillside",
    "city": "Bath",
    "address": "2 High Street",
    "phone": "01225 496000",
    "email": "hillside@example.org",
    "time_zone": "europe/london",
    "currency": "gbp",
}
MONDAY = "2026-03-09"


def find(session: Session, name: str) -> Centre | None:
    return session.scalar(select(Centre).where(Centre.name == name))


@pytest.fixture
def booked(session: Session, riverside: Centre) -> Appointment:
    """Somebody is seen at Riverside on Monday."""
    return an_appointment(
        session, clinician=a_clinician(session, riverside), starts_at=wall(f"{MONDAY} 10:00")
    )


def test_an_admin_opens_a_centre(admin: FlaskClient, session: Session) -> None:
    response = admin.post("/admin/centres/new", data=NEW)
    made = find(session, "Hillside")
    assert made is not None
    assert response.status_code == 303
    assert response.location == f"/admin/centres/{made.id}"
    assert (made.time_zone, made.currency, made.phone) == ("Europe/London", "GBP", "+441225496000")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Enter the centre’s name"),
        ({"city": " "}, "Enter the city"),
        ({"phone": "12"}, "phone number"),
        ({"email": "nobody"}, "Enter an email address"),
        ({"time_zone": "Europe/Atlantis"}, "Choose a time zone"),
        ({"currency": "ZZZ"}, "Choose a currency"),
        ({"name": "Riverside", "city": "Leeds"}, "already a centre of this name"),
    ],
)
def test_what_makes_no_sense_comes_back_filled_in(
    admin: FlaskClient, riverside: Centre, change: dict[str, str], message: str
) -> None:
    response = admin.post("/admin/centres/new", data={**NEW, **change})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert "2 High Street" in response.text


def test_managers_open_centres_and_centre_managers_do_not(
    manager: FlaskClient, centre_manager: FlaskClient
) -> None:
    assert manager.post("/admin/centres/new", data=NEW).status_code == 303
    assert centre_manager.get("/admin/centres/new").status_code == 403
    assert centre_manager.post("/admin/centres/new", data={**NEW, "name": "Another"}).status_code == 403


def test_a_centre_manager_edits_only_their_own_centre(
    centre_manager: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    facts = {**NEW, "name": "Riverside Clinic", "city": "Leeds"}
    assert centre_manager.post(f"/admin/centres/{riverside.id}/edit", data=facts).status_code == 303
    session.refresh(riverside)
    assert riverside.name == "Riverside Clinic"
    for page in ("", "/edit", "/holidays"):
        assert centre_manager.get(f"/admin/centres/{harbour.id}{page}").status_code == 403
    assert centre_manager.post(f"/admin/centres/{harbour.id}/edit", data=facts).status_code == 403
    for page in ("/activation", "/deletion"):
        assert centre_manager.post(f"/admin/centres/{riverside.id}{page}").status_code == 403
    text = centre_manager.get("/admin/centres").text
    assert "Riverside Clinic" in text
    assert "Harbour" not in text


def test_a_wrong_edit_says_so_beside_the_field(admin: FlaskClient, riverside: Centre) -> None:
    response = admin.post(f"/admin/centres/{riverside.id}/edit", data={**NEW, "time_zone": "Mars/Base"})
    assert response.status_code == 422
    assert "Choose a time zone" in errors_in(response)
    assert 'value="Mars/Base"' in response.text


def test_the_list_is_narrowed_by_name_and_city(
    admin: FlaskClient, riverside: Centre, harbour: Centre
) -> None:
    assert "Harbour" not in admin.get("/admin/centres?search=rivers").text
    assert "Riverside" not in admin.get("/admin/centres?city=york").text.partition('id="centres"')[2]
    whole, piece = (admin.get("/admin/centres?search=har", headers=headers) for headers in ({}, HTMX))
    assert piece.text.strip() in whole.text
    assert "<html" not in piece.text
    assert "No centre found" in admin.get("/admin/centres?search=nowhere").text


def test_who_runs_nothing_gets_no_pages(client: FlaskClient, desk: FlaskClient) -> None:
    for path in ("/admin", "/admin/centres", "/admin/staff", "/admin/clinicians", "/admin/permissions"):
        assert desk.get(path).status_code == 403, path
        assert client.get(path).status_code == 303, path
    assert client.get("/admin/centres").location.startswith("/admin/sign-in")


def test_switching_a_centre_off_needs_a_yes_to_what_is_booked(
    admin: FlaskClient, session: Session, riverside: Centre, booked: Appointment
) -> None:
    path = f"/admin/centres/{riverside.id}/activation"
    assert f"/appointments/{booked.id}" in admin.get(path).text
    refused = admin.post(path, data={"is_active": "no"})
    assert refused.status_code == 409
    assert f"/appointments/{booked.id}" in refused.text
    session.refresh(riverside)
    assert riverside.is_active
    agreed = {"is_active": "no", "accepted": str(booked.id)}
    for _again in range(2):  # saying it twice changes nothing
        assert admin.post(path, data=agreed).status_code == 303
        session.refresh(riverside)
        assert not riverside.is_active
    session.refresh(booked)
    assert booked.status == Status.CONFIRMED
    assert admin.post(path, data={"is_active": "yes"}).status_code == 303
    session.refresh(riverside)
    assert riverside.is_active


def test_a_yes_does_not_cover_what_was_booked_since(
    admin: FlaskClient, session: Session, riverside: Centre, booked: Appointment
) -> None:
    later = an_appointment(session, clinician=booked.clinician, starts_at=wall(f"{MONDAY} 12:00"))
    response = admin.post(
        f"/admin/centres/{riverside.id}/activation", data={"is_active": "no", "accepted": str(booked.id)}
    )
    assert response.status_code == 409
    assert f"/appointments/{later.id}" in response.text


def test_a_centre_with_coming_appointments_stays(
    admin: FlaskClient, session: Session, riverside: Centre, booked: Appointment
) -> None:
    for response in (
        admin.get(f"/admin/centres/{riverside.id}/deletion"),
        admin.post(f"/admin/centres/{riverside.id}/deletion"),
    ):
        assert response.status_code == 409
        assert f"/appointments/{booked.id}" in response.text
    session.refresh(riverside)
    assert riverside.deleted_at is None


def test_only_an_admin_deletes_a_centre_and_it_is_gone(
    admin: FlaskClient, manager: FlaskClient, session: Session, harbour: Centre
) -> None:
    path = f"/admin/centres/{harbour.id}/deletion"
    assert manager.post(path).status_code == 403
    assert admin.get(path).status_code == 200
    assert admin.post(path).status_code == 303
    assert admin.get(f"/admin/centres/{harbour.id}").status_code == 404
    session.refresh(harbour)
    assert harbour.deleted_at is not None


def test_a_holiday_closes_the_centre_for_the_day(
    centre_manager: FlaskClient, session: Session, riverside: Centre
) -> None:
    path = f"/admin/centres/{riverside.id}/holidays"
    response = centre_manager.post(path, data={"holiday_on": "2026-12-25", "name": "Christmas Day"})
    assert response.status_code == 303
    assert "Christmas Day" in centre_manager.get(response.location).text
    holiday = session.scalar(select(Holiday).where(Holiday.centre_id == riverside.id))
    assert holiday is not None
    assert centre_manager.post(f"{path}/{holiday.id}/removal").status_code == 303
    assert session.scalar(select(Holiday.id).where(Holiday.centre_id == riverside.id)) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"holiday_on": "", "name": "Fair"}, "Enter the date"),
        ({"holiday_on": " ", "name": "Fair"}, "Enter the date"),
        ({"holiday_on": "soon", "name": "Fair"}, "Enter a date, like 2027-06-04"),
        ({"holiday_on": "9999-12-31", "name": "Fair"}, "Enter a date between 1900 and 2199"),
        ({"holiday_on": "2199-12-31", "name": "Fair"}, "Enter a day within the next five years"),
        ({"holiday_on": "2026-03-01", "name": "Fair"}, "This day is over"),
        ({"holiday_on": "2026-05-01", "name": ""}, "Enter a name"),
        ({"holiday_on": "2026-04-03", "name": "Fair"}, "already closed on this day"),
    ],
)
def test_a_wrong_holiday_comes_back_filled_in(
    admin: FlaskClient, session: Session, riverside: Centre, data: dict[str, str], message: str
) -> None:
    from datetime import date

    session.add(Holiday(centre_id=riverside.id, holiday_on=date(2026, 4, 3), name="Good Friday"))
    session.flush()
    response = admin.post(f"/admin/centres/{riverside.id}/holidays", data=data)
    assert response.status_code == 422
    assert message in errors_in(response)
    assert f'value="{data["name"]}"' in response.text


def test_a_holiday_on_a_booked_day_lists_who_is_booked_and_waits_for_a_yes(
    admin: FlaskClient, session: Session, riverside: Centre, booked: Appointment
) -> None:
    path = f"/admin/centres/{riverside.id}/holidays"
    data: dict[str, Any] = {"holiday_on": MONDAY, "name": "Fair"}
    refused = admin.post(path, data=data)
    assert refused.status_code == 409
    assert f"/appointments/{booked.id}" in refused.text
    assert session.scalar(select(Holiday.id)) is None
    assert admin.post(path, data={**data, "accepted": str(booked.id)}).status_code == 303
    assert session.scalar(select(Holiday.name)) == "Fair"
    session.refresh(booked)
    assert booked.status == Status.CONFIRMED


def test_a_holiday_of_another_centre_cannot_be_removed_through_ones_own(
    centre_manager: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    from datetime import date

    theirs = Holiday(centre_id=harbour.id, holiday_on=date(2026, 4, 3), name="Good Friday")
    session.add(theirs)
    session.flush()
    assert (
        centre_manager.post(f"/admin/centres/{riverside.id}/holidays/{theirs.id}/removal").status_code == 404
    )


def test_pages_of_centres_ask_the_database_little(
    admin: FlaskClient, riverside: Centre, booked: Appointment
) -> None:
    for page in (
        "",
        f"/{riverside.id}",
        f"/{riverside.id}/edit",
        f"/{riverside.id}/holidays",
        f"/{riverside.id}/activation",
    ):
        with counted() as queries:
            assert admin.get(f"/admin/centres{page}").status_code == 200
        assert len(queries) <= 8, page
