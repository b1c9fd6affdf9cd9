"""A practice that sees clients, and has advisors: every shell says so, and what people wrote stays as it is."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.bootstrap import wire
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel
from portal.notifications.wording.composing import in_app
from portal.notifications.wording.defaults import our_draft
from portal.people.models import Clinician, Patient
from portal.practice.choices import ClinicianWord, PatientWord
from portal.settings import Settings
from tests.api.client import Program, refusal_of
from tests.conftest import PracticeSets
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_account, an_appointment
from tests.web.helpers import signed_in

OURS = re.compile(r"\b(patients?|clinicians?)\b", re.IGNORECASE)
SPOKEN = ("aria-label", "title", "placeholder", "alt")
UNREAD = {"script", "style", "template"}
NAME = "Patient Clinician"
STREAMS = {"live.events", "public.times"}
WHERE_THEY_ARE_CHOSEN = "admin.practice"
"""Names the words of the practice, and these settings are of the environment."""


@pytest.fixture
def leeds(session: Session) -> Centre:
    return a_centre(session, name="Leeds")


@pytest.fixture
def bo(session: Session, leeds: Centre) -> Clinician:
    return a_clinician(session, leeds, full_name="Bo Larsen")


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, full_name=NAME)


@pytest.fixture
def visit(session: Session, ana: Patient, bo: Clinician) -> Appointment:
    return an_appointment(session, clinician=bo, patient=ana)


@pytest.fixture(autouse=True)
def _advisors(practice_sets: PracticeSets, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "test_client_class", FlaskClient)  # other tests review these pages
    practice_sets(patient_word=PatientWord.CLIENT, clinician_word=ClinicianWord.ADVISOR)
    wire(app.config["SETTINGS"])
    yield
    wire(Settings())


@pytest.fixture
def browsers(
    app: Flask, session: Session, ana: Patient, bo: Clinician, leeds: Centre
) -> dict[str, FlaskClient]:
    """Somebody of each shell."""
    return {
        "public": app.test_client(),
        "patient": signed_in(app, account_of(session, ana)),
        "clinician": signed_in(app, account_of(session, bo)),
        "desk": signed_in(app, an_account(session, Role.CARE_COORDINATOR, centre=leeds, full_name="Cora")),
        "admin": signed_in(app, an_account(session, full_name="Ada", is_super_admin=True)),
    }


class Listener(HTMLParser):
    """Keeps what a page says to eyes and ears."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.unread = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        self.said += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.said.append(data)


def our_words_on(html: str) -> list[str]:
    """Where a page says one of our words, the name of the one person left out."""
    said = " ".join(" ".join(Listener(html).said).split()).replace(NAME, "")
    return [said[max(0, found.start() - 60) : found.end() + 60] for found in OURS.finditer(said)]


SHELLS = {
    "public": ("public", "sign_in", "sign_up", "staff_sign_in", "admin_sign_in", "holds", "password_reset"),
    "patient": ("patient", "account", "notifications"),
    "clinician": ("clinician", "schedules", "conversations"),
    "desk": ("desk", "staff"),
    "admin": ("admin",),
}
"""The blueprints whose pages each of them opens: pages that several share are read once."""


@pytest.mark.parametrize("shell", SHELLS)
def test_no_page_of_any_shell_says_our_words(
    app: Flask, browsers: dict[str, FlaskClient], visit: Appointment, shell: str
) -> None:
    known = {
        "appointment_id": visit.id,
        "patient_id": visit.patient_id,
        "clinician_id": visit.clinician_id,
        "centre_id": visit.centre_id,
        "group": "booking",
    }
    left, opened = [], 0
    routes = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        is_page = (
            not rule.rule.endswith((".csv", ".ics"))
            and rule.endpoint not in {*STREAMS, WHERE_THEY_ARE_CHOSEN}
            and "GET" in (rule.methods or ())
        )
        is_page = is_page and rule.endpoint.partition(".")[0] in SHELLS[shell]
        if not is_page or not rule.arguments <= known.keys():
            continue
        address = routes.build(rule.endpoint, {name: known[name] for name in rule.arguments})
        answer = browsers[shell].get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            opened += 1
            left += [(address, words) for words in our_words_on(answer.text)]
    assert left == []
    assert opened >= 5


def test_names_and_what_people_wrote_stay(browsers: dict[str, FlaskClient], visit: Appointment) -> None:
    page = browsers["desk"].get(f"/patients/{visit.patient_id}").text
    assert NAME in page
    assert "Clients" in page


def test_messages_say_the_words_and_keep_their_placeholders() -> None:
    for kind in Kind:
        for channel in Channel:
            draft = our_draft(kind, channel, "en")
            plain = re.sub(r"\{\w+\}", "", draft.subject + draft.body)
            assert not OURS.search(plain), (kind, plain)
    draft = our_draft(Kind.CONFIRMED, Channel.EMAIL, "en")
    assert "{clinician}" in draft.body
    assert "Patient Clinician" not in draft.body
    _title, text = in_app(Kind.CONFIRMED, "en", {"clinician": NAME, "when": "now", "where": "here"})
    assert NAME in text


def test_refusals_of_the_api_say_the_words_and_names_of_fields_and_codes_stay(
    app: Flask, session: Session, leeds: Centre
) -> None:
    desk = Program(app, an_account(session, Role.CARE_COORDINATOR, centre=leeds))
    answer = desk.post("/appointments", {"patientId": 10**9, "clinicianId": 10**9})
    assert refusal_of(answer)[0] in {400, 404}
    assert "patient " not in answer.text
    listed = desk.get("/clinicians")
    assert listed.status_code == 200
