"""The link of a message on a phone without JavaScript, and the homes of patients and clinicians in real browsers."""

import re
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Account
from portal.appointments.commands import book
from portal.appointments.links import link_token
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.people.commands import create_patient
from portal.people.models import Clinician
from portal.scheduling.queries import services_of
from portal.settings import INSECURE_SECRET
from tests.browser.conftest import ANA, Practice

pytestmark = pytest.mark.browser

LEEDS = clock.zone("Europe/London")
Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


@pytest.fixture
def visit(practice: Practice) -> Appointment:
    """Rosa, who has no account, sees Dr Amelia Wong ten days from now at eleven."""
    at = clock.now()
    on = clock.local_day(at, LEEDS) + timedelta(days=10)
    with practice.session() as session:
        amelia = session.scalars(
            select(Clinician).join(Clinician.account).where(Account.username == "amelia")
        ).one()
        rosa = create_patient(
            session, by=SYSTEM, full_name="Rosa Diaz", phone="+447700900177", email=None, at=at
        )
        service = next(one for one in services_of(session, amelia.id) if one.title == "Consultation")
        key = SlotKey(amelia.id, amelia.primary_centre_id, service.id, clock.at(on, time(11), LEEDS))
        made = book(session, key, patient=rosa, by=SYSTEM, at=at, channel=Channel.DESK)
        session.commit()
        return made


def test_rosa_moves_and_cancels_by_the_link_without_javascript_and_without_an_account(
    no_javascript: Page, page: Page, practice: Practice, visit: Appointment, check_accessibility: Check
) -> None:
    with practice.session() as session:
        link = f"/b/{link_token(INSECURE_SECRET, session.get_one(Appointment, visit.id))}"
    for address in (link, f"{link}/cancellation", f"{link}/rescheduling", "/b/nonsense"):
        page.goto(address)
        check_accessibility(page)
    shown = no_javascript
    shown.goto(link)
    expect(shown.get_by_text("Rosa D.")).to_be_visible()
    shown.get_by_role("link", name="Move to another time").click()
    day = f"#day-{clock.local_day(visit.starts_at, LEEDS) + timedelta(days=1)}"
    if not shown.locator(day).count():
        shown.get_by_role("link", name="Next month").click()
    shown.locator(day).click()
    shown.get_by_role("link", name="10:00", exact=True).click()
    shown.get_by_role("button", name="Move the appointment").click()
    expect(shown.locator("#flashes")).to_contain_text("Moved to")
    shown.get_by_role("link", name="Cancel appointment").click()
    shown.get_by_role("button", name="Cancel the appointment").click()
    expect(shown.get_by_text("This appointment is cancelled")).to_be_visible()
    with practice.session() as session:
        assert session.get_one(Appointment, visit.id).cancelled_by == "PATIENT"


def test_patients_and_clinicians_find_their_figures_at_both_widths(
    page: Page,
    desktop: Page,
    sign_in_patient: SignIn,
    sign_in_staff: SignIn,
    check_accessibility: Check,
) -> None:
    sign_in_patient(page, ANA)
    expect(page).to_have_url(re.compile("/patient/overview$"))
    expect(page.get_by_role("heading", name="Your next appointment")).to_be_visible()
    check_accessibility(page)
    page.goto("/patient/profile/access")
    check_accessibility(page)
    sign_in_staff(desktop, "amelia")
    for width in (1280, 390):
        desktop.set_viewport_size({"width": width, "height": 900})
        desktop.goto("/clinician/overview")
        expect(desktop.get_by_role("heading", name="What happened lately")).to_be_visible()
        check_accessibility(desktop)
        desktop.get_by_role("link", name="Charts").click()
        desktop.get_by_text("The same as a table").first.click()
        check_accessibility(desktop)
