"""Programs buy credits, pay with them, and subscribe, by the same commands as the pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.events import PatientSignedUp
from portal.core import clock
from portal.payments import crediting, policy
from portal.payments.models import Payment
from portal.payments.policy import Policy
from portal.payments.subscription_models import Subscription
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import a_hold, an_appointment
from tests.payments.gateways.stripe_till import GOOD, type_card
from tests.payments.paying import a_paid_for_credits, a_subscription
from tests.stand_ins import StandIns, of_money, stand_ins

PRICE, PERIOD = 4500, 12000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    with stand_ins(tmp_path_factory.mktemp("sandbox")) as there:
        yield there


@pytest.fixture
def there(running: StandIns, practice_sets: PracticeSets) -> StandIns:
    running.behaviour.change({})
    running.stripe.forget()
    practice_sets(**of_money(running))
    return running


@pytest.fixture(autouse=True)
def sold() -> Iterator[None]:
    before = policy.current()
    policy.configure(Policy(credit_price_minor=PRICE, subscription_price_minor=PERIOD))
    yield
    policy.configure(before)


@pytest.fixture
def today(session: Session, there: StandIns) -> Iterator[datetime]:
    """The day on which the stand-ins live."""
    with clock.travel_to(datetime.now(UTC)):
        yield clock.now()


@pytest.fixture
def ana(program: ProgramOf, cast: Cast) -> Program:
    return program(cast.ana)


def buy(session: Session, cast: Cast, count: int = 1) -> None:
    a_paid_for_credits(session, cast, count, count * PRICE)


def visit_of(session: Session, cast: Cast) -> int:
    return an_appointment(session, clinician=cast.clinician, patient=cast.patient, by=cast.ana).id


def test_a_new_account_has_its_free_credit(ana: Program, session: Session, cast: Cast) -> None:
    account_id = cast.ana.account_id or 0
    assert data_of(ana.get("/credits")) == {"userId": account_id, "balance": 0, "updatedAt": None}
    crediting.give_first(session, PatientSignedUp(account_id, clock.now()))
    assert data_of(ana.get("/credits"))["balance"] == 1
    (line,) = data_of(ana.get("/credit-transactions"))
    assert (line["transactionType"], line["amount"], line["description"]) == (
        "INITIAL", 1, "Initial free credit"
    )  # fmt: skip


def test_a_visit_is_paid_with_a_credit_once(ana: Program, session: Session, cast: Cast) -> None:
    buy(session, cast, 2)
    visit_id = visit_of(session, cast)
    answer = ana.post("/credit-transfers", {"appointmentId": visit_id, "amount": 1}, key="k1")
    assert answer.json is not None
    assert answer.json["message"] == "1 credit(s) transferred successfully"
    done = data_of(answer)
    assert (done["newBalance"], done["appointmentStatus"], done["amount"]) == (1, "CONFIRMED", 1)
    again = ana.post("/credit-transfers", {"appointmentId": visit_id, "amount": 1}, key="k1")
    assert again.json == answer.json
    assert refusal_of(ana.post("/credit-transfers", {"appointmentId": visit_id})) == (409, "CONFLICT")
    payment = data_of(ana.get(f"/payments/{done['paymentId']}"))
    assert (payment["paymentMethod"], payment["amount"], payment["status"]) == ("CREDITS", 45.0, "PAID")
    spent = data_of(ana.get("/credit-transactions", transactionType="spent"))
    assert [(one["amount"], one["change"], one["relatedAppointmentId"]) for one in spent] == [
        (1, -1, visit_id)
    ]


def test_a_held_time_is_booked_by_a_transfer(ana: Program, session: Session, cast: Cast) -> None:
    buy(session, cast)
    held = a_hold(session, cast.clinician, patient=cast.patient)
    done = data_of(ana.post("/credit-transfers", {"appointmentId": held.id}))
    assert done["appointmentStatus"] == "CONFIRMED"


def test_too_few_credits_and_another_price_change_nothing(
    ana: Program, session: Session, cast: Cast, program: ProgramOf
) -> None:
    body = {"appointmentId": visit_of(session, cast)}
    assert refusal_of(ana.post("/credit-transfers", body)) == (409, "INSUFFICIENT_CREDITS")
    buy(session, cast, 3)
    assert details_of(ana.post("/credit-transfers", {**body, "amount": 2}))["amount"]
    assert refusal_of(program(cast.zora).post("/credit-transfers", body)) == (404, "NOT_FOUND")
    assert refusal_of(program(cast.bo).post("/credit-transfers", body))[0] == 403
    assert data_of(ana.get("/credits"))["balance"] == 3


def test_the_transactions_of_others_are_for_administrators(
    ana: Program, session: Session, cast: Cast, program: ProgramOf
) -> None:
    buy(session, cast)
    asked = {"userId": cast.ana.account_id}
    (line,) = data_of(program(cast.ada).get("/credit-transactions", **asked))
    assert (line["userId"], line["transactionType"]) == (cast.ana.account_id, "PURCHASED")
    assert len(data_of(ana.get("/credit-transactions", **asked))) == 1
    for other in (cast.zora, cast.max, cast.fay, cast.bo):
        assert refusal_of(program(other).get("/credit-transactions", **asked)) == (403, "FORBIDDEN")
    assert refusal_of(program(cast.ada).get("/credit-transactions", userId=10**9)) == (404, "NOT_FOUND")


def test_credits_are_bought_as_anything_is_paid(program: ProgramOf, cast: Cast, today: datetime) -> None:
    """By a clinician too, who pays for no visits."""
    bo = program(cast.bo)
    body: dict[str, Any] = {"purpose": "credits", "credits": 3, "amount": 135.0, "page": True}
    assert details_of(bo.post("/payments", {**body, "amount": 1.0}))["amount"]
    assert details_of(bo.post("/payments", {"purpose": "CREDITS"}))["credits"]
    assert details_of(bo.post("/payments", {"purpose": "APPOINTMENT", "appointmentId": 1}))["purpose"]
    begun = data_of(bo.post("/payments", body))
    assert data_of(bo.post("/payments", body))["id"] == begun["id"]
    type_card(begun["url"], GOOD)
    done = data_of(bo.post(f"/payments/{begun['id']}/confirm"))
    assert (done["status"], done["creditsPurchased"], done["newBalance"]) == ("PAID", 3, 3)
    assert data_of(bo.post(f"/payments/{begun['id']}/confirm"))["newBalance"] == 3


@pytest.mark.parametrize("path", ["/subscriptions", "/payments"])
def test_a_subscription_is_pending_until_it_is_paid_and_there_is_one(
    program: ProgramOf, cast: Cast, today: datetime, path: str
) -> None:
    ana = program(cast.ana)
    body: dict[str, Any] = {"amount": 120.0} | ({"purpose": "SUBSCRIPTION"} if path == "/payments" else {})
    assert details_of(ana.post(path, {**body, "amount": 1.0}))["amount"]
    begun = data_of(ana.post(path, body))
    payment = begun if path == "/payments" else begun["payment"]
    (before,) = data_of(ana.get("/subscriptions"))
    assert (before["status"], before["startDate"], before["visitsLeft"]) == ("PENDING", None, 0)
    type_card(payment["url"], GOOD)
    assert data_of(ana.post(f"/payments/{payment['id']}/confirm"))["status"] == "PAID"
    (now,) = data_of(ana.get("/subscriptions"))
    assert (now["status"], now["visits"], now["visitsLeft"], now["amount"]) == ("ACTIVE", 4, 4, 120.0)
    assert refusal_of(ana.post(path, body)) == (409, "CONFLICT")


def test_a_subscription_is_ended_with_its_period(
    ana: Program, session: Session, cast: Cast, program: ProgramOf
) -> None:
    subscription = a_subscription(session, cast)
    assert refusal_of(program(cast.zora).delete(f"/subscriptions/{subscription.id}")) == (404, "NOT_FOUND")
    for _ in range(2):
        ended = data_of(ana.delete(f"/subscriptions/{subscription.id}"))
        assert (ended["status"], ended["isEnding"]) == ("ACTIVE", True)
    assert data_of(program(cast.zora).get("/subscriptions")) == []


def test_what_is_not_sold_says_so(ana: Program, session: Session, cast: Cast) -> None:
    policy.configure(Policy())
    refusals = [
        ana.get("/credits"),
        ana.get("/credit-transactions"),
        ana.post("/credit-transfers", {"appointmentId": visit_of(session, cast)}),
        ana.post("/payments", {"purpose": "CREDITS", "credits": 1}),
        ana.post("/payments", {"purpose": "SUBSCRIPTION"}),
        ana.post("/subscriptions"),
    ]
    assert {refusal_of(one) for one in refusals} == {(409, "NOT_SOLD")}
    assert session.scalars(select(Payment)).all() == []
    assert session.scalars(select(Subscription)).all() == []


def test_rupees_go_to_a_page_of_ours_that_leads_on(program: ProgramOf, cast: Cast, today: datetime) -> None:
    ana = program(cast.ana)
    policy.configure(Policy(currency="INR", credit_price_minor=PRICE))
    begun = data_of(ana.post("/payments", {"purpose": "CREDITS", "credits": 1, "page": True}))
    page = urlsplit(begun["url"]).path
    assert ana.app.test_client().get(page).status_code in {200, 303}


def test_a_clinicians_price_in_credits_is_the_practices_to_set(
    ana: Program, session: Session, cast: Cast, program: ProgramOf
) -> None:
    path = f"/clinicians/{cast.clinician.id}"
    assert refusal_of(program(cast.bo).patch(path, {"creditFee": 2})) == (403, "FORBIDDEN")
    assert details_of(program(cast.ada).patch(path, {"creditFee": 0}))["creditFee"]
    assert data_of(program(cast.ada).patch(path, {"creditFee": 2}))["creditFee"] == 2
    buy(session, cast, 3)
    done = data_of(ana.post("/credit-transfers", {"appointmentId": visit_of(session, cast)}))
    assert (done["amount"], done["newBalance"]) == (2, 1)
