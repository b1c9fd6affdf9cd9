"""Payment links by the API: PAY-07 and PAY-08, and the one that a booking sends (FDK-02)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core import clock
from portal.notifications.models import Delivery
from portal.payments.models import Payment
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW, PracticeSets
from tests.factories import a_centre, a_clinician, an_appointment, slots_of
from tests.payments.gateways.razorpay_till import RazorpayTill
from tests.payments.gateways.stripe_till import StripeTill
from tests.payments.gateways.tills import Till
from tests.payments.paying import a_payment
from tests.stand_ins import StandIns, of_money, stand_ins

FEE = 6000


@pytest.fixture
def keys(practice_sets: PracticeSets) -> None:
    """The practice has keys for Stripe; nobody asks it anything."""
    practice_sets(stripe_secret_key="sk_test_1")


@pytest.fixture
def visit(session: Session, cast: Cast) -> Appointment:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient)


@pytest.fixture
def fay(program: ProgramOf, cast: Cast) -> Program:
    return program(cast.fay)


def body(visit: Appointment, **more: object) -> dict[str, object]:
    return {"appointmentId": visit.id, **more}


def links(session: Session) -> list[Payment]:
    session.expire_all()
    return list(session.scalars(select(Payment).order_by(Payment.id)))


@pytest.mark.usefixtures("keys")
class TestMaking:
    def test_a_link_is_made_and_sent_by_the_ways_that_the_message_says(
        self, session: Session, cast: Cast, program: ProgramOf, fay: Program, visit: Appointment
    ) -> None:
        cast.patient.email = "ana@example.org"
        session.flush()
        answer = fay.post("/payment-links", body(visit, amount=60))
        (link,) = links(session)
        assert answer.status_code == 201
        assert data_of(answer) == {
            "paymentLinkId": link.id,
            "shortUrl": f"http://127.0.0.1:8000/payments/{link.key}",
            "expiresAt": "2026-03-03T09:00:00Z",
        }
        assert answer.json["message"] == "Payment link created and sent via WhatsApp and email."  # type: ignore[index]
        asked = {"appointmentId": visit.id, "notificationType": "payment_link"}
        logged = data_of(program(cast.max).get("/notification-deliveries", **asked))
        assert sorted(one["channel"] for one in logged) == ["EMAIL", "WHATSAPP"]

    def test_a_second_one_takes_the_place_of_the_first_and_the_same_key_makes_one(
        self, session: Session, fay: Program, visit: Appointment
    ) -> None:
        first = data_of(fay.post("/payment-links", body(visit), key="one"))
        assert data_of(fay.post("/payment-links", body(visit), key="one")) == first
        second = data_of(fay.post("/payment-links", body(visit, idempotencyKey="two")))
        assert [link.status for link in links(session)] == ["FAILED", "PENDING"]
        shown = data_of(fay.get(f"/payment-links/{first['paymentLinkId']}"))
        assert shown == {"paymentLinkId": first["paymentLinkId"], "status": "cancelled", "amountPaid": 0}
        assert data_of(fay.get(f"/payment-links/{second['paymentLinkId']}"))["status"] == "created"
        clash = fay.post("/payment-links", body(visit, amount=60), key="one")
        assert refusal_of(clash) == (409, "CONFLICT")

    def test_what_is_known_of_ana_stays_and_the_link_goes_there(
        self, session: Session, cast: Cast, fay: Program, visit: Appointment
    ) -> None:
        phone = cast.patient.phone
        said = {
            "customerName": "Anna Sylva",
            "customerPhone": "07700 900999",
            "customerEmail": "a@example.org",
        }
        message = fay.post("/payment-links", body(visit, **said)).get_json()["message"]
        assert "We know this patient as Ana Silva." in message
        assert "another phone number" in message
        assert "another email address" in message
        session.expire_all()
        assert (cast.patient.full_name, cast.patient.phone, cast.patient.email) == ("Ana Silva", phone, None)
        told = session.scalars(select(Delivery.recipient).where(Delivery.kind == "payment-link")).all()
        assert told == [phone]
        same = {"customerName": "ana  silva", "customerPhone": phone}
        assert fay.post("/payment-links", body(visit, **same)).get_json()["message"].endswith("WhatsApp.")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"amount": 45}, "amount"),
            ({"amount": 60.001}, "amount"),
            ({"customerPhone": "12"}, "customerPhone"),
            ({"customerEmail": "ana"}, "customerEmail"),
            ({"appointmentId": "x"}, "appointmentId"),
        ],
    )
    def test_what_cannot_be_is_said_beside_its_field(
        self, session: Session, fay: Program, visit: Appointment, wrong: dict[str, object], field: str
    ) -> None:
        answer = fay.post("/payment-links", {**body(visit), **wrong})
        assert answer.status_code == 400
        assert list(details_of(answer)) == [field]
        assert links(session) == []

    def test_strangers_make_and_read_none(
        self, session: Session, cast: Cast, program: ProgramOf, fay: Program, visit: Appointment
    ) -> None:
        made = data_of(fay.post("/payment-links", body(visit)))["paymentLinkId"]
        for who in (cast.zack, cast.bo, cast.ana):
            assert refusal_of(program(who).post("/payment-links", body(visit)))[0] == 403
            assert refusal_of(program(who).get(f"/payment-links/{made}"))[0] == 403
        assert refusal_of(fay.post("/payment-links", {"appointmentId": 999_999}))[0] == 404
        page = a_payment(session, cast, appointment_id=visit.id)
        assert refusal_of(fay.get(f"/payment-links/{page.id}"))[0] == 404

    def test_a_visit_that_is_paid_or_free_or_over_has_none(
        self, session: Session, cast: Cast, fay: Program, visit: Appointment
    ) -> None:
        free = an_appointment(session, clinician=a_clinician(session, cast.leeds, price_minor=0))
        assert refusal_of(fay.post("/payment-links", body(free))) == (409, "CONFLICT")
        link = data_of(fay.post("/payment-links", body(visit)))["paymentLinkId"]
        session.execute(update(Payment).values(expires_at=NOW - timedelta(minutes=1)))
        assert data_of(fay.get(f"/payment-links/{link}"))["status"] == "expired"
        session.execute(update(Payment).values(status="PAID", paid_at=NOW))
        assert refusal_of(fay.post("/payment-links", body(visit))) == (409, "CONFLICT")
        paid = {"paymentLinkId": link, "status": "paid", "amountPaid": 60}
        assert data_of(fay.get(f"/payment-links/{link}")) == paid

    def test_a_booking_sends_one_where_it_is_asked_to(
        self, session: Session, cast: Cast, fay: Program, program: ProgramOf
    ) -> None:
        wanted = {"patientId": cast.patient.id, "sendPaymentLink": True}
        free = slots_of(session, cast.clinician)
        answer = fay.post("/appointments", {"slotId": free[0].id, "consultationFee": 45, **wanted}, key="a")
        (link,) = links(session)
        booked = data_of(answer)
        assert (booked["status"], booked["paymentStatus"]) == ("CONFIRMED", "PENDING")
        assert booked["paymentLink"] == f"http://127.0.0.1:8000/payments/{link.key}"
        assert link.amount_minor == 4500
        again = fay.post("/appointments", {"slotId": free[0].id, "consultationFee": 45, **wanted}, key="a")
        assert data_of(again) == booked
        plain = fay.post("/appointments", {"slotId": free[3].id, "patientId": cast.patient.id})
        assert data_of(plain)["paymentLink"] is None
        for who in (cast.bo, cast.ana):
            body = {"slotId": free[5].id, "sendPaymentLink": True}
            assert refusal_of(program(who).post("/appointments", body))[0] == 403


def test_without_keys_there_is_no_link_and_the_booking_stands(
    session: Session, cast: Cast, fay: Program, visit: Appointment
) -> None:
    assert refusal_of(fay.post("/payment-links", body(visit))) == (503, "PROVIDER_NOT_CONFIGURED")
    wanted = {"patientId": cast.patient.id, "sendPaymentLink": True}
    answer = fay.post("/appointments", {"slotId": slots_of(session, cast.clinician)[3].id, **wanted})
    assert answer.status_code == 201
    assert data_of(answer)["paymentLink"] is None
    assert "cannot take payments on the internet" in answer.get_json()["message"]
    assert links(session) == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture
def there(running: StandIns, practice_sets: PracticeSets) -> StandIns:
    """The practice takes payments with the stand-ins."""
    running.behaviour.change({})
    practice_sets(**of_money(running))
    return running


@pytest.mark.parametrize("till", [StripeTill(), RazorpayTill()], ids=["stripe", "razorpay"])
def test_asking_for_a_link_asks_the_provider_and_settles_what_no_webhook_told(
    session: Session,
    cast: Cast,
    program: ProgramOf,
    there: StandIns,
    till: Till,
) -> None:
    with clock.travel_to(datetime.now(UTC)) as at:
        clinician = a_clinician(session, a_centre(session, currency=till.currency))
        visit = an_appointment(session, clinician=clinician, patient=cast.patient, at=at)
        ada = program(cast.ada)
        link_id = data_of(ada.post("/payment-links", body(visit)))["paymentLinkId"]
        page = data_of(ada.get(f"/payment-links/{link_id}"))
        assert page["status"] == "created"
        (link,) = links(session)
        opened = ada.app.test_client().post(f"/payments/{link.key}/page")
        till.pay_link(there, opened.headers["Location"])
        paid = {"paymentLinkId": link_id, "status": "paid", "amountPaid": FEE / 100}
        for _ in range(2):
            assert data_of(ada.get(f"/payment-links/{link_id}")) == paid
        there.behaviour.change({"of": till.name, "error": 1.0})
        assert data_of(ada.get(f"/payment-links/{link_id}")) == paid


def test_a_provider_that_does_not_answer_is_said_to(
    session: Session, cast: Cast, program: ProgramOf, there: StandIns
) -> None:
    with clock.travel_to(datetime.now(UTC)) as at:
        visit = an_appointment(session, clinician=cast.clinician, patient=cast.patient, at=at)
        fay = program(cast.fay)
        link_id = data_of(fay.post("/payment-links", body(visit)))["paymentLinkId"]
        (link,) = links(session)
        fay.app.test_client().post(f"/payments/{link.key}/page")
        there.behaviour.change({"of": "stripe", "error": 1.0})
        assert refusal_of(fay.get(f"/payment-links/{link_id}")) == (502, "PROVIDER_ERROR")


@pytest.mark.parametrize("method", ["CASH", "terminal"])
def test_the_desk_says_that_it_has_the_money(
    session: Session, cast: Cast, program: ProgramOf, *, fay: Program, visit: Appointment, method: str
) -> None:
    taken = {"appointmentId": visit.id, "method": method}
    for who, status in ((cast.ana, 403), (cast.bo, 403), (cast.zack, 403)):
        assert refusal_of(program(who).post("/payments", taken))[0] == status
    assert details_of(fay.post("/payments", {**taken, "amount": 45})).keys() == {"amount"}
    answer = fay.post("/payments", taken, key="one")
    said = data_of(answer)
    assert (said["status"], said["provider"], said["orderId"], said["url"]) == ("PAID", None, None, None)
    assert data_of(fay.post("/payments", taken, key="one")) == said
    assert refusal_of(fay.post("/payments", taken)) == (409, "CONFLICT")
    (payment,) = links(session)
    assert (payment.method, payment.amount_minor) == (method.upper(), FEE)
    assert data_of(fay.get(f"/appointments/{visit.id}"))["paymentStatus"] == "PAID"
    assert details_of(fay.post("/payments", {"method": method})).keys() == {"appointmentId"}
