"""Amelia's day in her browser: requests, the visit from arrival to its end, leave that strands somebody, her hours."""

from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as wall_time

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.commands import book
from portal.appointments.models import Channel
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.people.acting import actor_for
from portal.people.models import Clinician, Patient
from portal.scheduling.queries import services_of
from tests.browser.conftest import Practice
from tests.factories import an_override

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def find(session: Session, username: str) -> Account:
    return session.scalars(select(Account).where(Account.username == username)).one()


def amelia_in(session: Session) -> Clinician:
    return session.scalars(select(Clinician).where(Clinician.account_id == find(session, "amelia").id)).one()


def patient_in(session: Session, name: str) -> Patient:
    return session.scalars(select(Patient).where(Patient.full_name == name)).one()


def put_in(session: Session, patient: str, starts_at: datetime, *, is_request: bool = False) -> None:
    """A visit to Amelia: asked for by the patient, or put in by an admin, whatever the hours."""
    amelia, seen = amelia_in(session), patient_in(session, patient)
    amelia.requires_acceptance = is_request
    account = session.get_one(Account, seen.account_id) if is_request else find(session, "admin")
    consultation = next(one for one in services_of(session, amelia.id) if one.title == "Consultation")
    book(
        session,
        SlotKey(amelia.id, amelia.primary_centre_id, consultation.id, starts_at),
        patient=seen,
        by=actor_for(session, account),
        at=starts_at - timedelta(days=1),
        channel=Channel.PORTAL if is_request else Channel.DESK,
        override=None if is_request else an_override(),
    )


@pytest.fixture
def day(practice: Practice) -> datetime:
    """A visit of Omar's that began a little ago, and a request of Ana's for next week; when the visit began."""
    with practice.session() as session:
        amelia = amelia_in(session)
        now = clock.now().replace(second=0, microsecond=0)
        midnight, _ = clock.day_bounds(clock.local_day(now, amelia.zone), amelia.zone)
        begun = max(midnight, now - timedelta(minutes=5))
        put_in(session, "Omar Haddad", begun)
        next_week = clock.local_day(now, amelia.zone) + timedelta(days=7)
        put_in(session, "Ana Silva", clock.at(next_week, wall_time(11), amelia.zone), is_request=True)
        session.commit()
    return begun


def test_amelia_works_through_her_day(
    desktop: Page, day: datetime, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(desktop, "amelia")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Today")
    expect(desktop.get_by_text("1 request waits for you")).to_be_visible()
    check_accessibility(desktop)

    desktop.goto("/clinician/day")
    desktop.get_by_role("button", name="Accept Ana Silva").click()
    expect(desktop.get_by_text("Accepted.")).to_be_visible()
    expect(desktop.get_by_text("1 request waits for you")).to_have_count(0)

    visit = desktop.locator("#agenda > li", has_text="Omar Haddad")
    visit.get_by_role("button", name="Mark as arrived Omar Haddad").click()
    expect(visit.get_by_text("Arrived", exact=True)).to_be_visible()
    expect(desktop.get_by_text("1 arrived")).to_be_visible()
    visit.get_by_role("button", name="Start Omar Haddad").click()
    expect(visit.get_by_text("In progress")).to_be_visible()
    visit.get_by_role("button", name="Complete Omar Haddad").click()
    expect(visit.get_by_text("Completed")).to_be_visible()
    assert visit.get_by_role("button").count() == 0

    desktop.get_by_role("link", name="Week", exact=True).first.click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("This week")
    check_accessibility(desktop)


def test_leave_that_strands_ana_needs_a_second_yes(
    page: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    with practice.session() as session:
        amelia = amelia_in(session)
        tomorrow = clock.local_day(clock.now(), amelia.zone) + timedelta(days=1)
        address = f"/schedules/{amelia.id}/leave"
    sign_in_staff(page, "amelia")
    page.goto(address)
    page.get_by_label("First day").fill(tomorrow.isoformat())
    page.get_by_role("button", name="Add leave").click()
    expect(page.get_by_text("2 appointments are booked in that time. Nothing is saved yet.")).to_be_visible()
    expect(page.locator("#stranded")).to_be_focused()
    expect(page.get_by_role("link", name="Ana Silva")).to_be_visible()
    check_accessibility(page)

    page.goto(address)
    page.get_by_label("First day").fill(tomorrow.isoformat())
    page.get_by_role("button", name="Add leave").click()
    page.get_by_role("button", name="Save all the same; they stay booked").click()
    expect(page.get_by_text("2 appointments outside the hours stay booked.")).to_be_visible()
    page.goto(f"/clinician/day?date={tomorrow.isoformat()}")
    expect(page.get_by_text("You are on leave on this day.")).to_be_visible()
    expect(page.get_by_role("link", name="Ana Silva")).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No leave is planned.")).to_be_visible()


def test_hours_are_edited_by_keyboard(desktop: Page, practice: Practice, sign_in_staff: SignIn) -> None:
    with practice.session() as session:
        address = f"/schedules/{amelia_in(session).id}/hours"
    sign_in_staff(desktop, "amelia")
    desktop.goto(address)
    desktop.get_by_role("button", name="Add hours on Monday").press("Enter")
    new = desktop.get_by_role("group", name="Monday, hours 2")
    expect(new.get_by_label("From")).to_be_focused()
    new.get_by_label("From").fill("18:00")
    new.get_by_label("To").fill("17:30")
    new.get_by_label("To").press("Enter")
    expect(desktop.locator("#error-summary")).to_be_focused()
    desktop.get_by_role("link", name="Monday: The end must be after the start.").press("Enter")
    expect(new.get_by_label("To")).to_be_focused()
    desktop.keyboard.type("1930")
    new.get_by_label("To").press("Enter")
    expect(desktop.get_by_text("Saved.")).to_be_visible()
    expect(desktop.get_by_role("group", name="Monday, hours 2").get_by_label("To")).to_have_value("19:30")


def test_hours_are_edited_without_javascript(
    no_javascript: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    with practice.session() as session:
        address = f"/schedules/{amelia_in(session).id}/hours"
    page = no_javascript
    sign_in_staff(page, "amelia")
    page.goto(address)
    page.get_by_role("button", name="Add hours on Friday").click()
    row = page.get_by_role("group", name="Friday, hours 2")
    row.get_by_label("From").fill("18:00")
    row.get_by_label("To").fill("20:00")
    page.get_by_role("button", name="Save hours").last.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Remove Friday, hours 2").click()
    page.get_by_role("button", name="Save hours").last.click()
    expect(page.get_by_role("group", name="Friday, hours 2")).to_have_count(0)
    expect(page.get_by_role("link", name="The next free times of each service")).to_be_visible()


def test_every_part_of_a_schedule_is_accessible(
    page: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    with practice.session() as session:
        amelia = amelia_in(session)
        service = services_of(session, amelia.id)[0]
        parts = (
            "hours",
            "rules",
            "leave",
            "extra-hours",
            "services",
            "services/new",
            f"services/{service.id}",
            "preview",
        )
        addresses = [f"/schedules/{amelia.id}/{part}" for part in parts]
    sign_in_staff(page, "amelia")
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        check_accessibility(page)
