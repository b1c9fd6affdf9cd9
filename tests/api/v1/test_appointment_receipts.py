"""The receipt of an appointment, by the API."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from portal.payments.models import Payment
from tests.api.client import Program, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.payments.paying import a_paid, a_payment, a_receipt


@pytest.fixture
def paid(session: Session, cast: Cast) -> Payment:
    payment = a_paid(session, cast)
    a_receipt(session, payment)
    return payment


def test_ana_finds_her_receipt(cast: Cast, program: ProgramOf, paid: Payment) -> None:
    visit_id = paid.appointment_id
    answer = program(cast.ana).get(f"/appointments/{visit_id}/receipt")
    here = "http://127.0.0.1:8000"
    assert answer.get_json()["data"] == {
        "receiptNumber": "R-2026-000001",
        "appointmentId": visit_id,
        "invoiceUrl": f"{here}/patient/payments/{paid.id}/receipt",
        "pdfUrl": f"{here}/api/v1/appointments/{visit_id}/receipt.pdf",
    }


@pytest.mark.parametrize("name", ["bo", "fay", "max"])
def test_staff_are_sent_to_the_page_that_is_theirs(
    cast: Cast, program: ProgramOf, paid: Payment, name: str
) -> None:
    answer = program(getattr(cast, name)).get(f"/appointments/{paid.appointment_id}/receipt")
    assert answer.get_json()["data"]["invoiceUrl"].endswith(f"/staff/payments/{paid.id}/receipt")


def test_a_token_opens_the_file(cast: Cast, program: ProgramOf, paid: Payment) -> None:
    answer = program(cast.ana).get(f"/appointments/{paid.appointment_id}/receipt.pdf")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="receipt.pdf"'
    assert "R-2026-000001" in PdfReader(BytesIO(answer.data)).pages[0].extract_text()


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_before_it_is_paid_there_is_none(
    session: Session, cast: Cast, program: ProgramOf, ending: str
) -> None:
    waiting = a_payment(session, cast)
    path = f"/appointments/{waiting.appointment_id}/receipt{ending}"
    assert refusal_of(program(cast.ana).get(path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_strangers_find_nothing(cast: Cast, program: ProgramOf, paid: Payment, ending: str) -> None:
    path = f"/appointments/{paid.appointment_id}/receipt{ending}"
    assert refusal_of(program(cast.zora).get(path)) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.zoe).get(path)) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.zack).get(path)) == (403, "FORBIDDEN")


def test_the_document_says_that_it_is_a_pdf(visitor: Program) -> None:
    paths = visitor.get("/openapi.json").get_json()["paths"]
    operation = paths["/api/v1/appointments/{appointmentId}/receipt.pdf"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["application/pdf"]
