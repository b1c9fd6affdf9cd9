"""Jane writes quotations without JavaScript; what she sees is hers, and what she typed is kept."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.permissions import Role
from portal.payments import offering, quoting
from portal.payments.quotation_models import Quotation
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_clinician, account_of, an_account, an_actor, service_of
from tests.payments.quotes import an_offer, sent
from tests.web.helpers import counted, errors_in
from tests.web.staff.conftest import BrowserOf


@pytest.fixture
def draft(session: Session, jane: Clinician) -> Quotation:
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    return quoting.create(session, jane, an_offer(session, jane), by=by, at=NOW)


def typed(session: Session, jane: Clinician, **changes: str) -> dict[str, str]:
    """What the form sends: one line, and a blank one behind it."""
    facts = {
        "client_name": "Maya Okoro",
        "client_email": "maya@example.org",
        "service_id": str(service_of(session, jane).id),
        "lines-0-description": "Assessment",
        "lines-0-quantity": "2",
        "lines-0-unit_minor": "40.50",
        "lines-1-description": "",
        "lines-1-quantity": "1",
        "lines-1-unit_minor": "",
    }
    return {**facts, **changes}


def newest(session: Session) -> Quotation:
    return session.scalars(select(Quotation).order_by(Quotation.id.desc()).limit(1)).one()


def test_jane_writes_one_and_blank_lines_are_none(
    session: Session, jane: Clinician, janes: FlaskClient
) -> None:
    answer = janes.post("/staff/quotations/new", data=typed(session, jane, discount="1"))
    made = newest(session)
    assert answer.location == f"/staff/quotations/{made.id}"
    assert [(item.description, item.quantity, item.unit_minor) for item in made.items] == [
        ("Assessment", 2, 4050)
    ]
    assert (made.total_minor, made.clinician_id, made.client_email) == (8000, jane.id, "maya@example.org")


def test_a_line_more_or_less_keeps_what_was_typed_and_saves_nothing(
    session: Session, jane: Clinician, janes: FlaskClient
) -> None:
    more = janes.post("/staff/quotations/new", data=typed(session, jane, add_row="1"))
    assert more.status_code == 200
    assert 'name="lines-2-description"' in more.text
    assert 'value="Maya Okoro"' in more.text
    less = janes.post("/staff/quotations/new", data=typed(session, jane, remove_row="0"))
    assert 'value="Assessment"' not in less.text
    assert session.scalar(select(Quotation.id)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_name": ""}, "Enter for whom it is"),
        ({"client_email": "nonsense"}, "Enter an email address"),
        ({"lines-0-unit_minor": "1.234"}, "Enter an amount"),
        ({"lines-0-unit_minor": ""}, "Enter a price"),
        ({"lines-0-quantity": "0"}, "Enter a number from 1"),
        ({"lines-0-description": "", "lines-0-unit_minor": ""}, "Write at least one line"),
        ({"lines-0-description": " "}, "Say what the line is for"),
        ({"discount": "81.01"}, "more than the lines come to"),
        ({"valid_until": "2026-03-01"}, "from today on"),
        ({"service_id": "999999"}, "Choose one of the options"),
    ],
)
def test_what_cannot_be_used_comes_back_with_the_reason(
    session: Session, jane: Clinician, janes: FlaskClient, changes: dict[str, str], said: str
) -> None:
    answer = janes.post("/staff/quotations/new", data=typed(session, jane, **changes))
    assert answer.status_code == 422
    assert said in errors_in(answer)
    assert session.scalar(select(Quotation.id)) is None


def test_for_a_patient_the_name_and_address_stand_there_already(
    session: Session, jane: Clinician, ana: Patient, visit: Any, janes: FlaskClient
) -> None:
    address = f"/staff/quotations/new?patient_id={ana.id}"
    assert address in janes.get(f"/patients/{ana.id}").text
    shown = janes.get(address)
    assert 'value="Ana Silva"' in shown.text
    assert 'value="ana@example.org"' in shown.text
    janes.post(address, data=typed(session, jane))
    assert newest(session).patient_id == ana.id


def test_a_manager_says_first_whose_it_is(session: Session, jane: Clinician, browser_of: BrowserOf) -> None:
    manager = browser_of(an_account(session, Role.MANAGER))
    assert "In whose name" in manager.get("/staff/quotations/new").text
    manager.post(f"/staff/quotations/new?clinician_id={jane.id}", data=typed(session, jane))
    assert newest(session).clinician_id == jane.id


def test_it_is_looked_at_once_more_and_sent(session: Session, draft: Quotation, janes: FlaskClient) -> None:
    address = f"/staff/quotations/{draft.id}"
    assert "Send it" in janes.get(f"{address}/sending").text
    answer = janes.post(f"{address}/sending", follow_redirects=True)
    assert "on its way to maya@example.org" in answer.text
    assert "Q-2026-000001" in answer.text
    assert "On its way" in answer.text
    assert janes.get(f"{address}/sending").location == address


def test_without_an_address_the_page_says_what_is_missing(
    session: Session, draft: Quotation, janes: FlaskClient
) -> None:
    draft.client_email = None
    session.flush()
    answer = janes.post(f"/staff/quotations/{draft.id}/sending")
    assert answer.status_code == 422
    assert "An email address is needed" in answer.text


def test_what_was_sent_is_changed_as_a_new_version(
    session: Session, jane: Clinician, draft: Quotation, janes: FlaskClient
) -> None:
    sent(session, draft)
    assert janes.get(f"/staff/quotations/{draft.id}/edit").status_code == 409
    answer = janes.post(f"/staff/quotations/{draft.id}/revision")
    newer = newest(session)
    assert answer.location == f"/staff/quotations/{newer.id}/edit"
    assert "stays valid until this one is sent" in janes.get(answer.location).text
    janes.post(answer.location, data=typed(session, jane))
    janes.post(f"/staff/quotations/{newer.id}/sending")
    assert "Q-2026-000001/2" in janes.get(f"/staff/quotations/{draft.id}").text


def test_an_accepted_one_can_neither_be_deleted_nor_revised(
    session: Session, draft: Quotation, janes: FlaskClient
) -> None:
    offering.decide(session, sent(session, draft), is_accepted=True, at=NOW)
    session.flush()
    shown = janes.get(f"/staff/quotations/{draft.id}").text
    assert "Delete" not in shown
    assert "new version" not in shown
    for what in ("deletion", "revision"):
        assert janes.post(f"/staff/quotations/{draft.id}/{what}").status_code == 409


def test_a_deleted_one_is_gone(session: Session, draft: Quotation, janes: FlaskClient) -> None:
    address = f"/staff/quotations/{draft.id}"
    assert "Nobody has seen it yet" in janes.get(f"{address}/deletion").text
    assert janes.post(f"{address}/deletion").location == "/staff/quotations"
    assert janes.get(address).status_code == 404


def test_the_file_is_the_same_document(draft: Quotation, janes: FlaskClient) -> None:
    answer = janes.get(f"/staff/quotations/{draft.id}.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")


EVERYTHING = [
    ("GET", ""), ("GET", ".pdf"), ("GET", "/edit"), ("POST", "/edit"), ("GET", "/sending"), ("POST", "/sending"),
    ("POST", "/revision"), ("GET", "/deletion"), ("POST", "/deletion"),
]  # fmt: skip


def test_a_colleagues_quotation_is_not_there_and_the_desk_has_none(
    session: Session, draft: Quotation, browser_of: BrowserOf, fay: FlaskClient
) -> None:
    colleague = browser_of(account_of(session, a_clinician(session)))
    for method, noun in EVERYTHING:
        address = f"/staff/quotations/{draft.id}{noun}"
        assert colleague.open(address, method=method).status_code == 404, noun
        assert fay.open(address, method=method).status_code == 403, noun


def test_the_list_is_searched_without_a_name_in_the_address(
    session: Session, draft: Quotation, janes: FlaskClient
) -> None:
    assert "Maya Okoro" in janes.get("/staff/quotations").text
    found = janes.post("/staff/quotations", data={"search": "okoro", "status": "DRAFT"})
    assert "Maya Okoro" in found.text
    for nothing in ({"search": "silva"}, {"status": "SENT"}, {"end_date": "2026-03-01"}, {"patient_id": "1"}):
        assert "Maya Okoro" not in janes.post("/staff/quotations", data=nothing).text
    rubbish = {"status": "x", "start_date": "x", "page": "x", "patient_id": "x"}
    assert janes.post("/staff/quotations", data=rubbish).status_code == 200


def test_a_long_list_has_pages_and_costs_no_more_queries(
    session: Session, jane: Clinician, draft: Quotation, janes: FlaskClient
) -> None:
    janes.get("/staff/quotations")
    with counted() as few:
        janes.get("/staff/quotations")
    by = an_actor(session, Role.CLINICIAN, clinician=jane)
    for _ in range(24):
        quoting.create(session, jane, an_offer(session, jane), by=by, at=NOW)
    session.flush()
    with counted() as many:
        first = janes.get("/staff/quotations")
    assert len(many) <= len(few)
    assert "Page 1 of 2" in first.text
    assert "Page 2 of 2" in janes.post("/staff/quotations", data={"page": "2"}).text
    assert janes.post("/staff/quotations", data={"page": "3"}).status_code == 404
