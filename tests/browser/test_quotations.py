"""A quotation's whole way: written and sent at a desk, accepted on a phone without JavaScript, booked at its price."""

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Practice
from tests.browser.test_booking_journey import heading, say_who

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]
LINK = re.compile(r"/quotations/[\w-]{20,}")


def link_sent_to(practice: Practice, email: str) -> str:
    """The path of the link in the mail that went there last."""
    messages = requests.get(f"{practice.address}/dev/outbox.json", timeout=5).json()
    text = next(message["text"] for message in messages if message["to"] == email)
    found = LINK.search(text)
    assert found, text
    return found[0]


def write(page: Page, name: str, email: str) -> None:
    """Two lines, one of them added with the button, and a discount: £95 in all."""
    page.goto("/staff/quotations")
    page.get_by_role("link", name="New quotation").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("What is booked").select_option(label="Consultation")
    page.get_by_label("What for").fill("First assessment")
    page.get_by_label("Price each").fill("60")
    page.get_by_role("button", name="Add a line").click()
    expect(page.get_by_label("What for").nth(0)).to_have_value("First assessment")
    page.get_by_label("What for").nth(1).fill("Written report")
    page.get_by_label("Quantity").nth(1).fill("2")
    page.get_by_label("Price each").nth(1).fill("20")
    page.get_by_label("Discount").fill("5")
    page.get_by_role("button", name="Save as a draft").last.click()
    heading(page, "Quotation")


def test_maya_accepts_on_her_phone_and_books_at_the_quoted_price(
    desktop: Page,
    no_javascript: Page,
    practice: Practice,
    sign_in_staff: SignIn,
    code_for: Callable[[str], str],
) -> None:
    sign_in_staff(desktop, "amelia")
    write(desktop, "Maya Okoro", "maya@example.org")
    desktop.get_by_role("link", name="Send").first.click()
    desktop.get_by_role("button", name="Send it").click()
    expect(desktop.get_by_text("Q-")).to_be_visible()

    phone = no_javascript
    phone.goto(link_sent_to(practice, "maya@example.org"))
    heading(phone, "Quotation")
    assert not LINK.search(phone.url)
    expect(phone.get_by_text("£95.00").first).to_be_visible()
    phone.get_by_role("button", name="Accept").click()
    phone.get_by_role("link", name="Choose a time").click()
    expect(phone.get_by_text("At the quoted price: £95.00")).to_be_visible()
    phone.locator("button.slot").first.click()
    heading(phone, "Finish your booking")
    say_who(phone, code_for, "Maya Okoro", "07700900231")
    expect(phone.get_by_text("£95.00").first).to_be_visible()
    expect(phone.get_by_label("Reason for the visit")).to_have_value("First assessment")
    phone.get_by_role("button", name="Confirm the booking").click()
    heading(phone, "Your appointment is booked")

    desktop.reload()
    expect(desktop.get_by_text("Accepted", exact=True)).to_be_visible()
    expect(
        desktop.get_by_role("definition").filter(has=desktop.locator("a[href*='/appointments/']"))
    ).to_be_visible()


def test_the_pages_of_a_quotation_are_for_everybody(
    open_page: OpenPage, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    desktop, page = open_page("desktop"), open_page("phone")
    sign_in_staff(desktop, "amelia")
    desktop.goto("/staff/quotations/new")
    check_accessibility(desktop)
    desktop.get_by_role("button", name="Save as a draft").last.click()
    expect(desktop.locator("#error-summary")).to_be_focused()
    check_accessibility(desktop)
    write(desktop, "Noor Aziz", "noor@example.org")
    desktop.get_by_role("link", name="Send").first.click()
    check_accessibility(desktop)
    desktop.get_by_role("button", name="Send it").click()
    check_accessibility(desktop)
    desktop.goto("/staff/quotations")
    check_accessibility(desktop)

    page.goto(link_sent_to(practice, "noor@example.org"))
    check_accessibility(page)
    page.get_by_role("link", name="Decline").click()
    check_accessibility(page)
    page.get_by_role("button", name="Decline it").click()
    expect(page.get_by_text("You have declined this quotation")).to_be_visible()

    small = open_page("phone")
    sign_in_staff(small, "amelia")
    for address in ("/staff/quotations", "/staff/quotations/new"):
        small.goto(address)
        check_accessibility(small)
