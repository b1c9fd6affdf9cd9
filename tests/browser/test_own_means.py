"""Ana buys credits and a subscription on a phone, and books with both, with JavaScript and without."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ANA
from tests.browser.test_paying import AMELIA, GOOD, heading, hold, type_card
from tests.stand_ins import StandIns, of_money, stand_ins

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def further_settings(there: StandIns) -> dict[str, str]:
    known = {name.upper(): str(value) for name, value in of_money(there).items()}
    prices = {"CREDIT_PRICE_MINOR": "2000", "SUBSCRIPTION_PRICE_MINOR": "9000", "SUBSCRIPTION_MONTHS": "3"}
    return prices | {name: value.replace("127.0.0.1", "localhost") for name, value in known.items()}


def test_ana_buys_credits_and_books_with_one(
    open_page: Callable[..., Page],
    sign_in_patient: Callable[[Page, str], None],
    check_accessibility: Callable[[Page], None],
    there: StandIns,
) -> None:
    page = open_page("phone", javascript=False)
    sign_in_patient(page, ANA)
    page.goto("/patient/payments")
    page.get_by_role("link", name="Credits").click()
    heading(page, "Your credits")
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Continue to payment").click()
    type_card(page, GOOD)
    heading(page, "Your credits")
    expect(page.get_by_text("2 credits")).to_be_visible()
    hold(page, AMELIA, 1)
    page.get_by_role("button", name="Use 1 credit").click()
    heading(page, "Your appointment is booked")
    again = open_page("phone")  # the same browser with JavaScript, which the check of accessibility needs
    for one in page.context.cookies():
        name, value, domain, path = one["name"], one["value"], one["domain"], one["path"]
        again.context.add_cookies([{"name": name, "value": value, "domain": domain, "path": path}])
    again.goto("/account/credits")
    expect(again.get_by_text("1 credit", exact=True)).to_be_visible()
    check_accessibility(again)
    assert [entry["amount"] for entry in there.stripe.store.ledger()].count(4000) == 1


def test_ana_subscribes_books_a_covered_visit_and_ends_it(
    page: Page,
    sign_in_patient: Callable[[Page, str], None],
    check_accessibility: Callable[[Page], None],
) -> None:
    sign_in_patient(page, ANA)
    page.goto("/patient/subscription")
    expect(page.get_by_text("It covers 4 visits every 3 months.")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Subscribe for £90.00").click()
    type_card(page, GOOD)
    heading(page, "Your subscription")
    expect(page.get_by_text("4 of 4")).to_be_visible()
    hold(page, AMELIA, 2)
    check_accessibility(page)
    page.get_by_role("button", name=re.compile("Use your subscription")).click()
    heading(page, "Your appointment is booked")
    page.get_by_role("link", name="See the appointment").click()
    expect(page.get_by_text("Covered by the subscription")).to_be_visible()
    page.goto("/patient/subscription")
    expect(page.get_by_text("3 of 4")).to_be_visible()
    page.get_by_role("link", name="End it").click()
    heading(page, "End your subscription")
    check_accessibility(page)
    page.get_by_role("button", name="End the subscription").click()
    expect(page.get_by_text("Nothing more is charged")).to_be_visible()
    check_accessibility(page)
