"""The day board without a mouse, with one, and without JavaScript: who is here, who is done, who moves."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.commands import book, hold
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel, Status
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.permissions import VISITOR
from portal.people.acting import actor_for
from portal.people.models import Patient
from tests.browser.conftest import ANA, OMAR, Practice
from tests.factories import an_override

pytestmark = pytest.mark.browser

SignIn = Callable[[Page, str], None]
Check = Callable[[Page], None]


def visit_of(practice: Practice, phone: str) -> Appointment:
    """The earliest visit of the patient with that phone."""
    with practice.session() as session:
        theirs = select(Appointment).join(Appointment.patient).where(Patient.phone == phone)
        return session.scalars(theirs.order_by(Appointment.starts_at)).first() or Appointment()


@pytest.fixture
def now_at_the_desk(practice: Practice) -> int:
    """Omar's visit to Amelia began a few minutes ago; the id of it."""
    ahead = visit_of(practice, OMAR)
    with practice.session() as session:
        admin = session.scalars(select(Account).where(Account.username == "admin")).one()
        omar = session.scalars(select(Patient).where(Patient.phone == OMAR)).one()
        now = clock.now().replace(second=0, microsecond=0)
        midnight, _ = clock.day_bounds(clock.local_day(now, ahead.zone), ahead.zone)
        begun = max(midnight, now - timedelta(minutes=5))
        key = SlotKey(ahead.clinician_id, ahead.centre_id, ahead.service_id, begun)
        booked = book(
            session,
            key,
            patient=omar,
            by=actor_for(session, admin),
            at=begun - timedelta(days=1),
            channel=Channel.DESK,
            override=an_override(),
        )
        session.commit()
        return booked.id


def test_a_visit_goes_from_the_door_to_its_end_with_one_key_each(
    desktop: Page,
    practice: Practice,
    now_at_the_desk: int,
    sign_in_staff: SignIn,
    check_accessibility: Check,
) -> None:
    sign_in_staff(desktop, "coordinator")
    desktop.goto("/desk/day")
    block = desktop.locator(f"#block-{now_at_the_desk}")
    desktop.keyboard.press("b")
    expect(desktop.locator("#board")).to_be_focused()
    desktop.keyboard.press("ArrowDown")
    expect(block).to_be_focused()
    expect(desktop.locator("#in-hand")).to_contain_text("Omar Haddad")
    check_accessibility(desktop)
    desktop.keyboard.press("a")
    expect(desktop.get_by_text("Just arrived")).to_be_visible()
    expect(block).to_be_focused()
    desktop.keyboard.press("u")
    expect(desktop.get_by_text("No longer marked as arrived")).to_be_visible()
    expect(block).to_be_focused()
    desktop.keyboard.press("x")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Did Omar Haddad not attend?")
    check_accessibility(desktop)
    desktop.get_by_role("link", name="Go back").press("Enter")
    expect(block).to_be_focused()
    for key, said in (("s", "With a clinician"), ("d", "Completed.")):
        desktop.keyboard.press(key)
        expect(desktop.get_by_text(said).first).to_be_visible()
        expect(block).to_be_focused()
    assert visit_of(practice, OMAR).status == Status.COMPLETED
    _look_at_the_keys(desktop, check_accessibility)


def _look_at_the_keys(desktop: Page, check_accessibility: Check) -> None:
    """They open on a question mark, and never while somebody types."""
    desktop.keyboard.press("?")
    expect(desktop.get_by_role("heading", name="Keys")).to_be_visible()
    check_accessibility(desktop)
    desktop.keyboard.press("Escape")
    expect(desktop.get_by_role("heading", name="Keys")).to_be_hidden()
    desktop.keyboard.press("n")
    expect(desktop.get_by_label("Phone number or name")).to_be_focused()
    desktop.keyboard.type("who?")
    expect(desktop.get_by_label("Phone number or name")).to_have_value("who?")
    expect(desktop.get_by_role("heading", name="Keys")).to_be_hidden()


