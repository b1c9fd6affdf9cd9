"""Whoever may open a page can use it: axe finds nothing, at a phone's width and a desk's."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import demo
from portal.accounts.models import Account
from portal.app import create_app
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import engine_for
from portal.core.permissions import SYSTEM, Role
from portal.core.postgres import Cluster
from portal.demo.people import DEMO_PATIENT
from portal.imports.commands import check_file
from portal.imports.models import Kind
from portal.payments import offering
from portal.payments.quotation_models import Quotation
from tests.browser.conftest import Practice
from tests.browser.every_page import Shape, Visit, Visitor, visitor, visits
from tests.browser.served import serving
from tests.conftest import new_database, settings_for

pytestmark = pytest.mark.browser

PEOPLE = ("visitor", "patient", *(role.value for role in Role if role is not Role.PATIENT))
SIZES = (ViewportSize(width=360, height=740), ViewportSize(width=1280, height=900))
ONLY_ON_THE_WAY: dict[str, str] = {
    "/account/waiting": "the way in of a clinician who signed up",
    "/admin/message-templates/<string:kind>/<string:channel>/<string:language>/removal": "needs own words",
    "/b/<string(maxlength=100):token>": "a secret in the address",
    "/b/<string(maxlength=100):token>/cancellation": "a secret in the address",
    "/b/<string(maxlength=100):token>/invite.ics": "a secret in the address",
    "/b/<string(maxlength=100):token>/rescheduling": "a secret in the address",
    "/b/day/<string(maxlength=100):token>": "a secret in the address",
    "/b/series/<string(maxlength=100):token>": "a secret in the address",
    "/calendar/<string:token>.ics": "a private address",
    "/forgot-password/sent": "a step of a journey",
    "/holds/<uuid:uid>": "belongs to the browser that holds the time",
    "/messages/<int:conversation_id>/newer": "nothing, until somebody writes",
    "/messages/new": "needs somebody to write to",
    "/notifications/bell": "nothing, until there is something new",
    "/patient/profile/phone/proof": "a step of a journey",
    "/patient/waiting-list/new": "needs a visit or a clinician in the address",
    "/patients/<int:patient_id>/medical-notes/<int:note_id>/addendum": "needs a note",
    "/patient/subscription/end": "needs a subscription",
    "/payments/<uuid:key>/back": "the provider leads there",
    "/payments/<uuid:key>/cancelled": "the provider leads there",
    "/quotations/<int:quotation_id>": "belongs to the browser that followed the link",
    "/quotations/<int:quotation_id>.pdf": "belongs to the browser that followed the link",
    "/quotations/<int:quotation_id>/refusal": "belongs to the browser that followed the link",
    "/quotations/<string(maxlength=100):token>": "a secret in the address",
    "/reset-password": "a step of a journey",
    "/reset-password/<string(maxlength=100):token>": "a secret in the address",
    "/series/new": "needs a patient in the address",
    "/series/<int:series_id>": "needs a series",
    "/series/<int:series_id>/cancellation": "needs a series",
    "/sign-in/code": "a step of a journey",
    "/sign-up/sent": "a step of a journey",
    "/staff/sign-in/code": "a step of a journey",
    "/staff/availability/explanation": "needs a time to ask about",
    "/staff/waiting-list/<int:entry_id>/end": "needs somebody who waits",
    "/unsubscribe/<string(maxlength=200):token>": "a secret in the address",
    "/waiting-list/offers/<string(maxlength=100):token>": "a secret in the address",
    "/waiting-list/offers/<string(maxlength=100):token>/end": "a secret in the address",
    "/waiting-list/own-offers/<int:offer_id>": "needs an offer",
    "/verify-email": "a step of a journey",
    "/verify-email/<string(maxlength=100):token>": "a secret in the address",
}
"""Addresses that open only inside a journey; the tests of those look at them."""


@pytest.fixture(scope="module")
def demo_app(cluster: Cluster, template_database: str) -> Iterator[Flask]:
    url = new_database(cluster, template_database, f"pages_{uuid.uuid4().hex[:10]}")
    app = create_app(settings_for(url, credit_price_minor=900, subscription_price_minor=9900))
    demo.load(app)
    with app.app_context():
        _send_a_quotation(db.session)
        _choose_a_file(db.session)
        db.session.commit()
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture(scope="module")
def further_settings() -> dict[str, str]:
    return {"CREDIT_PRICE_MINOR": "900", "SUBSCRIPTION_PRICE_MINOR": "9900"}


@pytest.fixture(scope="module")
def practice(demo_app: Flask, further_settings: dict[str, str]) -> Iterator[Practice]:
    url = demo_app.config["SETTINGS"].database_url
    engine = engine_for(url)
    with serving(url, further_settings) as address:
        yield Practice(address, engine)
    engine.dispose()


@dataclass(frozen=True)
class Tour:
    """What one person found; `shown` are the pages of which nobody before had one alike, in the same frame."""

    who: Visitor
    found: list[Visit]
    shown: list[Visit]


@pytest.fixture(scope="module")
def tours(demo_app: Flask, practice: Practice) -> dict[str, Tour]:
    seen: set[Shape] = set()
    made = {}
    with practice.session() as session:
        for name in PEOPLE:
            who = visitor(demo_app, session, name, _account(session, name))
            found = list(visits(demo_app, session, practice.address, who))
            made[name] = Tour(who, found, list(_new(found, seen)))
    return made


@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_can_be_used_by_everybody(
    name: str,
    practice: Practice,
    open_page: Callable[..., Page],
    faults_of: Callable[[Page], list[object]],
    tours: dict[str, Tour],
) -> None:
    tour = tours[name]
    page = open_page("phone")
    if tour.who.cookie:
        page.context.add_cookies([{"name": "session", "value": tour.who.cookie, "url": practice.address}])
    faults = {}
    for visit in tour.shown:
        page.goto(visit.address)
        for size in SIZES:
            page.set_viewport_size(size)
            faults[visit.address, size["width"]] = faults_of(page)
    assert {where: found for where, found in faults.items() if found} == {}


def test_no_page_fails_and_there_is_none_that_nobody_was_shown(tours: dict[str, Tour]) -> None:
    found = [visit for tour in tours.values() for visit in tour.found]
    assert [visit for visit in found if visit.status >= 500 and visit.status != 503] == []
    opened = {visit.rule for visit in found if visit.status in {200, 409}}
    assert sorted({visit.rule for visit in found} - opened - set(ONLY_ON_THE_WAY)) == []


def _send_a_quotation(session: Session) -> None:
    draft = session.scalars(select(Quotation).where(Quotation.patient_id.is_not(None)).limit(1)).one()
    offering.send(session, draft, at=clock.now())


def _choose_a_file(session: Session) -> None:
    """One that has problems, so that what is to be mended is shown."""
    content = b"full_name,phone\nZoe Faure,12"
    check_file(
        session, by=SYSTEM, kind=Kind.PATIENTS, content=content, file_name="", region="GB", at=clock.now()
    )


def _new(found: list[Visit], seen: set[Shape]) -> Iterator[Visit]:
    for visit in found:
        if visit.is_page and visit.status < 500 and not seen.issuperset(visit.shapes):
            seen.update(visit.shapes)
            yield visit


def _account(session: Session, name: str) -> Account | None:
    if name == "visitor":
        return None
    if name == "patient":
        return session.scalars(select(Account).where(Account.phone == DEMO_PATIENT[1])).one()
    found = select(Account).where(Account.role == name, Account.username.is_not(None)).order_by(Account.id)
    return session.scalars(found).first()
