"""A patient is offered an earlier time: on a phone, without JavaScript, from joining to the moved visit."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.commands import book
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician, Patient
from portal.scheduling.queries import services_of
from portal.waiting_list.offering import offer_next
from portal.waiting_list.rules import Practice as Offering
from tests.browser.conftest import ANA, Practice

pytestmark = pytest.mark.browser
LEEDS = clock.zone("Europe/London")
AWAKE = Offering(offer_minutes=30, offers_a_day=3, quiet_until=lambda _at, _zone: None)


@pytest.fixture
def visit(practice: Practice) -> Appointment:
    """Ana sees Dr Amelia Wong ten days from now."""
    at = clock.now()
    on = clock.local_day(at, LEEDS) + timedelta(days=10)
    with practice.session() as session:
        amelia = session.scalars(
            select(Clinician).join(Clinician.account).where(Account.username == "amelia")
        ).one()
        ana = session.scalars(select(Patient).where(Patient.phone == ANA)).one()
        service = next(one for one in services_of(session, amelia.id) if one.title == "Consultation")
        taken = session.scalars(
            select(Appointment.id).where(Appointment.starts_at >= clock.at(on, time(11), LEEDS))
        ).all()
        key = SlotKey(
            amelia.id, amelia.primary_centre_id, service.id, clock.at(on, time(11 + len(taken)), LEEDS)
        )
        made = book(session, key, patient=ana, by=SYSTEM, at=at, channel=Channel.DESK)
        session.commit()
        return made


def offer_what_is_free(practice: Practice) -> None:
    """What the job does."""
    with practice.session() as session:
        while offer_next(session, AWAKE, at=clock.now()) is not None:
            session.commit()


def test_ana_takes_an_earlier_time_without_javascript(
    practice: Practice,
    visit: Appointment,
    no_javascript: Page,
    sign_in_patient: Callable[[Page, str], None],
    page: Page,
) -> None:
    shown = no_javascript
    sign_in_patient(shown, ANA)
    shown.goto(f"{practice.address}/patient/appointments/{visit.id}")
    shown.get_by_role("link", name="Something earlier?").click()
    shown.get_by_label("Evening").uncheck()
    shown.get_by_role("button", name="Tell me if something opens").click()
    expect(shown.get_by_text("We will tell you as soon as something earlier is free.")).to_be_visible()

    offer_what_is_free(practice)
    shown.goto(f"{practice.address}/patient/appointments")
    shown.get_by_role("link", name="Answer").click()
    expect(shown.get_by_role("heading", name="An earlier time is free")).to_be_visible()
    link = shown.url

    page.goto(link)  # the link alone is enough, signed in or not
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator("[data-countdown-clock]")).not_to_be_empty()

    shown.get_by_role("button", name="Take this time").click()
    expect(shown.get_by_role("heading", name="Your appointment has moved")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Your appointment has moved")).to_be_visible()
    with practice.session() as session:
        assert session.get_one(Appointment, visit.id).starts_at < visit.starts_at


def test_the_desk_puts_a_caller_on_the_list_and_takes_them_off(
    practice: Practice,
    visit: Appointment,
    desktop: Page,
    sign_in_staff: Callable[[Page, str], None],
    check_accessibility: Callable[[Page], None],
) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto(f"{practice.address}/appointments/{visit.id}")
    desktop.get_by_role("link", name="Something earlier?").click()
    check_accessibility(desktop)
    desktop.get_by_role("button", name="Put them on the list").click()
    expect(desktop.get_by_role("rowheader", name="Ana Silva")).to_be_visible()
    check_accessibility(desktop)
    desktop.get_by_role("link", name="End the waiting of Ana Silva").click()
    check_accessibility(desktop)
    desktop.get_by_role("button", name="End it").click()
    expect(desktop.get_by_text("Nobody waits")).to_be_visible()
