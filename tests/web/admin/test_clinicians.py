"""Clinicians: made in one go, corrected, taken off the list, switched off and deleted, and nobody left in the dark."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment, Occupancy, Party, Status
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from portal.people.models import Clinician
from portal.scheduling.models import WeeklyRule
from portal.scheduling.queries import services_of
from tests.factories import (
    PASSWORD,
    a_centre,
    a_clinician,
    a_hold,
    a_patient,
    account_of,
    an_account,
    an_appointment,
    wall,
    week,
)
from tests.web.helpers import HTMX, counted, errors_in, signed_in


def facts(*centres: Centre, **changes: Any) -> dict[str, Any]:
    return {
        "full_name": "Dr Nell Newcome",
        "phone": "07700 900777",
        "email": "nell@example.org",
        "username": "nell",
        "password": PASSWORD,
        "centre_ids": [centre.id for centre in centres],
        "primary_centre_id": "",
        "specialization": "Sleep, Sports injuries ,",
        "qualification": "MBBS",
        "languages": "English, हिन्दी",
        "years_of_experience": "7",
        "consultation_fee_minor": "45.50",
        "default_duration_minutes": "30",
        "headline": "Sleep well",
        "bio": "I listen first.",
        "requires_acceptance": "y",
        **changes,
    }


def nell(session: Session) -> Clinician | None:
    return session.scalar(select(Clinician).join(Clinician.account).where(Account.username == "nell"))


@pytest.fixture
def booked(session: Session, riverside: Centre) -> Appointment:
    """Ana sees Dr Jane Smith at Riverside on Monday."""
    return an_appointment(
        session, clinician=a_clinician(session, riverside), starts_at=wall("2026-03-09 10:00")
    )


def test_account_and_profile_are_made_together_and_hours_come_next(
    manager: FlaskClient, session: Session, riverside: Centre
) -> None:
    response = manager.post("/admin/clinicians/new", data=facts(riverside))
    made = nell(session)
    assert made is not None
    assert response.location == f"/admin/clinicians/{made.id}"
    assert (made.account.title, made.account.full_name, made.account.role) == (
        "Dr",
        "Nell Newcome",
        "CLINICIAN",
    )
    assert (made.consultation_fee_minor, made.default_duration_minutes) == (4550, 30)
    assert made.specialization == ["Sleep", "Sports injuries"]
    assert made.languages == ["English", "हिन्दी"]
    assert made.requires_acceptance
    assert made.primary_centre_id == riverside.id
    assert len(services_of(session, made.id)) == 1
    page = manager.get(response.location).text
    assert "Before patients can book" in page
    assert f'class="btn btn--small" href="/schedules/{made.id}/hours"' in page


def test_the_fee_is_read_in_the_currency_of_the_main_centre(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    tokyo = a_centre(session, name="Sumida", city="Tokyo", time_zone="Asia/Tokyo", currency="JPY")
    refused = admin.post("/admin/clinicians/new", data=facts(tokyo))
    assert refused.status_code == 422
    assert "Enter an amount" in errors_in(refused)
    assert (
        admin.post("/admin/clinicians/new", data=facts(tokyo, consultation_fee_minor="5000")).status_code
        == 303
    )
    made = nell(session)
    assert made is not None
    assert (made.currency, made.consultation_fee_minor, made.time_zone) == ("JPY", 5000, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"full_name": ""}, "Enter the full name"),
        ({"full_name": "Dr N3ll"}, "A name can have letters"),
        ({"phone": "1"}, "phone number"),
        ({"email": "nell"}, "Enter an email address"),
        ({"username": "?"}, "Use 3 to 32 letters"),
        ({"password": "weak"}, "Use 8 to 256 characters"),
        ({"password": ""}, "Enter a password"),
        ({"centre_ids": []}, "Choose a centre"),
        ({"centre_ids": ["9999"]}, "Choose one of the options"),
        ({"years_of_experience": "99"}, "Enter a number from 0 to 80"),
        ({"consultation_fee_minor": "a lot"}, "Enter an amount"),
        ({"consultation_fee_minor": " "}, "Enter a fee; 0 if it is free"),
        ({"default_duration_minutes": "\u00a0"}, "Enter the length in minutes"),
        ({"consultation_fee_minor": ""}, "Enter a fee"),
        ({"default_duration_minutes": "3"}, "Enter a number from 5 to 480"),
        ({"specialization": "x" * 1200}, "Use 1000 characters or fewer"),
        ({"phone": "07700 900901"}, "A colleague already signs in with this phone number"),
        ({"email": "taken@example.org"}, "Somebody already signs in with this email address"),
        ({"username": "taken"}, "This username is taken"),
        ({"phone": "", "email": "", "username": ""}, "Give a phone number"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_is_made(
    admin: FlaskClient, session: Session, riverside: Centre, change: dict[str, Any], message: str
) -> None:
    an_account(session, phone="+447700900901", email="taken@example.org", username="taken")
    before = session.scalar(select(func.count(Account.id)))
    response = admin.post("/admin/clinicians/new", data={**facts(riverside), **change})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert "I listen first." in response.text
    assert session.scalar(select(func.count(Account.id))) == before


def test_centres_of_two_currencies_are_refused(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    boston = a_centre(session, name="Boston", city="Boston", currency="USD")
    response = admin.post("/admin/clinicians/new", data=facts(riverside, boston))
    assert response.status_code == 422
    assert "different currencies" in errors_in(response)


def test_a_centre_manager_adds_clinicians_to_their_own_centre_only(
    centre_manager: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    assert "Harbour" not in centre_manager.get("/admin/clinicians/new").text
    assert centre_manager.post("/admin/clinicians/new", data=facts(harbour)).status_code == 422
    assert nell(session) is None
    assert centre_manager.post("/admin/clinicians/new", data=facts(riverside)).status_code == 303


def test_another_centres_clinician_is_none_of_a_centre_managers_business(
    centre_manager: FlaskClient, session: Session, harbour: Centre
) -> None:
    theirs = a_clinician(session, harbour, full_name="Zed Other")
    assert "Zed Other" not in centre_manager.get("/admin/clinicians").text
    for page in ("", "/edit", "/activation", "/listing", "/deletion"):
        assert centre_manager.get(f"/admin/clinicians/{theirs.id}{page}").status_code == 403
    assert centre_manager.get("/admin/clinicians/987654").status_code == 404


def test_a_profile_is_corrected_and_a_wrong_one_comes_back(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    clinician = a_clinician(session, riverside)
    path = f"/admin/clinicians/{clinician.id}/edit"
    assert 'value="Dr Jane Smith"' in admin.get(path).text
    refused = admin.post(path, data=facts(riverside, full_name=""))
    assert refused.status_code == 422
    assert "Enter the full name" in errors_in(refused)
    assert admin.post(path, data=facts(riverside, full_name="Prof Jane Smith")).status_code == 303
    session.refresh(clinician)
    session.refresh(clinician.account)
    assert clinician.full_name == "Prof Jane Smith"
    assert clinician.headline == "Sleep well"


def test_a_centre_manager_leaves_a_clinicians_other_centres_alone(
    centre_manager: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    both = a_clinician(session, riverside, harbour)
    path = f"/admin/clinicians/{both.id}"
    assert centre_manager.post(f"{path}/edit", data=facts(riverside)).status_code == 303
    session.refresh(both)
    assert {centre.id for centre in both.centres} == {riverside.id, harbour.id}
    for page in ("/activation", "/listing", "/deletion"):
        assert centre_manager.get(path + page).status_code == 403
    left = centre_manager.post(f"{path}/edit", data=facts())
    assert left.location == "/admin/clinicians"
    session.refresh(both)
    assert [centre.id for centre in both.centres] == [harbour.id]


def test_hours_at_a_centre_that_is_taken_away_go_too_but_not_unseen(
    admin: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    windows = [*week("Mon 9-17", riverside), *week("Tue 9-17", harbour)]
    clinician = a_clinician(session, riverside, harbour, hours=windows)
    visit = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-09 10:00"))
    path = f"/admin/clinicians/{clinician.id}/edit"
    refused = admin.post(path, data=facts(harbour))
    assert refused.status_code == 409
    assert f"/appointments/{visit.id}" in refused.text
    assert admin.post(path, data=facts(harbour, accepted=str(visit.id))).status_code == 303
    rules = session.scalars(select(WeeklyRule.centre_id).where(WeeklyRule.clinician_id == clinician.id))
    assert list(rules) == [harbour.id]


@pytest.mark.parametrize(("page", "field"), [("activation", "is_active"), ("listing", "is_accepting")])
def test_what_is_booked_has_to_be_seen_before_a_clinician_is_taken_away(
    admin: FlaskClient, session: Session, booked: Appointment, page: str, field: str
) -> None:
    clinician = booked.clinician
    path = f"/admin/clinicians/{clinician.id}/{page}"
    assert f"/appointments/{booked.id}" in admin.get(path).text
    refused = admin.post(path, data={field: "no"})
    assert refused.status_code == 409
    assert f"/appointments/{booked.id}" in refused.text
    for _again in range(2):
        assert admin.post(path, data={field: "no", "accepted": str(booked.id)}).status_code == 303
        session.refresh(clinician)
        assert not getattr(clinician, field)
    session.refresh(booked)
    assert booked.status == Status.CONFIRMED
    assert admin.post(path, data={field: "yes"}).status_code == 303
    session.refresh(clinician)
    assert getattr(clinician, field)


def test_a_clinician_who_is_switched_off_is_signed_out_at_once(
    app: Flask, admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    clinician = a_clinician(session, riverside)
    theirs = signed_in(app, account_of(session, clinician))
    assert theirs.get("/clinician/day").status_code == 200
    assert (
        admin.post(f"/admin/clinicians/{clinician.id}/activation", data={"is_active": "no"}).status_code
        == 303
    )
    assert theirs.get("/clinician/day").status_code == 303


def test_a_clinician_with_coming_appointments_is_not_deleted(
    admin: FlaskClient, session: Session, booked: Appointment
) -> None:
    path = f"/admin/clinicians/{booked.clinician_id}/deletion"
    for response in (admin.get(path), admin.post(path)):
        assert response.status_code == 409
        assert f"/appointments/{booked.id}" in response.text
    for wrong in ({}, {"reason": "Retired"}, {"is_understood": "y"}):
        accepted = {"force": "yes", "accepted": str(booked.id)}
        assert admin.post(path, data={**accepted, **wrong}).status_code == 422
    session.refresh(booked.clinician)
    assert booked.clinician.deleted_at is None


def test_with_a_reason_and_a_yes_everything_is_cancelled_and_the_patients_are_told(
    admin: FlaskClient, session: Session, booked: Appointment
) -> None:
    clinician = booked.clinician
    other = an_appointment(session, clinician=clinician, starts_at=wall("2026-03-10 12:00"))
    held = a_hold(session, clinician, patient=a_patient(session), starts_at=wall("2026-03-11 12:00"))
    path = f"/admin/clinicians/{clinician.id}/deletion"
    yes = {"force": "yes", "reason": "Retired", "is_understood": "y"}
    assert admin.post(path, data={**yes, "accepted": str(booked.id)}).status_code == 409  # not the second one
    session.refresh(booked)
    assert booked.status == Status.CONFIRMED
    assert admin.post(path, data={**yes, "accepted": f"{booked.id},{other.id}"}).status_code == 303
    for visit in (booked, other):
        session.refresh(visit)
        assert (visit.status, visit.cancelled_by, visit.cancel_reason) == (
            Status.CANCELLED,
            Party.CENTRE,
            "Retired",
        )
        kinds = session.scalars(select(Delivery.kind).where(Delivery.appointment_id == visit.id))
        assert "appointment-cancelled-by-practice" in list(kinds)
    session.refresh(held)
    assert held.status == Status.CANCELLED
    assert session.scalar(select(func.count(Occupancy.id))) == 0
    assert admin.get(f"/admin/clinicians/{clinician.id}").status_code == 404


def test_a_clinician_with_nothing_booked_is_deleted_after_one_question(
    manager: FlaskClient, session: Session, riverside: Centre
) -> None:
    clinician = a_clinician(session, riverside)
    path = f"/admin/clinicians/{clinician.id}/deletion"
    assert manager.get(path).status_code == 200
    assert manager.post(path).location == "/admin/clinicians"
    assert manager.get(path).status_code == 404


def test_the_list_says_when_each_is_free_and_what_is_missing(
    admin: FlaskClient, session: Session, riverside: Centre, harbour: Centre
) -> None:
    a_clinician(session, riverside, full_name="Free Soon")
    a_clinician(session, harbour, full_name="No Hours", hours=[])
    off = a_clinician(session, riverside, full_name="Off Duty")
    off.is_active = False
    session.flush()
    text = admin.get("/admin/clinicians").text
    assert "Tomorrow, 09:00" in text
    assert "No hours" in text
    assert "Off Duty" not in admin.get("/admin/clinicians?active=yes").text
    assert "Free Soon" not in admin.get("/admin/clinicians?active=no").text
    assert "Free Soon" not in admin.get(f"/admin/clinicians?centre_id={harbour.id}").text
    whole, piece = (admin.get("/admin/clinicians?search=free", headers=headers) for headers in ({}, HTMX))
    assert piece.text.strip() in whole.text
    assert "No Hours" not in piece.text


def test_who_is_switched_off_is_switched_on_before_patients_see_them(
    admin: FlaskClient, session: Session, riverside: Centre
) -> None:
    off = a_clinician(session, riverside)
    off.is_active = False
    session.flush()
    page = admin.get(f"/admin/clinicians/{off.id}").text
    assert "Switch on" in page.partition(f'href="/admin/clinicians/{off.id}/activation"')[2][:200]
    assert "List for patients" not in page
    to_do = page.partition('id="checklist"')[2].partition("</section>")[0]
    assert to_do.count('aria-label="To do"') == 1


def test_a_page_behind_the_last_one_is_not_found(admin: FlaskClient) -> None:
    for address in ("/admin/clinicians", "/admin/staff"):
        assert admin.get(address).status_code == 200
        assert admin.get(f"{address}?page=500").status_code == 404


def test_pages_of_clinicians_ask_the_database_little(
    admin: FlaskClient, session: Session, riverside: Centre, booked: Appointment
) -> None:
    pages = [
        "",
        f"/{booked.clinician_id}",
        "/new",
        f"/{booked.clinician_id}/edit",
        f"/{booked.clinician_id}/deletion",
    ]
    for _each in range(4):
        a_clinician(session, riverside)
    for page in pages:
        with counted() as queries:
            assert admin.get(f"/admin/clinicians{page}").status_code in {200, 409}
        assert len(queries) <= 8, page


def test_clinicians_do_not_manage_clinicians(app: Flask, session: Session) -> None:
    own = signed_in(app, an_account(session, Role.CLINICIAN))
    assert own.get("/admin/clinicians").status_code == 403
    assert own.get("/admin").status_code == 403
