"""Somebody calls, and the desk books for them: without a mouse, without JavaScript, from the board."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.appointments.models import Appointment, Status
from portal.people.models import Patient
from tests.browser.conftest import OMAR, Practice

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def booked_for(practice: Practice, phone: str) -> int:
    """How many confirmed appointments the patient with that phone has."""
    with practice.session() as session:
        statement = select(func.count(Appointment.id)).join(Appointment.patient)
        return (
            session.scalar(statement.where(Patient.phone == phone, Appointment.status == Status.CONFIRMED))
            or 0
        )


def test_a_known_caller_is_booked_with_five_strokes_of_the_keyboard(
    desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/desk/day")
    check_accessibility(desktop)
    before = booked_for(practice, OMAR)
    desktop.keyboard.press("n")
    expect(desktop.get_by_label("Phone number or name")).to_be_focused()
    desktop.keyboard.type("07700 900102")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#first-free-time")).to_be_focused()
    check_accessibility(desktop)
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("button", name="Book this time")).to_be_focused()
    expect(desktop.locator("#spoken")).to_contain_text("with Dr Amelia Wong at Riverside")
    expect(desktop.locator("#spoken")).to_be_in_viewport()
    check_accessibility(desktop)
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Booked")
    expect(desktop.get_by_text("For Omar Haddad", exact=True)).to_be_visible()
    check_accessibility(desktop)
    assert booked_for(practice, OMAR) == before + 1


def test_a_caller_is_found_while_the_name_is_typed(desktop: Page, sign_in_staff: SignIn) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/desk/bookings/new")
    expect(desktop.get_by_label("Phone number or name")).to_be_focused()
    desktop.keyboard.type("silv")
    expect(desktop.locator("#matches").get_by_role("button", name="Ana Silva")).to_be_visible()
    desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#who")).to_contain_text("Ana Silva")
    assert "silv" not in desktop.url.lower()
    desktop.get_by_label("Clinician").focus()
    with desktop.expect_response(lambda response: "clinician_id=" in response.url):
        desktop.get_by_label("From").fill("2031-01-01")
    expect(desktop.get_by_text("No free times")).to_be_visible()


def test_a_new_caller_is_registered_and_booked_with_six_strokes_of_the_keyboard_within_twenty_seconds(
    desktop: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/desk/day")
    begun = time.monotonic()
    desktop.keyboard.press("n")
    expect(desktop.get_by_label("Phone number or name")).to_be_focused()
    desktop.keyboard.type("Rosa Blum 07700 900777", delay=60)
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("button", name="Register and go on")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#who")).to_contain_text("Rosa Blum")
    expect(desktop.locator("#first-free-time")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("button", name="Book this time")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Booked")
    assert time.monotonic() - begun < 20
    assert booked_for(practice, "+447700900777") == 1


def test_a_time_from_the_board_is_held_for_the_caller(desktop: Page, sign_in_staff: SignIn) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/desk/day")
    desktop.locator("nav[aria-label='Day'] a[rel='next']").click()
    desktop.locator(".gap").first.click()
    expect(desktop.get_by_label("Phone number or name")).to_be_focused()
    desktop.keyboard.type("07700 900102")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text("Held for the caller until")).to_be_visible()
    expect(desktop.locator("[data-countdown-clock]")).to_have_text(re.compile("^9:|^10:"))
    desktop.get_by_role("button", name="Let this time go").click()
    expect(desktop.locator("#times")).to_be_visible()


def test_without_javascript_a_caller_is_booked_all_the_same(
    no_javascript: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    page = no_javascript
    sign_in_staff(page, "deskleeds")
    before = booked_for(practice, OMAR)
    page.goto("/desk/bookings/new")
    page.get_by_label("Phone number or name").fill("haddad")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Omar Haddad").click()
    page.get_by_role("button", name="Show times").click()
    page.locator("#times button[name='slot']").first.click()
    page.get_by_text("Note, fee").click()
    page.get_by_label("Note for the clinician").fill("Comes by taxi")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Booked")
    assert booked_for(practice, OMAR) == before + 1
