"""A mother books for her child on a small phone without JavaScript; the practice finds a record and merges two."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import select

from portal.appointments.models import Appointment
from portal.appointments.references import reference_of
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.people.commands import create_patient
from portal.people.models import Patient
from portal.waiting_list.offering import offer_next
from portal.waiting_list.rules import Practice as Offering
from tests.browser.conftest import ANA, OMAR, Practice

pytestmark = pytest.mark.browser
AWAKE = Offering(offer_minutes=30, offers_a_day=3, quiet_until=lambda _at, _zone: None)
SMALL = ViewportSize(width=360, height=740)
Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


def offer_what_is_free(practice: Practice) -> None:
    """What the job does."""
    with practice.session() as session:
        while offer_next(session, AWAKE, at=clock.now()) is not None:
            session.commit()


def looks_right(page: Page, check_accessibility: Check) -> None:
    """On a small phone and at a desk."""
    size = page.viewport_size
    for one in (SMALL, ViewportSize(width=1280, height=900)):
        page.set_viewport_size(one)
        check_accessibility(page)
    if size:
        page.set_viewport_size(size)


def test_ana_books_for_her_child_takes_an_earlier_time_and_cancels_without_javascript(
    practice: Practice,
    no_javascript: Page,
    page: Page,
    sign_in_patient: SignIn,
    check_accessibility: Check,
) -> None:
    shown = no_javascript
    shown.set_viewport_size(SMALL)
    sign_in_patient(shown, ANA)
    _add_a_child(shown)
    _book_for_mina(shown)

    shown.goto("/patient/appointments")
    expect(shown.get_by_text("For Mina Silva")).to_be_visible()
    shown.get_by_role("link", name="Dr Amelia Wong").last.click()
    shown.get_by_role("link", name="Something earlier?").click()
    shown.get_by_role("button", name="Tell me if something opens").click()
    offer_what_is_free(practice)
    shown.goto("/patient/waiting-list")
    shown.get_by_role("link", name="Answer").click()
    expect(shown.get_by_text("Mina Silva")).to_be_visible()
    page.goto(shown.url)
    looks_right(page, check_accessibility)
    shown.get_by_role("button", name="Take this time").click()
    expect(shown.get_by_role("heading", name="Your appointment has moved")).to_be_visible()

    with practice.session() as session:
        visit = session.scalars(
            select(Appointment)
            .join(Patient)
            .where(Patient.full_name == "Mina Silva", Appointment.booked_at.is_not(None))
        ).one()
        assert visit.history[-1].kind == "rescheduled"
    shown.goto(f"/patient/appointments/{visit.id}")
    shown.get_by_role("link", name="Cancel appointment").click()
    shown.get_by_role("button", name=re.compile("Cancel")).click()
    expect(shown.get_by_text("Cancelled").first).to_be_visible()


def _add_a_child(page: Page) -> None:
    page.goto("/patient/profile")
    page.get_by_role("link", name="People you book for").click()
    page.get_by_role("link", name="Add a person").click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Enter")).to_be_visible()
    page.get_by_label("Full name").fill("Mina Silva")
    page.get_by_label("Who are they?").select_option("CHILD")
    page.get_by_label("Date of birth").fill("2019-05-04")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("You can now book for Mina Silva.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def _book_for_mina(page: Page) -> None:
    page.goto("/clinicians/amelia-wong-1")
    page.get_by_role("link", name=re.compile("^Consultation")).click()
    page.get_by_role("link", name="Next month").click()
    page.locator("a.day").last.click()
    page.locator("button.slot").first.click()
    page.get_by_role("button", name="Confirm the booking").click()
    expect(page.get_by_text("Say who is coming").first).to_be_visible()
    page.get_by_label("Mina Silva").check()
    page.get_by_role("button", name="Confirm the booking").click()
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()


def test_the_manager_finds_a_visit_and_a_person_and_merges_two_records(
    practice: Practice, desktop: Page, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    reference = _write_omar_twice(practice)
    page = desktop
    sign_in_staff(page, "manager")
    page.goto("/search")
    page.get_by_role("searchbox").press_sequentially("haddad", delay=10)
    expect(page.get_by_role("link", name="Omar Hadad")).to_be_hidden()
    expect(page.get_by_role("link", name="Omar Haddad", exact=True)).to_be_visible()
    looks_right(page, check_accessibility)
    page.get_by_role("searchbox").fill(reference.lower())
    expect(page.get_by_text(reference)).to_be_visible()
    page.get_by_role("searchbox").fill("nobody at all")
    expect(page.get_by_text("Nobody found")).to_be_visible()
    check_accessibility(page)

    page.goto("/patients/duplicates")
    looks_right(page, check_accessibility)
    page.get_by_role("link", name="Compare Omar Haddad with Omar Hadad").click()
    looks_right(page, check_accessibility)
    page.get_by_role("group", name="Full name").get_by_label("Omar Hadad").check()
    page.get_by_role("button", name="Merge into one record").click()
    expect(page.get_by_text("The two records are one now.")).to_be_visible()
    expect(page.get_by_role("heading", name="Omar Hadad", level=1)).to_be_visible()
    page.goto("/patients/duplicates")
    expect(page.get_by_text("No duplicates found")).to_be_visible()


def _write_omar_twice(practice: Practice) -> str:
    """The reference of his visit tomorrow."""
    with practice.session() as session:
        omar = session.scalars(select(Patient).where(Patient.phone == OMAR)).one()
        omar.date_of_birth = date(1981, 6, 4)
        again = create_patient(
            session, by=SYSTEM, full_name="Omar Hadad", phone="+447700900177", email=None, at=clock.now()
        )
        again.date_of_birth = omar.date_of_birth
        visit = session.scalars(select(Appointment).where(Appointment.patient_id == omar.id)).one()
        session.commit()
        return reference_of(visit)
