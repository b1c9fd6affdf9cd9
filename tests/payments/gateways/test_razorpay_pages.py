"""Razorpay's pages on a small phone, with JavaScript and without."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from portal.payments.gateways import Started, State
from tests.payments.gateways.razorpay_payer import BAD, CARD
from tests.payments.gateways.razorpay_practice import Practice, wanted

pytestmark = pytest.mark.browser

HOME = "http://practice.test"
SMALL: ViewportSize = {"width": 360, "height": 740}
OpenPhone = Callable[..., Page]


@pytest.fixture
def open_phone(browser: Browser) -> Iterator[OpenPhone]:
    """A phone 360 px wide, on which the practice's own pages say what was sent to them."""
    contexts: list[BrowserContext] = []

    def open_it(*, javascript: bool) -> Page:
        context = browser.new_context(viewport=SMALL, java_script_enabled=javascript)
        contexts.append(context)
        context.route(f"{HOME}/**", say_what_was_sent)
        return context.new_page()

    yield open_it
    for context in contexts:
        context.close()


def say_what_was_sent(route: Route) -> None:
    request = route.request
    route.fulfill(content_type="text/plain", body=f"{request.method} {request.url} {request.post_data or ''}")


def go(page: Page, started: Started) -> None:
    """Through a form, as from a page of the practice."""
    fields = "".join(f'<input name="{name}" value="{said}">' for name, said in started.for_browser.items())
    page.set_content(f'<form method="post" action="{started.url}">{fields}<button>Pay now</button></form>')
    page.get_by_role("button", name="Pay now").click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("javascript", [False, True])
def test_a_patient_is_declined_pays_and_comes_back(
    practice: Practice, open_phone: OpenPhone, javascript: bool
) -> None:
    started = practice.gateway.open_page(wanted(back_url=f"{HOME}/paid", cancel_url=f"{HOME}/visit"))
    page = open_phone(javascript=javascript)
    go(page, started)
    expect(page.get_by_role("heading", name="INR 500.00")).to_be_visible()
    assert fits(page)

    page.get_by_label("UPI ID").fill(BAD)
    page.get_by_role("button", name="Pay by UPI").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    assert fits(page)

    page.get_by_label("Card number").fill(CARD)
    page.get_by_role("button", name="Pay by card").click()
    if not javascript:
        page.get_by_role("button", name="Return to the practice").click()

    page.wait_for_url(f"{HOME}/paid")
    expect(page.locator("body")).to_contain_text("razorpay_signature=")
    expect(page.locator("body")).to_contain_text(f"razorpay_order_id={started.provider_id}")
    assert practice.gateway.look(started.provider_id).state is State.PAID


def test_a_patient_changes_her_mind(practice: Practice, open_phone: OpenPhone) -> None:
    started = practice.gateway.open_page(wanted(back_url=f"{HOME}/paid", cancel_url=f"{HOME}/visit"))
    page = open_phone(javascript=False)
    go(page, started)

    page.get_by_role("link", name="Cancel and go back").click()

    page.wait_for_url(f"{HOME}/visit")
    assert practice.gateway.look(started.provider_id).state is State.OPEN


def test_somebody_pays_a_link_that_was_sent_to_them(practice: Practice, open_phone: OpenPhone) -> None:
    link = practice.gateway.create_link(wanted(back_url=f"{HOME}/paid?visit=7"))
    page = open_phone(javascript=False)
    page.goto(link.url)
    expect(page.get_by_text("Visit with Dr Rao")).to_be_visible()
    assert fits(page)

    page.get_by_role("button", name="Pay by UPI").click()

    page.wait_for_url(f"{HOME}/paid?visit=7&razorpay_payment_id=*")
    assert practice.gateway.look_link(link.provider_id).state is State.PAID
    page.goto(link.url)
    expect(page.get_by_role("status")).to_have_text("This payment link has been paid.")
    assert page.get_by_role("button").count() == 0
