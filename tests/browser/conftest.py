"""A real server and a real browser, for tests of journeys through several pages.

    pytestmark = pytest.mark.browser   # on top of every file

    def test_ana_books(page, practice, check_accessibility): ...

`practice`      module: a gunicorn server of the file's own on a freshly filled database, with real commits and the
                real clock. `.address` of the server, `.session()` for a database session (commit it yourself), and the
                people below. Attempt limits are forgotten before each test.
`further_settings` module: what a file's server gets into its environment beyond the usual, for it to override.
`open_page`     function: open_page("phone" | "desktop", javascript=True, zone="Europe/London") -> a page in a browser
                profile of its own, at the practice's address: page.goto("/clinicians"). A script error, a refused
                script or style (CSP) or a 5xx on any of these pages fails the test.
`page`          a phone, 390 px wide.    `desktop` 1280 px.    `no_javascript` a phone with JavaScript off.
`check_accessibility`    check_accessibility(page): axe finds nothing, and nothing sticks out sideways.
`faults_of`     faults_of(page): what it finds, in a list.
`code_for`      code_for(phone): the sign-in code sent last.
`sign_in_staff`, `sign_in_patient`   sign_in_staff(page, "amelia"), sign_in_patient(page, ANA): through the pages.

The practice: centre Riverside in Leeds (Europe/London, GBP), where Dr Amelia Wong works every day from 9 to 17
("Consultation", 30 minutes, in person; "Video or visit", 30 minutes, both ways), and Harbour in Boston
(America/New_York, USD), where Dr Ben Ortiz does ("Consultation", 60 minutes). Nobody needs notice. Tomorrow Ana Silva
sees Amelia at 9:00 and Omar Haddad at 10:00. Colleagues: admin, manager, deskleeds (front desk) and coordinator at
Riverside, amelia and ben; all have the password PASSWORD. Ana signs in with her phone ANA; Omar (OMAR)
has never signed in.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time as wall_time
from datetime import timedelta

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, Response
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from portal.accounts.commands import create_staff
from portal.accounts.models import Account
from portal.appointments.commands import book
from portal.appointments.models import Channel
from portal.appointments.slots import SlotKey
from portal.centres.commands import create_centre
from portal.core import clock
from portal.core.db import engine_for
from portal.core.permissions import SYSTEM, Actor, Role
from portal.core.postgres import Cluster
from portal.people.commands import create_clinician, create_patient, patient_for_account
from portal.people.models import Clinician
from portal.scheduling.commands import WeeklyHours, add_service, change_booking_rules, replace_hours
from portal.scheduling.queries import services_of
from portal.settings import PROJECT_ROOT
from tests.browser.served import serving
from tests.conftest import new_database

PASSWORD = "Correct-horse-7"
ANA, OMAR = "+447700900101", "+447700900102"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
NO_FAULTS = ("the server responded with a status of 4", "htmx:sendAbort", "htmx:afterRequest")
"""Answers on purpose, and what htmx says where a later wish takes the place of one that is not answered yet."""
AXE = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """axe.run({rules: {"target-size": {enabled: true}}, resultTypes: ["violations"], selectors: false})
    .then(({violations}) => violations.map(one => [one.id, one.nodes.map(node => node.html)]))"""
"""Every rule on everything; only what is wrong is written down in full, which saves most of the time."""


@dataclass(frozen=True)
class Practice:
    address: str
    engine: Engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session


@pytest.fixture(scope="module")
def further_settings() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def practice(
    cluster: Cluster, template_database: str, app: object, further_settings: dict[str, str]
) -> Iterator[Practice]:
    url = new_database(cluster, template_database, f"browser_{uuid.uuid4().hex[:10]}")
    engine = engine_for(url)
    with Session(engine) as session:
        fill(session)
        session.commit()
    with serving(url, further_settings) as address:
        yield Practice(address, engine)
    engine.dispose()


def fill(session: Session) -> None:
    """Make the practice that the top of this file describes."""
    at = clock.now()
    riverside = create_centre(
        session, by=SYSTEM, name="Riverside", city="Leeds", address="1 Mill Lane", phone="+441130000001",
        time_zone="Europe/London", currency="GBP", at=at,
    )  # fmt: skip
    harbour = create_centre(
        session, by=SYSTEM, name="Harbour", city="Boston", address="9 Long Wharf",
        time_zone="America/New_York", currency="USD", at=at,
    )  # fmt: skip
    amelia = _clinician(
        session,
        "Dr Amelia Wong",
        "amelia",
        riverside.id,
        minutes=30,
        fields=["Physiotherapy", "Sports injuries"],
    )
    add_service(
        session,
        amelia,
        title="Video or visit",
        duration_minutes=30,
        price_minor=4500,
        is_online=True,
        is_in_person=True,
    )
    _clinician(session, "Dr Ben Ortiz", "ben", harbour.id, minutes=60, fields=["Nutrition"])
    admin = _colleague(session, "admin", Role.ADMIN, None, is_super_admin=True)
    _colleague(session, "manager", Role.MANAGER, None)
    _colleague(session, "deskleeds", Role.FRONT_DESK, riverside.id)
    _colleague(session, "coordinator", Role.CARE_COORDINATOR, riverside.id)
    account = Account(role=Role.PATIENT, phone=ANA, full_name="Ana Silva", is_active=True, created_at=at)
    session.add(account)
    session.flush()
    ana = patient_for_account(session, account, at)
    omar = create_patient(session, by=SYSTEM, full_name="Omar Haddad", phone=OMAR, email=None, at=at)
    by = Actor(account_id=admin.id, role=Role.ADMIN, full_name="Admin")
    tomorrow = clock.local_day(at, riverside.zone) + timedelta(days=1)
    consultation = next(
        service for service in services_of(session, amelia.id) if service.title == "Consultation"
    )
    for patient, hour in ((ana, 9), (omar, 10)):
        starts_at = clock.at(tomorrow, wall_time(hour), riverside.zone)
        key = SlotKey(amelia.id, riverside.id, consultation.id, starts_at)
        book(session, key, patient=patient, by=by, at=at, channel=Channel.DESK)


def _clinician(
    session: Session, name: str, username: str, centre_id: int, *, minutes: int, fields: list[str]
) -> Clinician:
    at = clock.now()
    made = create_clinician(
        session, by=SYSTEM, full_name=name, phone=None, email=f"{username}@example.org", username=username,
        password=PASSWORD, centre_ids=[centre_id], specialization=fields, languages=["English", "Spanish"],
        qualification=["MSc"], years_of_experience=12, consultation_fee_minor=4500, default_duration_minutes=minutes,
        headline="Helps people move without pain", bio="I listen first.", at=at,
    )  # fmt: skip
    hours = [WeeklyHours(day, wall_time(9), wall_time(17), centre_id) for day in range(1, 8)]
    replace_hours(session, made, hours, at=at)
    change_booking_rules(session, made, notice_hours=0, advance_days=90, deadline_hours=24, at=at)
    return made


def _colleague(
    session: Session, username: str, role: Role, centre_id: int | None, *, is_super_admin: bool = False
) -> Account:
    return create_staff(
        session, by=SYSTEM, role=role, full_name=f"{username.capitalize()} Example", phone=None,
        email=f"{username}@example.org", username=username, password=PASSWORD, centre_id=centre_id, at=clock.now(),
        is_super_admin=is_super_admin,
    )  # fmt: skip


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, practice: Practice) -> Iterator[OpenPage]:
    with practice.engine.begin() as connection:
        connection.execute(text("DELETE FROM rate_limit"))
    contexts, complaints = [], []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in NO_FAULTS):
            complaints.append(message.text)

    def look(response: Response) -> None:
        if response.status >= 500:
            complaints.append(f"{response.status} {response.url}")

    def make(size: str = "phone", *, javascript: bool = True, zone: str = "Europe/London") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=practice.address, viewport={"width": width, "height": height}, java_script_enabled=javascript,
            timezone_id=zone, locale="en-GB", reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(8000)
        contexts.append(context)
        made = context.new_page()
        made.on("pageerror", lambda error: complaints.append(str(error)))
        made.on("console", complain)
        made.on("response", look)
        return made

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page("phone")


@pytest.fixture
def desktop(open_page: OpenPage) -> Page:
    return open_page("desktop")


@pytest.fixture
def no_javascript(open_page: OpenPage) -> Page:
    return open_page("phone", javascript=False)


@pytest.fixture(scope="session")
def faults_of() -> Callable[[Page], list[object]]:
    source = AXE.read_text()

    def look(shown: Page) -> list[object]:
        if not shown.evaluate("'axe' in window"):
            shown.evaluate(source)
        shown.evaluate("window.scrollTo(0, 0)")  # what slides under the bar at the top is there all the same
        found: list[object] = shown.evaluate(AXE_RUN)
        widths = shown.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if widths[0] > widths[1]:
            found.append(f"{widths[0]} wide in a window of {widths[1]}")
        return found

    return look


@pytest.fixture(scope="session")
def check_accessibility(faults_of: Callable[[Page], list[object]]) -> Callable[[Page], None]:
    def check(shown: Page) -> None:
        assert faults_of(shown) == [], shown.url

    return check


@pytest.fixture
def code_for(practice: Practice) -> Callable[[str], str]:
    def newest(phone: str) -> str:
        messages = requests.get(f"{practice.address}/dev/outbox.json", timeout=5).json()
        return next(
            str(message["code"]) for message in messages if message["to"] == phone and message["code"]
        )

    return newest


@pytest.fixture
def sign_in_patient(code_for: Callable[[str], str]) -> Callable[[Page, str], None]:
    def sign_in(shown: Page, phone: str) -> None:
        shown.goto("/sign-in")
        shown.get_by_label("Phone number").fill(phone)
        shown.get_by_role("button", name="Send me a code").click()
        shown.get_by_label("Code", exact=True).fill(code_for(phone))
        shown.get_by_role("button", name="Sign in", exact=True).click()
        shown.wait_for_url("**/patient/**")

    return sign_in


@pytest.fixture
def sign_in_staff() -> Callable[[Page, str], None]:
    def sign_in(shown: Page, username: str) -> None:
        shown.goto("/staff/sign-in")
        shown.get_by_label("Username, email or phone").fill(username)
        shown.get_by_label("Password").fill(PASSWORD)
        shown.get_by_role("button", name="Sign in", exact=True).click()
        shown.wait_for_url(lambda url: "/staff/sign-in" not in url)

    return sign_in
