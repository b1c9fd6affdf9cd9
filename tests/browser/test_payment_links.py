"""The desk sends a payment link; Ana opens it from the message on her phone, pays, and the desk sees it."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.appointments.models import Appointment
from portal.people.models import Patient
from tests.browser.conftest import ANA, OMAR, Practice
from tests.stand_ins import StandIns, of_money, stand_ins

pytestmark = pytest.mark.browser

GOOD = "4242 4242 4242 4242"
Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def further_settings(there: StandIns) -> dict[str, str]:
    """The stand-ins have a host name of their own, so that the browser takes them for another site."""
    known = {name.upper(): str(value) for name, value in of_money(there).items()}
    return {name: value.replace("127.0.0.1", "localhost") for name, value in known.items()}


def visit_of(practice: Practice, phone: str) -> int:
    with practice.session() as session:
        mine = select(Appointment.id).join(Appointment.patient).where(Patient.phone == phone)
        return session.scalars(mine.order_by(Appointment.id)).first() or 0


def link_in_message(practice: Practice, phone: str) -> str:
    """The address in the payment link that was sent last, without its host."""
    told = requests.get(f"{practice.address}/dev/outbox.json", timeout=5).json()
    text = next(one["text"] for one in told if one["to"] == phone and "/payments/" in one["text"])
    found = re.search(r"/payments/[0-9a-f-]{36}", text)
    assert found is not None
    return found[0]


def test_ana_pays_by_the_link_that_the_desk_has_sent(
    desktop: Page,
    page: Page,
    practice: Practice,
    sign_in_staff: SignIn,
    check_accessibility: Check,
) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto(f"/appointments/{visit_of(practice, ANA)}")
    desktop.get_by_role("link", name="Take the payment").click()
    check_accessibility(desktop)
    desktop.get_by_role("button", name="Send a payment link").click()
    expect(desktop.get_by_text("Payment link created and sent via WhatsApp")).to_be_visible()
    check_accessibility(desktop)

    page.goto(link_in_message(practice, ANA))
    check_accessibility(page)
    page.get_by_role("button", name="Pay £45.00").click()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    page.wait_for_url("**/payments/**")
    expect(page.get_by_text("Thank you.")).to_be_visible()
    check_accessibility(page)

    expect(desktop.locator("#payment").get_by_text("Paid", exact=True)).to_be_visible(timeout=15_000)
    expect(desktop.get_by_role("link", name="Receipt")).to_be_visible()


def test_the_desk_takes_cash_by_keyboard_and_the_link_ends(
    desktop: Page,
    no_javascript: Page,
    practice: Practice,
    sign_in_staff: SignIn,
    check_accessibility: Check,
) -> None:
    sign_in_staff(desktop, "deskleeds")
    desktop.goto(f"/appointments/{visit_of(practice, OMAR)}/payment")
    desktop.get_by_role("button", name="Send a payment link").press("Enter")
    desktop.get_by_role("link", name="Cash").press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Take £45.00 in cash")
    check_accessibility(desktop)
    expect(desktop.get_by_role("button", name="I have £45.00 in cash")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text("£45.00 taken in cash.")).to_be_visible()

    no_javascript.goto(link_in_message(practice, OMAR))
    expect(no_javascript.get_by_text("Nothing was paid")).to_be_visible()
    expect(no_javascript.get_by_role("button", name=re.compile("^Pay "))).to_have_count(0)
    check_accessibility(desktop)
