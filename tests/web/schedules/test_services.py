"""Services: what is offered, for how long and for how much; and who may say so."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.people.errors import FeeIsSetByPractice
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.models import Service
from portal.scheduling.queries import services_of
from tests.factories import a_clinician, a_service, an_account, an_actor, an_appointment, service_of, slots_of
from tests.web.helpers import counted, errors_in, sign_in

FACTS = {
    "title": "First assessment",
    "description": "We take our time.",
    "duration_minutes": "90",
    "buffer_before_minutes": "",
    "buffer_after_minutes": "15",
    "is_in_person": "y",
}


def address(clinician: Clinician, rest: str = "") -> str:
    return f"/schedules/{clinician.id}/services{rest}"


def the(session: Session, clinician: Clinician, title: str) -> Service:
    session.expire_all()
    return next(one for one in services_of(session, clinician.id, active_only=False) if one.title == title)


def test_the_services_are_listed(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    a_service(session, jane, title="Old way", is_active=False)
    page = her_browser.get(address(jane)).text
    assert "£60.00" in page
    assert page.index("Consultation") < page.index("Old way")


def test_a_clinician_at_a_centre_adds_a_service_at_the_fee_the_centre_has_set(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    page = her_browser.get(address(jane, "/new")).text
    assert "Your centre sets the price." in page
    assert 'name="price_minor"' not in page
    assert her_browser.post(address(jane, "/new"), data=FACTS | {"price_minor": "1"}).location == address(
        jane
    )
    added = the(session, jane, "First assessment")
    assert (added.duration_minutes, added.buffer_before_minutes, added.buffer_after_minutes) == (90, 0, 15)
    assert (added.price_minor, added.is_online, added.is_in_person) == (6000, False, True)


def test_a_clinician_at_a_centre_cannot_change_the_price(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    one = service_of(session, jane)
    page = her_browser.get(address(jane, f"/{one.id}")).text
    assert 'name="price_minor"' not in page
    data = FACTS | {"title": "Talk", "price_minor": "1.00"}
    assert her_browser.post(address(jane, f"/{one.id}"), data=data).status_code == 303
    assert the(session, jane, "Talk").price_minor == 6000


def test_the_command_itself_says_no_to_another_price(session: Session, jane: Clinician) -> None:
    """The rule holds for every door, not for the page alone."""
    actor = an_actor(session, Role.CLINICIAN, clinician=jane)
    with pytest.raises(FeeIsSetByPractice):
        commands.edit_service(session, service_of(session, jane), by=actor, price_minor=1)
    with pytest.raises(FeeIsSetByPractice):
        commands.add_service(session, jane, by=actor, title="Talk", duration_minutes=30, price_minor=1)
    commands.edit_service(session, service_of(session, jane), by=actor, price_minor=6000)


def test_who_works_at_no_centre_sets_their_own_price(client: FlaskClient, session: Session) -> None:
    lia = a_clinician(session, None, currency="EUR")
    sign_in(client, session.get_one(Account, lia.account_id))
    one = service_of(session, lia)
    page = client.get(address(lia, f"/{one.id}")).text
    assert "Price (EUR)" in page
    assert 'name="is_in_person"' not in page
    data = {"title": "Call", "duration_minutes": "20", "price_minor": "25,50", "is_online": "y"}
    assert client.post(address(lia, f"/{one.id}"), data=data).status_code == 303
    changed = the(session, lia, "Call")
    assert (changed.price_minor, changed.is_online, changed.is_in_person) == (2550, True, False)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.CENTRE_MANAGER])
def test_managers_set_the_price(client: FlaskClient, session: Session, jane: Clinician, role: Role) -> None:
    centre = jane.centres[0] if role is Role.CENTRE_MANAGER else None
    sign_in(client, an_account(session, role, centre=centre))
    one = service_of(session, jane)
    data = FACTS | {"price_minor": "0"}
    assert client.post(address(jane, f"/{one.id}"), data=data).status_code == 303
    assert the(session, jane, "First assessment").price_minor == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"title": ""}, "Enter a name"),
        ({"title": "x" * 101}, "Use 100 characters or fewer"),
        ({"duration_minutes": ""}, "Enter the length in minutes"),
        ({"duration_minutes": "4"}, "Enter a number from 5 to 480"),
        ({"buffer_after_minutes": "121"}, "Enter a number from 0 to 120"),
        ({"is_in_person": ""}, "Choose online, in person or both"),
        ({"price_minor": "much"}, "Enter an amount, like 45 or 45.50"),
        ({"price_minor": ""}, "Enter a price; 0 if it is free"),
        ({"price_minor": "-1"}, "Enter an amount that is not below zero"),
    ],
)
def test_a_service_that_makes_no_sense_comes_back_filled_in(
    client: FlaskClient, session: Session, jane: Clinician, change: dict[str, str], complaint: str
) -> None:
    sign_in(client, an_account(session, Role.ADMIN))
    answer = client.post(address(jane, "/new"), data={**FACTS, "price_minor": "45", **change})
    assert answer.status_code == 422
    assert complaint in errors_in(answer)
    assert "We take our time." in answer.text
    assert len(services_of(session, jane.id)) == 1


def test_the_database_refuses_what_no_page_asked_about(session: Session, jane: Clinician) -> None:
    """An integration that sends nonsense is told which field, and does not meet an error of ours."""
    from portal.core.db import in_transaction
    from portal.core.errors import Invalid

    one = service_of(session, jane)
    with pytest.raises(Invalid) as refused:
        in_transaction(session, lambda: commands.edit_service(session, one, duration_minutes=1))
    assert refused.value.details == {"duration_minutes": "Enter a length of 5 to 480 minutes."}


def test_a_change_leaves_what_is_booked_as_it_is(
    client: FlaskClient, session: Session, jane: Clinician
) -> None:
    visit = an_appointment(session, clinician=jane)
    sign_in(client, an_account(session, Role.ADMIN))
    one = service_of(session, jane)
    client.post(address(jane, f"/{one.id}"), data=FACTS | {"price_minor": "100"})
    session.expire_all()
    kept = session.get_one(Appointment, visit.id)
    assert (kept.fee_minor, kept.ends_at - kept.starts_at) == (6000, visit.ends_at - visit.starts_at)


def test_a_service_can_be_taken_off_and_offered_again(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    second = a_service(session, jane, title="Follow-up")
    switch = address(jane, f"/{second.id}/activation")
    her_browser.post(switch, data={"is_active": "no"})
    assert not the(session, jane, "Follow-up").is_active
    assert "Offer it again" in her_browser.get(address(jane, f"/{second.id}")).text
    her_browser.post(switch, data={"is_active": "yes"})
    assert the(session, jane, "Follow-up").is_active
    assert slots_of(session, jane, service=second)


def test_services_of_somebody_else_are_not_found(
    her_browser: FlaskClient, session: Session, jane: Clinician
) -> None:
    zed = a_clinician(session)
    theirs = service_of(session, zed)
    for path in (
        address(zed),
        address(zed, "/new"),
        address(zed, f"/{theirs.id}"),
        address(jane, f"/{theirs.id}"),
    ):
        assert her_browser.get(path).status_code == 404
    assert her_browser.post(address(jane, f"/{theirs.id}"), data=FACTS).status_code == 404
    assert her_browser.post(address(jane, f"/{theirs.id}/activation"), data={}).status_code == 404


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.FRONT_DESK, Role.CARE_COORDINATOR, Role.PATIENT])
def test_staff_of_another_centre_and_the_desk_keep_out(
    client: FlaskClient, session: Session, jane: Clinician, role: Role
) -> None:
    sign_in(client, an_account(session, role))
    assert client.get(address(jane)).status_code == 403
    assert client.post(address(jane, "/new"), data=FACTS).status_code == 403


def test_the_list_costs_few_queries(her_browser: FlaskClient, session: Session, jane: Clinician) -> None:
    for number in range(5):
        a_service(session, jane, title=f"Service {number}")
    with counted() as queries:
        her_browser.get(address(jane))
    assert len(queries) <= 8
