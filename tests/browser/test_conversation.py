"""A conversation in two browsers, on a phone, and without JavaScript."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ANA, OpenPage

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


@pytest.fixture
def ana(page: Page, sign_in_patient: SignIn) -> Page:
    """Ana on her phone, where she has just written to Amelia."""
    sign_in_patient(page, ANA)
    page.get_by_role("link", name=re.compile("Amelia Wong")).first.click()
    page.get_by_role("link", name="Write to Dr Amelia Wong").click()
    page.get_by_label("Your message").fill("May I eat before?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("May I eat before?")
    return page


def test_what_one_writes_is_with_the_other_at_once_and_their_words_are_left_alone(
    ana: Page, desktop: Page, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(desktop, "amelia")
    side = desktop.get_by_role("navigation", name="Main")
    side.get_by_role("link", name=re.compile(r"Messages \d new")).click()
    desktop.get_by_role("link", name="Ana Silva").click()
    expect(desktop.get_by_text("May I eat before?").last).to_be_in_viewport()
    expect(side.get_by_role("link", name="Messages", exact=True)).to_be_visible()
    hers, his = ana.get_by_label("Your message"), desktop.get_by_label("Your message")
    hers.fill("Half a thou")
    his.fill("Yes, of course.")
    his.press("Tab")
    desktop.keyboard.press("Enter")
    expect(his).to_be_focused()
    expect(his).to_have_value("")
    expect(ana.get_by_role("log")).to_contain_text("Yes, of course.")
    expect(hers).to_be_focused()
    ana.keyboard.type("ght")
    ana.get_by_role("button", name="Send").click()
    for shown in (ana, desktop):
        expect(shown.locator(".bubble").last).to_contain_text("Half a thought")
        expect(shown.get_by_text("Yes, of course.")).to_have_count(1)
        check_accessibility(shown)


def test_what_was_refused_is_back_in_the_field(ana: Page) -> None:
    tab = ana.context.new_page()  # one in which a refusal may be logged
    tab.goto(ana.url)
    field, send = tab.get_by_label("Your message"), tab.get_by_role("button", name="Send")
    bubbles = tab.locator(".bubble").count()
    tab.route("**/messages/*", lambda route: route.fulfill(status=429, headers={"HX-Reswap": "none"}))
    field.fill("The second")
    send.click()
    expect(field).to_be_focused()
    expect(field).to_have_value("The second")
    tab.unroute("**/messages/*")
    send.click()
    expect(tab.locator(".bubble")).to_have_count(bubbles + 1)
    expect(tab.locator("#write.htmx-request")).to_have_count(0)
    expect(field).to_have_value("")
    send.click()
    expect(tab.locator("#error-summary")).to_be_focused()


def test_without_javascript_one_writes_all_the_same(no_javascript: Page, sign_in_patient: SignIn) -> None:
    page = no_javascript
    sign_in_patient(page, ANA)
    page.goto("/messages/people")
    page.get_by_role("link", name="Amelia Wong").click()
    for number in range(2):
        page.get_by_label("Your message").fill(f"Plain {number}")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text(f"Plain {number}")).to_be_in_viewport()


def test_a_long_word_stays_inside_on_the_narrowest_phone(
    open_page: OpenPage, sign_in_patient: SignIn, check_accessibility: Check
) -> None:
    page = open_page("phone")
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme="dark")
    sign_in_patient(page, ANA)
    page.goto("/messages/people")
    page.get_by_role("link", name="Riverside").click()
    page.get_by_label("Your message").fill("x" * 400)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("x" * 400)
    check_accessibility(page)
    page.goto("/messages")
    check_accessibility(page)
