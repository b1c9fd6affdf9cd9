"""A patient moves and cancels an appointment in a real browser: on a phone, by keyboard, and without JavaScript."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.commands import book
from portal.appointments.models import Appointment, Channel, Status
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician, Patient
from portal.scheduling.queries import services_of
from tests.browser.conftest import ANA, Practice

pytestmark = pytest.mark.browser

LEEDS = clock.zone("Europe/London")
Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


@pytest.fixture
def visit(practice: Practice) -> Appointment:
    """Ana sees Dr Amelia Wong ten days from now; those of earlier tests are out of the way."""
    at = clock.now()
    on = clock.local_day(at, LEEDS) + timedelta(days=10)
    with practice.session() as session:
        username = Account.username == "amelia"
        amelia = session.scalars(select(Clinician).join(Clinician.account).where(username)).one()
        ana = session.scalars(select(Patient).where(Patient.phone == ANA)).one()
        service = next(one for one in services_of(session, amelia.id) if one.title == "Consultation")
        starts_at = first_free(practice, ana.id, clock.at(on, time(11), LEEDS))
        key = SlotKey(amelia.id, amelia.primary_centre_id, service.id, starts_at)
        made = book(session, key, patient=ana, by=SYSTEM, at=at, channel=Channel.DESK)
        session.commit()
        return made


def first_free(practice: Practice, patient_id: int, wanted: datetime) -> datetime:
    with practice.session() as session:
        theirs = select(Appointment.starts_at).where(
            Appointment.patient_id == patient_id, Appointment.status != Status.CANCELLED
        )
        taken = set(session.scalars(theirs))
    while wanted in taken:
        wanted += timedelta(days=1)
    return wanted


def state_of(practice: Practice, visit: Appointment) -> tuple[str, datetime]:
    with practice.session() as session:
        found = session.get_one(Appointment, visit.id)
        return found.status, found.starts_at


def open_visit(page: Page, visit: Appointment) -> None:
    page.goto("/patient/appointments")
    page.locator(f'a[href="/patient/appointments/{visit.id}"]').click()
    expect(page.get_by_role("heading", name="Appointment with Dr Amelia Wong", level=1)).to_be_visible()


def a_day_after(visit: Appointment) -> str:
    """The id of a day's link in the calendar, in the month that the page opens with or the next."""
    return f"#day-{clock.local_day(visit.starts_at, LEEDS) + timedelta(days=1)}"


def go_to_month_of(page: Page, day: str) -> None:
    if not page.locator(day).count():
        page.get_by_role("link", name="Next month").click()
    expect(page.locator(day)).to_be_visible()


def test_ana_moves_her_appointment_on_a_phone_and_then_cancels_it(
    page: Page, practice: Practice, visit: Appointment, sign_in_patient: SignIn, check_accessibility: Check
) -> None:
    sign_in_patient(page, ANA)
    check_accessibility(page)
    open_visit(page, visit)
    check_accessibility(page)
    page.get_by_role("link", name="Move to another time").click()
    choose_ten_on_the_day_after(page, visit, check_accessibility)
    page.get_by_label("Reason").fill("The train is late")
    page.get_by_role("button", name="Move the appointment").click()
    expect(page.locator("#flashes")).to_contain_text("Moved to")
    on = clock.local_day(visit.starts_at, LEEDS) + timedelta(days=1)
    assert state_of(practice, visit) == ("CONFIRMED", clock.at(on, time(10), LEEDS))
    cancel(page, check_accessibility)
    assert state_of(practice, visit)[0] == "CANCELLED"


def choose_ten_on_the_day_after(page: Page, visit: Appointment, check_accessibility: Check) -> None:
    """In the calendar, without loading another page; the browser's way back leads through the same steps."""
    expect(page.get_by_role("heading", name="Move your appointment")).to_be_visible()
    page.evaluate("window.stillHere = true")
    day = a_day_after(visit)
    go_to_month_of(page, day)
    page.locator(day).click()
    page.wait_for_url("**day=*")
    expect(page.locator("#day-title")).to_be_focused()
    check_accessibility(page)
    page.get_by_role("link", name="10:00", exact=True).click()
    question = page.get_by_role("heading", name=re.compile(r"Move to .*, 10:00\?"))
    expect(question).to_be_focused()
    check_accessibility(page)
    assert page.evaluate("window.stillHere") is True
    page.go_back()
    expect(question).to_have_count(0)
    page.go_forward()
    expect(question).to_be_visible()


