"""What is drawn once is never what somebody else, or yesterday, saw. It is Monday 2 March 2026, 9:00 in Leeds."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.payments.gateways import Provider
from portal.payments.models import Method, Payment, PaymentStatus, Purpose
from portal.people.models import Clinician, Patient
from portal.practice.choices import PatientWord
from portal.web.menu import Item
from portal.web.remembering import remembered
from tests.conftest import NOW, PracticeSets
from tests.factories import a_centre, an_appointment, wall
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX

TOMORROW = "/desk/day?date=2026-03-03"


@pytest.fixture
def visit(session: Session, jane: Clinician, ana: Patient) -> Appointment:
    at = wall("2026-03-03 10:00")
    return an_appointment(session, clinician=jane, patient=ana, starts_at=at, at=NOW - timedelta(days=3))


def test_a_name_that_is_put_right_stands_on_the_board_at_the_next_look(
    fay: FlaskClient, session: Session, ana: Patient, visit: Appointment
) -> None:
    assert "Ana Silva" in fay.get(TOMORROW).text
    ana.full_name = "Ana Souza"
    session.flush()
    shown = fay.get(TOMORROW).text
    assert "Ana Souza" in shown
    assert "Ana Silva" not in shown


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        ([PaymentStatus.PENDING], "Payment under way"),
        ([PaymentStatus.FAILED], "To pay"),
        ([PaymentStatus.FAILED, PaymentStatus.PAID], "Paid"),
        ([PaymentStatus.REFUNDED, PaymentStatus.PENDING], "Refunded"),
        ([PaymentStatus.PARTIALLY_REFUNDED], "Partly refunded"),
    ],
)
def test_what_became_of_the_money_meanwhile_stands_on_an_open_board_at_its_next_refresh(
    fay: FlaskClient, session: Session, visit: Appointment, attempts: list[PaymentStatus], said: str
) -> None:
    note = f"{visit.service.title}, To pay<"
    whole = fay.get(TOMORROW).text
    assert note in whole
    refresh = whole.partition('hx-get="/desk/day')[2].partition('"')[0].replace("&amp;", "&")
    assert fay.get(f"/desk/day{refresh}", headers=HTMX).status_code == 204
    for status in attempts:
        a_payment(session, visit, status)
    piece = fay.get(f"/desk/day{refresh}", headers=HTMX)
    assert piece.status_code == 200
    assert f"{visit.service.title}, {said}<" in piece.text


def a_payment(session: Session, visit: Appointment, status: PaymentStatus) -> None:
    """One attempt to pay the visit online."""
    has_arrived = status not in {PaymentStatus.PENDING, PaymentStatus.FAILED}
    session.add(
        Payment(
            purpose=Purpose.APPOINTMENT,
            appointment_id=visit.id,
            patient_id=visit.patient_id,
            centre_id=visit.centre_id,
            method=Method.ONLINE,
            provider=Provider.STRIPE,
            amount_minor=visit.fee_minor,
            currency=visit.currency,
            status=status,
            paid_at=NOW if has_arrived else None,
            created_at=NOW,
            updated_at=NOW,
        )
    )
    session.flush()


def test_each_colleague_can_press_what_is_theirs_on_the_same_visit(
    fay: FlaskClient, cora: FlaskClient, visit: Appointment
) -> None:
    block = f'id="block-{visit.id}" data-acts='
    for _ in range(2):
        assert f'{block}"move"' in cora.get(TOMORROW).text
        assert f'{block}""' in fay.get(TOMORROW).text


def test_each_page_of_a_shell_marks_itself_in_the_menu(cora: FlaskClient, riverside: Centre) -> None:
    for path, name in (("/desk/day", "Day board"), ("/search", "Look up"), ("/desk/day", "Day board")):
        current = cora.get(path).text.partition('aria-current="page"')[2].partition("</a>")[0]
        assert name in current


def test_the_menu_says_the_practices_words_from_the_moment_they_are_chosen(
    cora: FlaskClient, riverside: Centre, practice_sets: PracticeSets
) -> None:
    assert "<span>Patients</span>" in cora.get("/desk/day").text
    practice_sets(patient_word=PatientWord.CLIENT)
    menu = cora.get("/desk/day").text
    assert "<span>Clients</span>" in menu
    assert "<span>Patients</span>" not in menu


def test_a_portal_that_is_mounted_below_a_path_links_below_it(cora: FlaskClient, visit: Appointment) -> None:
    below = cora.get(TOMORROW, environ_overrides={"SCRIPT_NAME": "/portal"}).text
    assert f'href="/portal/appointments/{visit.id}"' in below
    assert 'href="/portal/patients"' in below, "and so does the menu"
    assert "/portal/" not in cora.get(TOMORROW).text


def test_an_address_with_a_host_has_the_host_that_was_asked(client: FlaskClient, jane: Clinician) -> None:
    for host in ("one.example.org", "two.example.org"):
        page = client.get(f"/clinicians/{jane.slug}", base_url=f"http://{host}").text
        assert f'<link rel="canonical" href="http://{host}/clinicians/{jane.slug}">' in page


def test_whoever_has_left_the_centre_keeps_a_column_while_somebody_is_booked(
    browser_of: BrowserOf, session: Session, riverside: Centre, jane: Clinician, visit: Appointment
) -> None:
    elsewhere = a_centre(session, name="Elsewhere")
    jane.centres = [elsewhere]
    session.flush()
    shown = browser_of(Role.FRONT_DESK, riverside).get(TOMORROW).text
    column = shown.partition('aria-label="Dr Jane Smith"')[2].partition("</section>")[0]
    assert "Ana Silva" in column
    assert "slot=" not in column, "nothing is free of somebody who does not work here"


def test_what_somebody_typed_never_stands_for_markup(app: Flask) -> None:
    """The two are equal, and one of them is not to be trusted."""
    item = Item("<b>Day</b>", "/desk/day", "calendar", is_current=False)
    with app.test_request_context("/"):
        assert "&lt;b&gt;Day&lt;/b&gt;" in remembered("ui/menu.html", "entries", (item,))
        with pytest.raises(TypeError, match="markup"):
            remembered("ui/menu.html", "count", Markup("<b>7</b>"), "/messages", "count")
