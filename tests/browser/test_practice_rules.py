"""An administrator changes the practice's rules on a narrow phone; who books next lives by them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 360, "height": 740}
AMELIA = "/clinicians/amelia-wong-1"


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_changed_rule_is_seen_by_whoever_books_next(
    page: Page,
    open_page: OpenPage,
    sign_in_staff: Callable[[Page, str], None],
    check_accessibility: Callable[[Page], None],
) -> None:
    page.set_viewport_size(NARROW)
    sign_in_staff(page, "admin")
    page.goto("/admin/practice")
    check_accessibility(page)
    hold_longer(page, check_accessibility)
    say_clients(page)
    keep_less(page, check_accessibility)
    patient = open_page("phone")
    patient.set_viewport_size(NARROW)
    patient.goto(AMELIA)
    patient.get_by_role("link", name="Next month").click()
    patient.locator("a.day").last.click()
    patient.locator("button.slot").first.click()
    heading(patient, "Finish your booking")
    expect(patient.locator("[data-countdown-clock]")).to_have_text(re.compile(r"^(25|24):\d\d$"))
    patient.goto("/clinicians")
    heading(patient, "Therapists")
    assert "Riverside Talks" in patient.title()


def hold_longer(page: Page, check_accessibility: Callable[[Page], None]) -> None:
    """First with a mistake, then right, by keyboard."""
    page.get_by_role("link", name="Change Booking and cancelling").click()
    minutes = page.get_by_label("A chosen time is held for")
    minutes.fill("90")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#error-summary")).to_be_focused()
    check_accessibility(page)
    page.get_by_role("link", name="Enter a number from 1 to 60").click()
    expect(minutes).to_be_focused()
    minutes.fill("25")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved. The rules are in force now.")).to_be_visible()
    expect(page.get_by_text("Your rule")).to_be_visible()


def say_clients(page: Page) -> None:
    page.get_by_role("link", name="Change Names and words").click()
    page.get_by_label("Name of the practice").fill("Riverside Talks")
    page.get_by_label("Clients").check()
    page.get_by_label("Therapists").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. The rules are in force now.")).to_be_visible()


def keep_less(page: Page, check_accessibility: Callable[[Page], None]) -> None:
    """What costs money is asked twice."""
    page.get_by_role("link", name="Change Payments and fees").click()
    page.get_by_label("Kept of the fee when a client cancels late").fill("50")
    page.get_by_role("button", name="Save").click()
    heading(page, "Change what people pay?")
    check_accessibility(page)
    page.get_by_role("button", name="Yes, change it").click()
    expect(page.get_by_text("Saved. The rules are in force now.")).to_be_visible()
    check_accessibility(page)