def cancel(page: Page, check_accessibility: Check) -> None:
    page.get_by_role("link", name="Cancel appointment").click()
    expect(page.get_by_text("Cancelling now costs you nothing")).to_be_visible()
    check_accessibility(page)
    page.get_by_label("Why are you cancelling?").fill("I am better")
    page.get_by_role("button", name="Cancel the appointment").dblclick()
    expect(page.get_by_text("You cancelled it. Reason: I am better")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Your appointments").click()
    page.get_by_role("link", name="Past").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    check_accessibility(page)


def test_the_same_works_without_javascript(
    no_javascript: Page, practice: Practice, visit: Appointment, sign_in_patient: SignIn
) -> None:
    page = no_javascript
    sign_in_patient(page, ANA)
    open_visit(page, visit)
    page.get_by_role("link", name="Move to another time").click()
    day = a_day_after(visit)
    go_to_month_of(page, day)
    page.locator(day).click()
    page.get_by_role("link", name="10:30", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"Move to .*, 10:30\?"))).to_be_visible()
    page.get_by_role("button", name="Move the appointment").click()
    expect(page.locator("#flashes")).to_contain_text("Moved to")
    on = clock.local_day(visit.starts_at, LEEDS) + timedelta(days=1)
    assert state_of(practice, visit) == ("CONFIRMED", clock.at(on, time(10, 30), LEEDS))
    page.get_by_role("link", name="Cancel appointment").click()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("You cancelled it.")).to_be_visible()
    assert state_of(practice, visit)[0] == "CANCELLED"


def test_another_time_can_be_chosen_with_the_keyboard_alone(
    desktop: Page, practice: Practice, visit: Appointment, sign_in_patient: SignIn
) -> None:
    sign_in_patient(desktop, ANA)
    desktop.goto(f"/patient/appointments/{visit.id}/rescheduling")
    day = a_day_after(visit)
    go_to_month_of(desktop, day)
    desktop.locator(day).focus()
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#day-title")).to_be_focused()
    desktop.keyboard.press("Tab")
    expect(desktop.locator("#first-free-time")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#chosen-title")).to_be_focused()
    desktop.keyboard.press("Tab")
    expect(desktop.get_by_label("Reason")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#flashes")).to_contain_text("Moved to")
    on = clock.local_day(visit.starts_at, LEEDS) + timedelta(days=1)
    assert state_of(practice, visit) == ("CONFIRMED", clock.at(on, time(9), LEEDS))


def test_a_time_taken_in_the_meantime_is_answered_with_others(
    page: Page, practice: Practice, visit: Appointment, sign_in_patient: SignIn, check_accessibility: Check
) -> None:
    sign_in_patient(page, ANA)
    day = clock.local_day(visit.starts_at, LEEDS) + timedelta(days=2)
    page.goto(f"/patient/appointments/{visit.id}/rescheduling?day={day}")
    page.get_by_role("link", name="15:00", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"Move to .*, 15:00\?"))).to_be_visible()
    take(practice, visit, clock.at(day, time(15), LEEDS))
    page.get_by_role("button", name="Move the appointment").click()
    expect(page.get_by_text("Your appointment is still where it was")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("list", name="Other times").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"Move to .*\?"))).to_be_visible()
    assert state_of(practice, visit) == ("CONFIRMED", visit.starts_at)


def take(practice: Practice, visit: Appointment, starts_at: datetime) -> None:
    """Omar books the time at that moment."""
    with practice.session() as session:
        omar = session.scalars(select(Patient).where(Patient.full_name == "Omar Haddad")).one()
        key = SlotKey(visit.clinician_id, visit.centre_id, visit.service_id, starts_at)
        book(session, key, patient=omar, by=SYSTEM, at=clock.now(), channel=Channel.DESK)
        session.commit()
