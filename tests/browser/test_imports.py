"""The practice moves in: a file with faults is mended, looked at and brought in; then the same without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]
HEADS = "Full name;Phone;E-mail;Date of birth\n"
FAULTY = HEADS + "Zoë Fauré;12;zoe@example.org;04/06/1981\nAna Nother;07700 900101;;\n"
MENDED = HEADS + "Zoë Fauré;07911 123461;zoe@example.org;1981-06-04\nBen Hill;;ben.hill@example.org;\n"


def test_a_file_is_mended_and_brought_in_on_a_phone_by_keyboard(
    open_page: OpenPage, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    page = _begin(open_page, sign_in_staff, javascript=True)
    check_accessibility(page)
    page.get_by_role("link", name="Choose a file Patients").press("Enter")
    page.get_by_role("button", name="Look through the file").press("Enter")
    expect(page.locator("#error-summary")).to_be_focused()
    check_accessibility(page)
    choose(page, FAULTY)
    for words in ("3 problems", "Line 2, phone", "Line 2, date_of_birth", "Line 3, phone"):
        expect(page.get_by_text(words)).to_be_visible()
    check_accessibility(page)
    choose(page, MENDED)
    expect(page.get_by_text("New: 2 patients")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Import 2 lines").press("Enter")
    expect(page.get_by_text("Imported: 2 patients")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="To the patients").press("Enter")
    expect(page.get_by_text("Zoë Fauré").first).to_be_visible()
    page.goto("/admin/imports")
    expect(page.get_by_text("2 new, 0 unchanged")).to_be_visible()
    check_accessibility(page)


def test_without_javascript_it_is_the_same(open_page: OpenPage, sign_in_staff: SignIn) -> None:
    page = _begin(open_page, sign_in_staff, javascript=False)
    page.get_by_role("link", name="Choose a file Clinicians").click()
    choose(page, "full_name;email;centres\nDr Nell Newcome;nell@example.org;Atlantis\n")
    expect(page.get_by_text("There is no centre called “Atlantis”.")).to_be_visible()
    choose(page, "full_name;email;centres\nDr Nell Newcome;nell@example.org;Riverside\n")
    page.get_by_role("button", name="Import 1 line").click()
    expect(page.get_by_text("Imported: 1 clinician")).to_be_visible()


def _begin(open_page: OpenPage, sign_in_staff: SignIn, *, javascript: bool) -> Page:
    page = open_page("phone", javascript=javascript)
    page.set_viewport_size({"width": 360, "height": 780})
    sign_in_staff(page, "manager")
    page.goto("/admin/imports")
    return page


def choose(page: Page, content: str) -> None:
    """The file, by the field that is on this page."""
    page.locator("#file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Look through the file").press("Enter")
