"""Pages that are open tell at once what others have changed, and take nothing away from whoever reads or writes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import SYSTEM
from portal.notifications import inbox
from portal.people.models import Clinician, Patient
from portal.settings import LateCancellation
from tests.browser.conftest import OMAR, OpenPage, Practice

pytestmark = pytest.mark.browser
AT_ONCE = 2000  # ms; it takes a tenth of that, but the machine may be busy. Pages that only poll take 30 s.

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def tell(practice: Practice, username: str, title: str) -> None:
    with practice.session() as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        in_transaction(
            session,
            lambda: inbox.tell(
                session, account.id, "meeting_request", title, "", action="", related_id=None, at=clock.now()
            ),
        )


def cancel_omars(practice: Practice) -> None:
    with practice.session() as session:
        omars = select(Appointment).join(Appointment.patient).where(Patient.phone == OMAR)
        appointment = session.scalars(omars).one()
        in_transaction(
            session,
            lambda: commands.cancel(
                session, appointment, by=SYSTEM, at=clock.now(), late=LateCancellation.NO_REFUND
            ),
        )


def test_the_desk_and_the_clinician_see_a_change_at_once(
    open_page: OpenPage, practice: Practice, sign_in_staff: SignIn
) -> None:
    desk, doctor = open_page("desktop"), open_page("desktop")
    tomorrow = (clock.now() + timedelta(days=1)).date()
    for page, who, address in ((desk, "deskleeds", "/desk/day"), (doctor, "amelia", "/clinician/day")):
        sign_in_staff(page, who)
        page.goto(f"{address}?date={tomorrow}")
        expect(page.locator("#day").get_by_text("Omar Haddad").first).to_be_visible()
    link = desk.locator("#board").get_by_role("link", name="Ana Silva").first
    link.focus()
    cancel_omars(practice)
    for page in (desk, doctor):
        expect(page.locator("#day").get_by_text("Omar Haddad")).to_have_count(0, timeout=AT_ONCE)
    expect(link).to_be_focused()


def test_the_bell_and_the_list_follow_in_every_tab(
    desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    sign_in_staff(desktop, "ben")
    desktop.goto("/notifications")
    expect(desktop.get_by_text("Nothing yet")).to_be_visible()
    tell(practice, "ben", "Ana Silva asks for a time")
    expect(desktop.get_by_role("heading", name="Ana Silva asks for a time")).to_be_visible(timeout=AT_ONCE)
    expect(desktop.get_by_role("link", name="Notifications, 1 unread")).to_be_visible(timeout=AT_ONCE)
    check_accessibility(desktop)
    other = desktop.context.new_page()
    other.goto("/clinician/week")
    desktop.get_by_role("button", name="Mark as read").click()
    expect(desktop.get_by_text("Nothing unread")).to_be_visible()
    expect(desktop.get_by_role("button", name="Mark as unread")).to_be_focused()
    for page in (desktop, other):
        expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible(timeout=AT_ONCE)


def test_a_tab_that_nobody_sees_listens_to_nothing_and_catches_up(
    desktop: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto("/notifications")
    hide = (
        "hidden => {Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))}"
    )
    desktop.evaluate(hide, True)
    desktop.wait_for_timeout(300)  # what was asked for before is answered
    tell(practice, "deskleeds", "While nobody looked")
    desktop.wait_for_timeout(300)
    expect(desktop.get_by_text("While nobody looked")).to_have_count(0)
    desktop.evaluate(hide, False)
    expect(desktop.get_by_role("heading", name="While nobody looked")).to_be_visible(timeout=AT_ONCE)


def test_what_is_being_typed_stays(desktop: Page, practice: Practice, sign_in_staff: SignIn) -> None:
    sign_in_staff(desktop, "coordinator")
    desktop.goto("/notifications")
    desktop.evaluate(
        "() => {const field = document.createElement('input'); field.id = 'typed';"
        "document.getElementById('inbox').append(field)}"
    )
    desktop.locator("#typed").press_sequentially("Half a sen")
    tell(practice, "coordinator", "In between")
    desktop.wait_for_timeout(500)
    desktop.locator("#typed").press_sequentially("tence")
    expect(desktop.locator("#typed")).to_have_value("Half a sentence")
    desktop.locator("#typed").blur()
    expect(desktop.get_by_role("heading", name="In between")).to_be_visible(timeout=AT_ONCE)


def test_a_time_that_somebody_books_is_gone_from_every_page_and_whoever_books_it_all_the_same_is_offered_others(
    open_page: OpenPage, practice: Practice
) -> None:
    with practice.session() as session:
        amelia = session.scalars(select(Account).where(Account.username == "amelia")).one()
        clinician = session.scalars(select(Clinician).where(Clinician.account_id == amelia.id)).one()
    day = (clock.now() + timedelta(days=3)).date()
    address = f"/clinicians/{clinician.slug}?day={day}&month={day:%Y-%m}"
    quick, slow, still = open_page("desktop"), open_page("phone"), open_page("phone", javascript=False)
    for page in (quick, slow, still):
        page.goto(address)
    slot = quick.locator("#slots button[name=slot]").first
    value = slot.get_attribute("value")
    same = slow.locator(f'#slots button[value="{value}"]')
    expect(same).to_be_visible()
    slot.click()
    quick.wait_for_url("**/holds/**")
    expect(same).to_have_count(0, timeout=AT_ONCE)
    assert slow.url.endswith(address)
    still.locator(f'#slots button[value="{value}"]').click()
    expect(still.get_by_role("heading", name="That time has gone")).to_be_visible()
