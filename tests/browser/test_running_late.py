"""A time of today is booked anyway with a reason; then the clinician runs late, and others see it at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.appointments.models import AppointmentChange
from portal.core import clock
from tests.browser.conftest import OMAR, OpenPage, Practice

pytestmark = pytest.mark.browser
AT_ONCE = 2000  # ms; it takes a tenth of that, but the machine may be busy

Check = Callable[[Page], None]


def test_the_coordinator_books_anyway_by_keyboard_and_the_reason_stays(
    desktop: Page, practice: Practice, sign_in_staff: Callable[[Page, str], None], check_accessibility: Check
) -> None:
    sign_in_staff(desktop, "coordinator")
    desktop.goto("/desk/bookings/new?overbook=1")
    desktop.get_by_label("Phone number or name").fill(OMAR)
    desktop.keyboard.press("Enter")
    later = (clock.now() + timedelta(days=40)).date()
    desktop.get_by_label("Date", exact=True).fill(later.isoformat())
    desktop.get_by_label("Time", exact=True).fill("21:07")
    desktop.get_by_role("button", name="Take this time").click()
    expect(desktop.locator("#broken-rules")).to_contain_text("It lies outside working hours.")
    why = desktop.get_by_label("Why all the same?")
    expect(why).to_be_focused()
    check_accessibility(desktop)
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("link", name="Say why it is done all the same.")).to_be_visible()
    why.fill("Cannot come by day")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Booked")
    with practice.session() as session:
        kept = select(AppointmentChange.overridden).where(AppointmentChange.reason == "Cannot come by day")
        assert session.scalars(kept).all() == [["OUTSIDE_HOURS"]]


def test_a_delay_is_seen_at_once_on_the_board_of_somebody_else(
    open_page: OpenPage,
    no_javascript: Page,
    sign_in_staff: Callable[[Page, str], None],
    check_accessibility: Check,
) -> None:
    desk, doctor = open_page("desktop"), no_javascript
    sign_in_staff(desk, "deskleeds")
    desk.goto("/desk/day")
    board = desk.locator("#board")
    expect(board.get_by_role("link", name="Late? Dr Amelia Wong")).to_be_visible()
    sign_in_staff(doctor, "amelia")
    doctor.goto("/clinician/day")
    doctor.get_by_role("link", name="Running late?").click()
    doctor.get_by_role("button", name="20 minutes").click()
    expect(board.get_by_role("link", name="20 min late Dr Amelia Wong")).to_be_visible(timeout=AT_ONCE)
    check_accessibility(desk)
    board.get_by_role("link", name="20 min late Dr Amelia Wong").click()
    check_accessibility(desk)
    desk.get_by_role("button", name="On time again").click()
    expect(board.get_by_role("link", name="Late? Dr Amelia Wong")).to_be_visible()
    doctor.goto("/clinician/day")
    expect(doctor.get_by_role("link", name="Running late?")).to_be_visible()
