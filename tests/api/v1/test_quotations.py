"""Quotations by the API: QUO-01 to QUO-05, and a booking at the price of one."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.models import Delivery
from portal.payments.quotation_models import Quotation
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_patient, service_of, slots_of
from tests.payments.quotes import a_quotation, accepted, sent, token_in
from tests.web.helpers import counted

BODY = {
    "clientName": "Maya Okoro",
    "clientEmail": "Maya@Example.org",
    "items": [
        {"description": "Assessment", "unitPrice": 80},
        {"description": "Report", "quantity": 2, "unitPrice": 25.5},
    ],
    "discount": 11,
}


@pytest.fixture
def bos(cast: Cast, program: ProgramOf) -> Program:
    return program(cast.bo)


@pytest.fixture
def quotation(session: Session, cast: Cast) -> Quotation:
    return a_quotation(session, cast)


def test_bo_writes_one_and_the_server_adds_up(session: Session, cast: Cast, bos: Program) -> None:
    made = data_of(bos.post("/quotations", BODY))
    assert {name: made[name] for name in ("subtotal", "discount", "tax", "total", "currency", "status")} == {
        "subtotal": 131.0, "discount": 11.0, "tax": 0.0, "total": 120.0, "currency": "GBP", "status": "DRAFT",
    }  # fmt: skip
    assert made["items"][1] == {"description": "Report", "quantity": 2, "unitPrice": 25.5, "amount": 51.0}
    assert (made["validUntil"], made["quotationNumber"], made["clientEmail"]) == (
        "2026-04-01", None, "maya@example.org",
    )  # fmt: skip
    assert (made["clinicianId"], made["serviceId"]) == (
        cast.clinician.id,
        service_of(session, cast.clinician).id,
    )
    assert data_of(bos.get(f"/quotations/{made['id']}")) == made


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"description": "", "unitPrice": 1}]}, "items.0.description"),
        ({"items": [{"description": "A", "unitPrice": -1}]}, "items.0.unitPrice"),
        ({"items": [{"description": "A", "unitPrice": 1.234}]}, "items.0.unitPrice"),
        ({"items": [{"description": "A", "unitPrice": 1, "quantity": 0}]}, "items.0.quantity"),
        ({"discount": 200}, "discount"),
        ({"clientName": ""}, "clientName"),
        ({"clientEmail": "nonsense"}, "clientEmail"),
        ({"validUntil": "2026-03-01"}, "validUntil"),
        ({"serviceId": 999999}, "serviceId"),
        ({"total": 1}, "total"),
    ],
)
def test_what_cannot_be_used_is_told_by_the_field(bos: Program, changes: dict[str, Any], field: str) -> None:
    answer = bos.post("/quotations", {**BODY, **changes})
    assert answer.status_code == 400
    assert list(details_of(answer)) == [field]


def test_for_a_patient_it_knows_the_name(session: Session, cast: Cast, program: ProgramOf) -> None:
    cast.patient.email = "ana@example.org"
    session.flush()
    body = {"clinicianId": cast.clinician.id, "patientId": cast.patient.id, "items": BODY["items"]}
    made = data_of(program(cast.ada).post("/quotations", body))
    assert (made["patientId"], made["clientName"], made["clientEmail"]) == (
        cast.patient.id, "Ana Silva", "ana@example.org",
    )  # fmt: skip
    nobodys = {**body, "patientId": a_patient(session).id, "clinicianId": None}
    assert refusal_of(program(cast.bo).post("/quotations", nobodys)) == (404, "NOT_FOUND")


def test_managers_say_whose_it_is_and_clinicians_write_their_own(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    assert list(details_of(program(cast.max).post("/quotations", BODY))) == ["clinicianId"]
    theirs = {**BODY, "clinicianId": cast.zoe.clinician_id}
    assert refusal_of(program(cast.bo).post("/quotations", theirs)) == (404, "NOT_FOUND")


def test_a_draft_is_changed_in_part(session: Session, quotation: Quotation, bos: Program) -> None:
    changed = data_of(bos.patch(f"/quotations/{quotation.id}", {"discount": 0, "notes": "As agreed."}))
    assert (changed["id"], changed["total"], changed["notes"]) == (quotation.id, 80.0, "As agreed.")
    assert changed["items"][0]["description"] == "Assessment"


def test_what_was_sent_is_changed_as_a_new_version(
    session: Session, quotation: Quotation, bos: Program
) -> None:
    sent(session, quotation)
    first = bos.patch(f"/quotations/{quotation.id}", {"discount": 0})
    newer = data_of(first)
    assert "new version" in first.get_json()["message"]
    assert (newer["revisesId"], newer["status"], newer["total"]) == (quotation.id, "DRAFT", 80.0)
    again = data_of(bos.patch(f"/quotations/{quotation.id}", {"notes": "Hello"}))
    assert (again["id"], again["total"]) == (newer["id"], 80.0)
    gone = data_of(bos.post(f"/quotations/{newer['id']}/send"))
    assert (gone["quotationNumber"], gone["version"], gone["status"]) == ("Q-2026-000001/2", 2, "SENT")
    old = data_of(bos.get(f"/quotations/{quotation.id}"))
    assert (old["status"], old["isSuperseded"]) == ("EXPIRED", True)


def test_sending_it_twice_mails_it_once_and_tells_no_secret(
    session: Session, quotation: Quotation, bos: Program
) -> None:
    for _ in range(2):
        answer = bos.post(f"/quotations/{quotation.id}/send")
        assert data_of(answer)["sentAt"] == "2026-03-02T09:00:00Z"
    assert token_in(session) not in answer.text
    assert len(session.scalars(select(Delivery.id).where(Delivery.kind == "quotation")).all()) == 1


def test_without_an_address_it_is_not_sent(session: Session, cast: Cast, bos: Program) -> None:
    quotation = a_quotation(session, cast, client_email=None)
    answer = bos.post(f"/quotations/{quotation.id}/send")
    assert refusal_of(answer) == (400, "VALIDATION_ERROR")
    assert list(details_of(answer)) == ["clientEmail"]


def test_whoever_has_the_link_answers_once(session: Session, quotation: Quotation, visitor: Program) -> None:
    token, address = sent(session, quotation), f"/quotations/{quotation.id}/decision"
    wrong = visitor.post(address, {"token": "wrong", "decision": "ACCEPTED"})
    assert refusal_of(wrong) == (400, "INVALID_TOKEN")
    assert refusal_of(visitor.post(address, {"token": token, "decision": "maybe"})) == (
        400,
        "VALIDATION_ERROR",
    )
    for _ in range(2):
        decided = data_of(visitor.post(address, {"token": token, "decision": "accepted"}))
        assert (decided["status"], decided["decidedAt"]) == ("ACCEPTED", "2026-03-02T09:00:00Z")
    other = visitor.post(address, {"token": token, "decision": "DECLINED"})
    assert refusal_of(other) == (409, "INVALID_STATE_TRANSITION")


def test_the_link_of_one_answers_no_other(
    session: Session, cast: Cast, quotation: Quotation, visitor: Program
) -> None:
    token = sent(session, quotation)
    other = a_quotation(session, cast)
    sent(session, other)
    answer = visitor.post(f"/quotations/{other.id}/decision", {"token": token, "decision": "ACCEPTED"})
    assert refusal_of(answer) == (400, "INVALID_TOKEN")


def test_a_deleted_one_is_gone_and_an_accepted_one_stays(
    session: Session, cast: Cast, quotation: Quotation, bos: Program
) -> None:
    assert bos.delete(f"/quotations/{quotation.id}").status_code == 200
    assert refusal_of(bos.get(f"/quotations/{quotation.id}")) == (404, "NOT_FOUND")
    kept = a_quotation(session, cast)
    accepted(session, kept)
    for answer in (bos.delete(f"/quotations/{kept.id}"), bos.patch(f"/quotations/{kept.id}", {"notes": "x"})):
        assert refusal_of(answer) == (409, "INVALID_STATE_TRANSITION")


def test_a_list_is_narrowed_paged_and_costs_no_more_queries(
    session: Session, cast: Cast, quotation: Quotation, bos: Program
) -> None:
    sent(session, quotation)
    for filters, total in (
        ({"status": "sent"}, 1), ({"status": "DRAFT"}, 0), ({"search": "okoro"}, 1), ({"search": "nobody"}, 0),
        ({"startDate": "2026-03-02", "endDate": "2026-03-02"}, 1), ({"endDate": "2026-03-01"}, 0),
        ({"patientId": 1}, 0), ({"clinicianId": cast.clinician.id}, 1),
    ):  # fmt: skip
        assert bos.get("/quotations", **filters).get_json()["pagination"]["total"] == total, filters
    with counted() as few:
        bos.get("/quotations")
    for _ in range(5):
        a_quotation(session, cast)
    with counted() as many:
        page = bos.get("/quotations", limit=3).get_json()
    assert len(many) <= len(few)
    assert (len(page["data"]), page["pagination"]["total"]) == (3, 6)


def test_ana_books_at_the_quoted_price_once(
    session: Session, cast: Cast, program: ProgramOf, quotation: Quotation, bos: Program
) -> None:
    token, slots = accepted(session, quotation), slots_of(session, cast.clinician)
    body = {"slotId": slots[5].id, "quotationToken": token, "consultationFee": 70}
    booked = data_of(program(cast.ana).post("/appointments", body))
    assert (booked["status"], booked["consultationFee"]) == ("CONFIRMED", 70.0)
    assert data_of(bos.get(f"/quotations/{quotation.id}"))["appointmentId"] == booked["id"]
    again = program(cast.zora).post("/appointments", {"slotId": slots[9].id, "quotationToken": token})
    assert refusal_of(again) == (409, "INVALID_STATE_TRANSITION")
    wrong = program(cast.zora).post("/appointments", {"slotId": slots[9].id, "quotationToken": "wrong"})
    assert refusal_of(wrong) == (400, "INVALID_TOKEN")
