"""A patient's whole way, in a real browser: with JavaScript on a phone, without it, and by keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

AMELIA = "/clinicians/amelia-wong-1"
CodeFor = Callable[[str], str]
Check = Callable[[Page], None]


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def say_who(page: Page, code_for: CodeFor, name: str, phone: str) -> None:
    """From the page of a held time to the last step."""
    page.get_by_label("Full name").fill(name)
    page.get_by_label("Phone number").fill(phone)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code", exact=True).fill(code_for(f"+44{phone.removeprefix('0')}"))
    page.get_by_role("button", name="Continue").click()


def test_somebody_new_finds_a_time_on_a_phone_and_books_it(
    page: Page, code_for: CodeFor, check_accessibility: Check
) -> None:
    choose_a_time(page, check_accessibility)
    heading(page, "Finish your booking")
    expect(page.locator("[data-countdown-clock]")).to_have_text(re.compile(r"^(10|9):\d\d$"))
    check_accessibility(page)
    say_who(page, code_for, "Rosa Lind", "07700900201")
    expect(page.get_by_role("heading", name="Nearly done, Rosa Lind")).to_be_visible()
    check_accessibility(page)
    page.get_by_label("Questions or notes").fill("May I run?")
    page.get_by_role("button", name="Confirm the booking").click()
    heading(page, "Your appointment is booked")
    expect(page.get_by_text("Online").first).to_be_visible()
    page.goto("/patient/appointments")
    expect(page.get_by_text("Dr Amelia Wong").first).to_be_visible()


def choose_a_time(page: Page, check_accessibility: Check) -> None:
    """From the start page to an online time in the next month."""
    page.goto("/")
    page.get_by_label("What do you need help with?").fill("physio")
    page.get_by_role("button", name="Find a time").click()
    heading(page, "Find a time")
    page.get_by_role("link", name="Dr Amelia Wong").first.click()
    heading(page, "Dr Amelia Wong")
    page.get_by_role("link", name=re.compile("Video or visit")).click()
    page.wait_for_url("**service_id=*")
    page.get_by_role("link", name="Next month").click()
    page.wait_for_url("**month=*")
    expect(page.get_by_role("link", name="Previous month")).to_be_visible()
    page.locator("a.day").first.click()
    page.wait_for_url("**day=*")
    page.locator("a.day").last.click()
    expect(page.locator("a.day[aria-current]")).to_have_count(1)
    expect(page.locator("a.day").last).to_have_attribute("aria-current", "date")
    expect(page.locator("#day-title")).to_be_focused()
    expect(page.locator("#day-title")).to_have_text(re.compile(r"^\w+day \d+ \w+, \d+ times$"))
    check_accessibility(page)
    page.get_by_text("Online", exact=True).click()
    page.locator("button.slot").first.click()


def test_the_same_without_javascript(no_javascript: Page, code_for: CodeFor) -> None:
    page = no_javascript
    page.goto("/clinicians?q=nutrition")
    page.get_by_role("link", name="Dr Ben Ortiz", exact=True).click()
    page.get_by_role("link", name="Next month").click()
    page.locator("a.day").nth(1).click()
    page.locator("button.slot").nth(1).click()
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("link", name="Enter your full name")).to_be_visible()
    say_who(page, code_for, "Milo Stone", "07700900202")
    page.get_by_role("button", name="Confirm the booking").click()
    heading(page, "Your appointment is booked")


def test_a_time_is_chosen_by_keyboard_alone(desktop: Page) -> None:
    page = desktop
    page.goto(AMELIA)

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"the Tab key never reaches {selector}")

    tab_to("#month-chevron-right")
    page.keyboard.press("Enter")
    page.wait_for_url("**month=*")
    expect(page.locator("#month-chevron-right")).to_be_focused()
    tab_to("a.day")
    page.keyboard.press("Enter")
    page.wait_for_url("**day=*")
    expect(page.locator("#day-title")).to_be_focused()
    tab_to("button.slot")
    page.keyboard.press("Enter")
    heading(page, "Finish your booking")
    tab_to("#full_name")


def test_the_list_narrows_while_one_types(desktop: Page) -> None:
    page = desktop
    page.goto("/clinicians")
    expect(page.get_by_text("2 clinicians")).to_be_visible()
    page.get_by_label("Name, field or service").press_sequentially("nutr")
    expect(page.get_by_text("1 clinician", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/clinicians\?q=nutr$"))
    page.go_back()
    expect(page.get_by_text("2 clinicians")).to_be_visible()


def test_a_viewer_far_away_sees_both_times(open_page: Callable[..., Page]) -> None:
    page = open_page("desktop", zone="Asia/Kolkata")
    page.goto("/")  # the browser says its zone from the next page on
    page.goto(AMELIA)
    expect(page.get_by_text(re.compile("Times are London time"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d\d:\d\d for you")).first).to_be_visible()


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_no_page_keeps_anybody_out(
    open_page: Callable[..., Page], check_accessibility: Check, size: str
) -> None:
    page = open_page(size)
    for path in (
        "/", "/clinicians", "/clinicians?q=nobody", "/find", "/find?q=nobody", "/centres", "/centres/1", AMELIA,
        f"{AMELIA}?day=2020-01-01", "/sign-in", "/staff/sign-in", "/staff/sign-in/phone", "/dev/outbox",
    ):  # fmt: skip
        page.goto(path)
        check_accessibility(page)
