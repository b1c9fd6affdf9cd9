"""Ana books and pays on the provider's own page, on a phone, with JavaScript and without; and what goes wrong is said.

The stand-ins have a host name of their own, so that the browser takes them for another site.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.appointments import commands
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import SYSTEM
from portal.people.models import Patient
from tests.browser.conftest import ANA, OMAR, Practice
from tests.stand_ins import StandIns, of_money, stand_ins

pytestmark = pytest.mark.browser

GOOD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
AMELIA, BEN = "Dr Amelia Wong", "Dr Ben Ortiz"
Check = Callable[[Page], None]
SignIn = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def further_settings(there: StandIns) -> dict[str, str]:
    known = {name.upper(): str(value) for name, value in of_money(there).items()}
    return {name: value.replace("127.0.0.1", "localhost") for name, value in known.items()}


@pytest.fixture(autouse=True)
def well_behaved(there: StandIns) -> None:
    there.behaviour.change({})
    there.stripe.forget()
    there.razorpay.forget()


@pytest.fixture
def rupees_at_harbour(practice: Practice) -> None:
    with practice.session() as session:
        session.scalars(select(Centre).where(Centre.name == "Harbour")).one().currency = "INR"
        session.commit()


def hold(page: Page, clinician: str, number: int) -> None:
    """From the list of clinicians to the last step, with a time of next month."""
    page.goto("/clinicians")
    page.get_by_role("link", name=clinician, exact=True).click()
    page.get_by_role("link", name="Next month").click()
    page.wait_for_url("**month=*")
    page.locator("a.day").nth(number).click()
    page.wait_for_url("**day=*")
    page.locator("button.slot").first.click()
    expect(page.get_by_role("heading", name="Nearly done, Ana Silva")).to_be_visible()


def type_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words, level=1)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_ana_pays_by_card_after_one_that_was_declined(
    open_page: Callable[..., Page],
    sign_in_patient: SignIn,
    check_accessibility: Check,
    there: StandIns,
    javascript: bool,
) -> None:
    page = open_page("phone", javascript=javascript)
    sign_in_patient(page, ANA)
    hold(page, AMELIA, 1)
    page.get_by_label("Questions or notes").fill("May I run?")
    if javascript:
        check_accessibility(page)
    page.get_by_role("button", name="Pay now £45.00").click()
    type_card(page, DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("declined")
    type_card(page, GOOD)
    heading(page, "Your appointment is booked")
    expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    if javascript:
        check_accessibility(page)
    page.get_by_role("link", name="See the appointment").click()
    expect(page.get_by_text("May I run?")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Pay now"))).to_have_count(0)
    assert [entry["amount"] for entry in there.stripe.store.ledger()] == [4500]


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_by_razorpay_there_is_one_button_more_and_the_way_back_brings_no_cookie(
    open_page: Callable[..., Page],
    sign_in_patient: SignIn,
    there: StandIns,
    rupees_at_harbour: None,
    javascript: bool,
) -> None:
    page = open_page("phone", javascript=javascript)
    sign_in_patient(page, ANA)
    hold(page, BEN, 2)
    page.get_by_role("button", name=re.compile("^Pay now")).click()
    heading(page, "Pay ₹45.00")
    page.get_by_role("button", name="Continue to Razorpay").click()
    page.get_by_role("button", name="Pay by UPI").click()
    if not javascript:
        page.get_by_role("button", name="Return to the practice").click()
    heading(page, "Your appointment is booked")
    assert [line["amount"] for line in there.razorpay.book.all("movement")] == [4500]


def test_a_provider_that_is_down_is_said_and_then_it_works(
    page: Page, sign_in_patient: SignIn, check_accessibility: Check, there: StandIns
) -> None:
    sign_in_patient(page, ANA)
    hold(page, AMELIA, 3)
    there.behaviour.change({"of": "stripe", "drop": 1.0})
    page.get_by_label("Reason for the visit").fill("Sore knee")
    page.get_by_role("button", name="Pay now £45.00").click()
    expect(page.get_by_role("alert")).to_contain_text("The payment provider does not answer")
    expect(page.get_by_label("Reason for the visit")).to_have_value("Sore knee")
    check_accessibility(page)
    there.behaviour.change({})
    page.get_by_role("button", name="Pay now £45.00").click()
    type_card(page, GOOD)
    heading(page, "Your appointment is booked")
    assert [entry["amount"] for entry in there.stripe.store.ledger()] == [4500]


def test_turning_back_leaves_the_choice(
    page: Page, sign_in_patient: SignIn, check_accessibility: Check, there: StandIns
) -> None:
    sign_in_patient(page, ANA)
    hold(page, AMELIA, 4)
    page.get_by_role("button", name="Pay now £45.00").click()
    page.get_by_role("link", name="Back without paying").click()
    heading(page, "Payment of £45.00")
    expect(page.get_by_text("Nothing was paid")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Choose another way").click()
    expect(page.get_by_text("You have begun to pay")).to_be_visible()
    page.get_by_role("button", name="Book and pay at the centre").click()
    heading(page, "Your appointment is booked")
    expect(page.get_by_role("button", name="Pay now £45.00")).to_be_visible()
    assert there.stripe.store.ledger() == []


def test_the_page_looks_again_by_itself_until_it_knows(
    page: Page, sign_in_patient: SignIn, there: StandIns
) -> None:
    sign_in_patient(page, ANA)
    hold(page, AMELIA, 5)
    page.get_by_role("button", name="Pay now £45.00").click()
    page.get_by_label("Card number").fill(GOOD)
    there.behaviour.change({"of": "stripe", "error": 1.0})
    page.get_by_role("button", name="Pay £45.00").or_(
        page.get_by_role("button", name="Pay 45.00 GBP")
    ).click()
    expect(page.get_by_text("We are checking your payment")).to_be_visible()
    there.behaviour.change({})
    page.get_by_role("link", name="Look again").click()
    heading(page, "Your appointment is booked")


def test_money_that_comes_too_late_goes_back_and_other_times_are_shown(
    page: Page, practice: Practice, sign_in_patient: SignIn, check_accessibility: Check
) -> None:
    sign_in_patient(page, ANA)
    hold(page, AMELIA, 6)
    page.get_by_role("button", name="Pay now £45.00").click()
    expect(page.get_by_label("Card number")).to_be_visible()
    with practice.session() as session:
        held = session.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()
        later = clock.now() + timedelta(minutes=40)
        commands.expire_due(session, at=later)
        omar = session.scalars(select(Patient).where(Patient.phone == OMAR)).one()
        commands.book(
            session, SlotKey.of(held), patient=omar, by=SYSTEM, at=later, channel=Channel.DESK
        )  # fmt: skip
        session.commit()
    type_card(page, GOOD)
    heading(page, "Payment of £45.00")
    expect(page.get_by_text("The time was no longer free when the payment arrived.")).to_be_visible()
    expect(page.get_by_text("Other free times")).to_be_visible()
    check_accessibility(page)
