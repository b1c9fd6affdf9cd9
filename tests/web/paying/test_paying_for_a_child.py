"""Ana pays for her daughter's visit: the books, the news and the receipt are hers, and so is what comes back."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.appointments.models import Appointment
from portal.core.permissions import SYSTEM
from portal.notifications.models import Delivery
from portal.payments.models import PaymentStatus, Refund
from portal.people import caring
from portal.people.models import Patient
from tests.factories import a_patient, account_of, an_appointment, slots_of
from tests.web.helpers import signed_in
from tests.web.paying.visits import FEE, Visits


@pytest.fixture
def currency() -> str:
    return "GBP"


@pytest.fixture
def mina(ana: Visits) -> Patient:
    ana.patient.email, ana.patient.channels = "ana@example.org", ["EMAIL"]
    return caring.add_dependant(
        ana.session, ana.patient, by=SYSTEM, relation="CHILD", full_name="Mina Silva", at=ana.at
    )


@pytest.fixture
def visit(ana: Visits, mina: Patient) -> Appointment:
    starts_at = slots_of(ana.session, ana.clinician, at=ana.at)[20].starts_at
    made = an_appointment(
        ana.session, clinician=ana.clinician, patient=mina, by=SYSTEM, starts_at=starts_at, at=ana.at
    )
    ana.session.commit()
    return made


def test_her_mother_pays_gets_the_receipt_and_what_comes_back(
    app: Flask, ana: Visits, mina: Patient, visit: Appointment
) -> None:
    address = f"/patient/appointments/{visit.id}"
    ana.type_card(ana.pay(address))
    ana.come_back()
    paid = ana.payment()
    assert (paid.status, paid.patient_id, paid.account_id) == (
        PaymentStatus.PAID,
        mina.id,
        ana.patient.account_id,
    )
    told = select(Delivery.recipient).where(Delivery.kind == "payment-received")
    assert ana.session.scalars(told).all() == ["ana@example.org"]
    receipt = ana.client.get(f"/patient/payments/{paid.id}/receipt").text
    assert "Ana Silva" in receipt
    assert "(Mina Silva)" in receipt
    stranger = a_patient(ana.session, full_name="Zora Neale")
    ana.session.commit()
    theirs = signed_in(app, account_of(ana.session, stranger))
    assert theirs.get(f"/patient/payments/{paid.id}/receipt").status_code == 404
    assert theirs.post(f"{address}/payment").status_code == 404
    ana.client.post(f"{address}/cancellation", data={"reason": "She is well"})
    refund = ana.session.scalars(select(Refund)).one()
    assert (refund.payment_id, refund.amount_minor) == (paid.id, FEE)
