"""Amelia with a patient beside her day: by keyboard on a wide screen, on the smallest phone, and without JavaScript."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from portal.appointments.commands import mark_arrived
from portal.appointments.models import Appointment
from portal.core import clock
from portal.core.db import in_transaction
from portal.people.acting import actor_for
from portal.records.models import MedicalNote
from tests.browser.conftest import Practice
from tests.browser.test_clinician_day import amelia_in, find, patient_in, put_in

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


@pytest.fixture(scope="module")
def begun(practice: Practice) -> datetime:
    """When a visit of Omar's began, a little ago today."""
    with practice.session() as session:
        zone = amelia_in(session).zone
        now = clock.now().replace(second=0, microsecond=0)
        midnight, _ = clock.day_bounds(clock.local_day(now, zone), zone)
        starts_at = max(midnight, now - timedelta(minutes=5))
        put_in(session, "Omar Haddad", starts_at)
        session.commit()
    return starts_at


def opened(page: Page) -> Locator:
    """Omar beside the day, opened by keyboard from the list; his name in the list."""
    page.goto("/clinician/day")
    name = page.locator(".agenda__name a", has_text="Omar Haddad")
    name.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#beside-title")).to_be_focused()
    return name


def test_amelia_writes_while_the_day_goes_on_and_books_the_next_visit(
    desktop: Page, practice: Practice, begun: datetime, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(desktop, "amelia")
    name = opened(desktop)
    expect(name).to_have_attribute("aria-current", "true")
    check_accessibility(desktop)
    desktop.keyboard.press("Escape")
    expect(name).to_be_focused()
    write_while_he_arrives(desktop, practice, begun)
    complete(desktop)
    in_two_weeks = desktop.locator("#next-visit li", has_text="In 2 weeks")
    expect(in_two_weeks).to_be_visible()
    expect(desktop.locator("#beside-title")).to_be_focused()  # what comes by itself does not take the focus
    check_accessibility(desktop)
    in_two_weeks.get_by_role("button").first.press("Enter")
    expect(desktop.get_by_text("The patient is told.")).to_be_visible()
    with practice.session() as session:
        omar = patient_in(session, "Omar Haddad")
        follows = Appointment.follow_up_of_id.is_not(None) & (Appointment.patient_id == omar.id)
        assert session.scalar(select(func.count()).where(follows)) == 1
        kept = select(MedicalNote.text).where(MedicalNote.patient_id == omar.id)
        assert list(session.scalars(kept)) == ["Knee is better."]


def write_while_he_arrives(page: Page, practice: Practice, begun: datetime) -> None:
    """The desk marks his arrival in the middle of a sentence."""
    beside = page.locator("#beside")
    beside.get_by_label("Add a note").fill("Knee is")
    with practice.session() as session:
        visit = session.scalars(select(Appointment).where(Appointment.starts_at == begun)).one()
        desk = actor_for(session, find(session, "deskleeds"))
        in_transaction(session, lambda: mark_arrived(session, visit, by=desk, at=clock.now()))
    expect(page.locator("#visit-now").get_by_text("Arrived", exact=True)).to_be_visible()
    expect(beside.get_by_label("Add a note")).to_have_value("Knee is")
    beside.get_by_label("Add a note").press_sequentially(" better.")
    beside.get_by_role("button", name="Keep this note").press("Enter")
    expect(beside.get_by_role("status")).to_be_focused()
    expect(beside.get_by_text("Knee is better.")).to_be_visible()


def complete(page: Page) -> None:
    now = page.locator("#visit-now")
    now.get_by_role("button", name="Start").press("Enter")
    expect(now.get_by_text("In progress")).to_be_visible()
    now.get_by_role("button", name="Complete").press("Enter")
    expect(now.get_by_text("Completed")).to_be_visible()


def test_on_the_smallest_phone_the_patient_opens_below_and_closes_to_the_list(
    page: Page, begun: datetime, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    sign_in_staff(page, "amelia")
    page.goto("/clinician/day")
    name = page.locator(".agenda__name a", has_text="Omar Haddad")
    name.click()
    expect(page.locator("#beside-title")).to_be_focused()
    expect(page.locator("#beside-title")).to_be_in_viewport()
    page.locator("#beside").get_by_role("link", name="Next visit").or_(
        page.locator("#next-visit-title")
    ).first.wait_for()
    check_accessibility(page)
    page.locator("#beside").get_by_role("link", name="Close").click()
    expect(name).to_be_focused()
    assert "appointment=" not in page.url
    page.goto(name.get_attribute("href") or "")  # as for somebody who was quicker than the script
    expect(page.locator("#beside-title")).to_be_focused()
    page.get_by_role("link", name="New appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New appointment")
    check_accessibility(page)
    asked_whether_it_is_omar(page)
    check_accessibility(page)


def asked_whether_it_is_omar(page: Page) -> None:
    """A namesake is somebody new only for a reason."""
    page.get_by_label("Full name").fill("Omar Haddad")
    page.get_by_label("Phone number").fill("07700 900188")
    page.locator("#time").fill("11:00")
    page.get_by_role("button", name="Book").click()
    expect(page.locator("#duplicates")).to_be_focused()
    page.get_by_label("No, a new person").check()
    page.get_by_label("Why is it somebody else?").press("Enter")
    expect(page.locator("#error-summary")).to_be_focused()


def test_without_javascript_a_session_is_booked_and_stands_beside_its_day(
    no_javascript: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    page = no_javascript
    with practice.session() as session:
        on = clock.local_day(clock.now(), amelia_in(session).zone) + timedelta(days=9)
    sign_in_staff(page, "amelia")
    page.goto("/clinician/appointments/new")
    page.get_by_label("Full name").fill("Lia Neale")
    page.get_by_label("Email").fill("lia@example.org")
    page.get_by_label("Date", exact=True).fill(on.isoformat())
    page.get_by_role("button", name="Show the free times").click()
    expect(page.get_by_label("Full name")).to_have_value("Lia Neale")
    page.get_by_label("11:00", exact=True).check()
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("Booked for Lia Neale")).to_be_visible()
    expect(page.locator("#beside-title")).to_have_text("Lia Neale")
    page.get_by_label("Add a note").fill("First visit.")
    page.get_by_role("button", name="Keep this note").click()
    expect(page.locator("#beside").get_by_text("First visit.")).to_be_visible()
