"""A clinician signs up by themself, on a phone: mail, confirmation, the practice's yes, and the first day."""

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, OpenPage, Practice

pytestmark = pytest.mark.browser

EMAIL = "nell.newcome@example.org"
SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def link_in_mail(practice: Practice, kind: str) -> str:
    """The path of the link that was mailed last."""
    messages = requests.get(f"{practice.address}/dev/outbox.json", timeout=5).json()
    text = next(one["text"] for one in messages if one["kind"] == kind and one["to"] == EMAIL)
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found is not None, text
    return found[1]


def test_a_clinician_signs_up_is_approved_and_comes_to_the_day(
    page: Page,
    open_page: OpenPage,
    practice: Practice,
    sign_in_staff: SignIn,
    check_accessibility: Check,
) -> None:
    sign_up(page, check_accessibility)
    wait(page, check_accessibility)
    confirm(page, practice, check_accessibility)
    desktop = open_page("desktop")
    approve(desktop, sign_in_staff, check_accessibility)
    page.goto("/")
    page.get_by_role("link", name="Bookable").click()
    heading(page, "Today")
    expect(page.get_by_role("heading", name="Before patients can book")).to_be_visible()
    check_accessibility(page)
    complete_the_profile(page, check_accessibility)


def sign_up(page: Page, check_accessibility: Check) -> None:
    """First with a weak password; neither it nor the good one is shown again."""
    page.goto("/staff/sign-in")
    page.get_by_role("link", name="Sign up as a clinician").click()
    heading(page, "Sign up as a clinician")
    check_accessibility(page)
    page.get_by_label("Full name").fill("Dr Nell Newcome")
    page.get_by_label("Email address").fill(EMAIL)
    page.get_by_label("Password").fill("weak")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.get_by_label("Password")).to_be_empty()
    check_accessibility(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    heading(page, "Check your mail")
    expect(page.get_by_text(EMAIL)).to_be_visible()
    check_accessibility(page)


def wait(page: Page, check_accessibility: Check) -> None:
    """Signed in before all is done: what is left, whatever page was wanted."""
    page.goto("/clinician/week")
    page.get_by_label("Username, email or phone").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    heading(page, "What is left to do")
    check_accessibility(page)


def confirm(page: Page, practice: Practice, check_accessibility: Check) -> None:
    link = link_in_mail(practice, "verify-email")
    page.goto(link)
    heading(page, "Confirm your email address")
    assert link not in page.url
    check_accessibility(page)
    page.get_by_role("button", name="Confirm").click()
    heading(page, "What is left to do")
    expect(page.locator("#flashes")).to_contain_text("your email address is confirmed")
    page.goto(link)
    page.get_by_role("button", name="Confirm").click()
    heading(page, "This link no longer works")
    check_accessibility(page)


def approve(page: Page, sign_in_staff: SignIn, check_accessibility: Check) -> None:
    sign_in_staff(page, "admin")
    page.get_by_role("link", name="See who, and decide").click()
    heading(page, "Waiting for approval")
    check_accessibility(page)
    page.get_by_role("link", name="Decide about Dr Nell Newcome").click()
    heading(page, "Approval of Dr Nell Newcome")
    page.get_by_role("button", name="Do not approve").click()
    expect(page.locator("#error-summary")).to_be_focused()
    check_accessibility(page)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#flashes")).to_contain_text("Dr Nell Newcome is approved.")
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()


def complete_the_profile(page: Page, check_accessibility: Check) -> None:
    page.get_by_role("link", name="Complete your profile").click()
    heading(page, "Your profile")
    check_accessibility(page)
    page.get_by_label("Fields of work").fill("Sleep")
    page.get_by_label("About").fill("I listen first.")
    page.get_by_label("Consultation fee (GBP)").fill("45")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#flashes")).to_contain_text("Your profile is saved.")


def test_the_forms_need_no_javascript(no_javascript: Page, practice: Practice) -> None:
    """A forgotten password, and the devices."""
    page = no_javascript
    page.goto("/staff/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email address").fill("coordinator@example.org")
    page.get_by_role("button", name="Send me a link").click()
    heading(page, "Check your mail")
    messages = requests.get(f"{practice.address}/dev/outbox.json", timeout=5).json()
    text = next(one["text"] for one in messages if one["to"] == "coordinator@example.org")
    link = re.search(r"(/reset-password/\S+)", text)
    assert link is not None
    page.goto(link[1])
    page.get_by_label("New password").fill("Better-horse-8")
    page.get_by_role("button", name="Save the new password").click()
    heading(page, "Staff sign-in")
    page.get_by_label("Username, email or phone").fill("coordinator")
    page.get_by_label("Password").fill("Better-horse-8")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/account/devices")
    expect(page.get_by_text("This device")).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere, here too").click()
    expect(page.locator("#flashes")).to_contain_text("signed out on all your devices")