def test_a_visit_is_moved_by_keys_and_only_when_said(
    desktop: Page, practice: Practice, sign_in_staff: SignIn, check_accessibility: Check
) -> None:
    ana = visit_of(practice, ANA)
    block = desktop.locator(f"#block-{ana.id}")
    sign_in_staff(desktop, "coordinator")
    desktop.goto("/desk/day")
    desktop.locator("nav[aria-label='Day'] a[rel='next']").press("Enter")
    block.focus()
    desktop.keyboard.press("m")
    times = desktop.locator("#move-times a")
    expect(times.first).to_be_focused()
    expect(desktop.locator(".board__ghost")).to_have_text(str(times.first.text_content()))
    check_accessibility(desktop)
    desktop.keyboard.press("ArrowRight")
    expect(times.nth(1)).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(block).to_be_focused()
    desktop.keyboard.press("m")
    times.first.press("Enter")
    expect(desktop.locator("#move")).to_contain_text("Ana Silva is told the new time")
    expect(desktop.get_by_role("button", name="Move it")).to_be_focused()
    check_accessibility(desktop)
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text(re.compile("Moved to .* 09:30"))).to_be_visible()
    expect(block).to_be_focused()
    _pull_and_leave(desktop, practice, since=ana)
    _move_anyway(desktop, practice, check_accessibility)


def _pull_and_leave(desktop: Page, practice: Practice, *, since: Appointment) -> None:
    """It stays where it was moved to until that is confirmed."""
    ana = visit_of(practice, ANA)
    assert ana.starts_at == since.starts_at + timedelta(minutes=30)
    at = clock.local(ana.starts_at + timedelta(minutes=90), ana.zone)
    _pull(desktop, f"#block-{ana.id}", rows=18)
    expect(desktop.locator("#move")).to_contain_text(f"{at:%H:%M}")
    desktop.get_by_role("link", name="Leave it").click()
    expect(desktop.locator(f"#block-{ana.id}")).to_be_focused()
    assert visit_of(practice, ANA).starts_at == ana.starts_at


def _move_anyway(desktop: Page, practice: Practice, check_accessibility: Check) -> None:
    """Pulled to where somebody else is, or typed: what is in the way is read, and why is said."""
    ana = visit_of(practice, ANA)
    _fill(practice, replace(SlotKey.of(ana), starts_at=ana.starts_at + timedelta(minutes=30)))
    block = desktop.locator(f"#block-{ana.id}")
    _pull(desktop, f"#block-{ana.id}", rows=6)
    expect(desktop.locator("#broken-rules")).to_contain_text("The clinician’s time is taken")
    expect(desktop.get_by_label("Why all the same?")).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(block).to_be_focused()
    desktop.keyboard.press("m")
    expect(desktop.locator("#move-times a:focus")).to_be_visible()
    desktop.locator("#move summary").press("Enter")
    desktop.get_by_label("Time", exact=True).fill("20:00")
    check_accessibility(desktop)
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#broken-rules")).to_contain_text("It lies outside working hours.")
    check_accessibility(desktop)
    desktop.get_by_label("Why all the same?").fill("Cannot come by day")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text(re.compile("Moved to .* 20:00"))).to_be_visible()
    expect(block).to_be_focused()


def _fill(practice: Practice, key: SlotKey) -> None:
    """Omar has that time, or where he was moved away somebody holds it."""
    with practice.session() as session, suppress(SlotTaken):
        hold(session, key, by=VISITOR, at=clock.now(), minutes=10)
        session.commit()


def _pull(page: Page, what: str, rows: int) -> None:
    """Take hold of a visit, pull it down by so many rows of five minutes, and let go."""
    row = float(
        page.evaluate("parseFloat(getComputedStyle(document.querySelector('.board__rows')).gridAutoRows)")
    )
    x, y = _held_at(page, what)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 10)
    expect(page.locator("#move-times a:focus")).to_be_visible()
    x, y = _held_at(page, what)  # the page has made room for the panel
    page.mouse.move(x, y + rows * row, steps=3)
    expect(page.locator(".board__ghost")).to_be_visible()
    page.mouse.up()


def _held_at(page: Page, what: str) -> tuple[float, float]:
    """The point of a visit at which it is taken hold of."""
    box = page.locator(what).bounding_box()
    assert box is not None
    return box["x"] + 60, box["y"] + 8


def test_without_javascript_a_visit_is_moved_on_a_page_of_its_own(
    no_javascript: Page, practice: Practice, sign_in_staff: SignIn
) -> None:
    page = no_javascript
    sign_in_staff(page, "coordinator")
    page.goto("/desk/day")
    page.locator("nav[aria-label='Day'] a[rel='next']").click()
    page.get_by_role("link", name="To come").click()
    expect(page.locator("#board .gap")).to_have_count(0)
    block = page.locator("#board .block").filter(has_text="Omar Haddad")
    number = str(block.get_attribute("id")).removeprefix("block-")
    page.goto(f"/desk/moves/{number}")
    page.locator("#move-times a").last.click()
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text(re.compile("Moved to .* 16:30"))).to_be_visible()
