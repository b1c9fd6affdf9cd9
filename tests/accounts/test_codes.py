"""Signing in with a code sent to a phone, and what attackers try."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal import bootstrap
from portal.accounts.commands import (
    Redeemed,
    create_staff,
    forget_old_codes,
    redeem_code,
    send_code,
    set_staff_active,
)
from portal.accounts.models import Account, Audience, OneTimeCode
from portal.core.db import in_transaction
from portal.core.errors import Invalid, PortalError
from portal.core.permissions import SYSTEM, Role
from portal.notifications.models import Delivery
from portal.people.commands import create_patient
from portal.people.models import Patient
from portal.settings import Settings

ANA = "+447700900123"
BEN = "+447700900456"
PATIENT, STAFF = Audience.PATIENT, Audience.STAFF
Sent = Callable[[str], list[str]]


def ask(
    session: Session,
    at: datetime,
    phone: str = ANA,
    audience: Audience = PATIENT,
    full_name: str = "Ana Field",
) -> OneTimeCode:
    return send_code(session, phone=phone, audience=audience, full_name=full_name, at=at, minutes=5)


def enter(
    session: Session, code: str, at: datetime, phone: str = ANA, audience: Audience = PATIENT
) -> Redeemed:
    return in_transaction(
        session, lambda: redeem_code(session, phone=phone, audience=audience, code=code, at=at)
    )


def refusal(outcome: Redeemed) -> str:
    assert outcome.account is None
    assert outcome.error is not None
    return outcome.error.code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_new_phone_signs_up_and_gets_a_patient_record(
    session: Session, frozen: datetime, sent: Sent
) -> None:
    ask(session, frozen)
    outcome = enter(session, sent(ANA)[-1], frozen)

    account = outcome.account_or_raise()
    assert outcome.is_new
    assert (account.role, account.phone, account.full_name) == (Role.PATIENT, ANA, "Ana Field")
    patient = session.scalars(select(Patient).where(Patient.account_id == account.id)).one()
    assert (patient.full_name, patient.phone) == ("Ana Field", ANA)


def test_the_second_time_it_is_the_same_account(session: Session, frozen: datetime, sent: Sent) -> None:
    ask(session, frozen)
    first = enter(session, sent(ANA)[-1], frozen)
    ask(session, frozen, full_name="Somebody Else")
    second = enter(session, sent(ANA)[-1], frozen)

    assert second.account is first.account
    assert not second.is_new
    assert second.account_or_raise().full_name == "Ana Field"


def test_signing_up_adopts_the_record_that_the_desk_made_and_keeps_its_name(
    session: Session, frozen: datetime, sent: Sent
) -> None:
    desk = create_patient(session, by=SYSTEM, full_name="Ana Maria Field", phone=ANA, email=None, at=frozen)
    ask(session, frozen, full_name="Mallory")
    account = enter(session, sent(ANA)[-1], frozen).account_or_raise()

    assert session.scalars(select(Patient).where(Patient.phone == ANA)).all() == [desk]
    assert (desk.account_id, desk.full_name) == (account.id, "Ana Maria Field")
    assert account.full_name == "Ana Maria Field"


def test_a_code_works_once(session: Session, frozen: datetime, sent: Sent) -> None:
    ask(session, frozen)
    code = sent(ANA)[-1]
    assert enter(session, code, frozen).account is not None
    assert refusal(enter(session, code, frozen)) == "INVALID_OTP"


def test_a_code_may_be_typed_with_a_space(session: Session, frozen: datetime, sent: Sent) -> None:
    ask(session, frozen)
    code = sent(ANA)[-1]
    assert enter(session, f" {code[:3]} {code[3:]} ", frozen).account is not None


def test_five_wrong_tries_lock_the_code(session: Session, frozen: datetime, sent: Sent) -> None:
    ask(session, frozen)
    code = sent(ANA)[-1]
    for _ in range(5):
        assert refusal(enter(session, wrong(code), frozen)) == "INVALID_OTP"
    assert refusal(enter(session, code, frozen)) == "INVALID_OTP"


def test_after_four_wrong_tries_the_right_code_still_works(
    session: Session, frozen: datetime, sent: Sent
) -> None:
    ask(session, frozen)
    code = sent(ANA)[-1]
    for _ in range(4):
        enter(session, wrong(code), frozen)
    assert enter(session, code, frozen).account is not None


def test_a_code_expires(session: Session, frozen: datetime, sent: Sent) -> None:
    ask(session, frozen)
    code = sent(ANA)[-1]
    assert refusal(enter(session, code, frozen + timedelta(minutes=5))) == "OTP_EXPIRED"


def test_an_earlier_code_does_not_work_after_a_new_one_was_sent(
    session: Session, frozen: datetime, sent: Sent
) -> None:
    ask(session, frozen)
    ask(session, frozen)
    old, new = sent(ANA)
    if old != new:
        assert refusal(enter(session, old, frozen)) == "INVALID_OTP"
    assert enter(session, new, frozen).account is not None
    assert refusal(enter(session, old, frozen)) == "INVALID_OTP"


def test_the_code_of_another_phone_does_not_work(session: Session, frozen: datetime, sent: Sent) -> None:
    ask(session, frozen, phone=ANA)
    ask(session, frozen, phone=BEN)
    bens = sent(BEN)[-1]
    if bens != sent(ANA)[-1]:
        assert refusal(enter(session, bens, frozen, phone=ANA)) == "INVALID_OTP"
    assert enter(session, bens, frozen, phone=BEN).account_or_raise().phone == BEN


def test_a_patients_code_does_not_sign_a_colleague_in(
    session: Session, frozen: datetime, sent: Sent, hire: Callable[..., Account]
) -> None:
    colleague = hire(phone=ANA)
    ask(session, frozen, audience=PATIENT)
    code = sent(ANA)[-1]
    assert refusal(enter(session, code, frozen, audience=STAFF)) == "INVALID_OTP"
    assert enter(session, code, frozen, audience=PATIENT).account_or_raise() is not colleague


def test_a_colleague_gets_the_code_by_sms_and_a_patient_by_whatsapp(
    session: Session, frozen: datetime, hire: Callable[..., Account], sent: Sent
) -> None:
    colleague = hire(phone=BEN)
    ask(session, frozen, phone=ANA)
    ask(session, frozen, phone=BEN, audience=STAFF)
    channels = dict(session.execute(select(Delivery.recipient, Delivery.channel)).all())
    assert channels == {ANA: "WHATSAPP", BEN: "SMS"}
    assert enter(session, sent(BEN)[-1], frozen, phone=BEN, audience=STAFF).account is colleague


def test_an_unknown_colleagues_phone_gets_the_same_answers_and_no_message(
    session: Session, frozen: datetime, sent: Sent
) -> None:
    code = ask(session, frozen, audience=STAFF)
    assert code.expires_at == frozen + timedelta(minutes=5)
    assert sent(ANA) == []
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0
    assert refusal(enter(session, "000000", frozen, audience=STAFF)) == "INVALID_OTP"
    late = frozen + timedelta(minutes=6)
    assert refusal(enter(session, "000000", late, audience=STAFF)) == "OTP_EXPIRED"


def test_a_colleague_who_was_switched_off_gets_no_code(
    session: Session, frozen: datetime, hire: Callable[..., Account], sent: Sent
) -> None:
    set_staff_active(session, hire(phone=BEN), by=SYSTEM, is_active=False, at=frozen)
    ask(session, frozen, phone=BEN, audience=STAFF)
    assert sent(BEN) == []


def test_a_colleague_switched_off_after_the_code_was_sent_cannot_use_it(
    session: Session, frozen: datetime, hire: Callable[..., Account], sent: Sent
) -> None:
    colleague = hire(phone=BEN)
    ask(session, frozen, phone=BEN, audience=STAFF)
    set_staff_active(session, colleague, by=SYSTEM, is_active=False, at=frozen)
    assert refusal(enter(session, sent(BEN)[-1], frozen, phone=BEN, audience=STAFF)) == "INVALID_OTP"


def test_a_name_that_cannot_be_one_is_refused(session: Session, frozen: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        ask(session, frozen, full_name="Robert'); DROP TABLE patient;--")
    assert "full_name" in refused.value.details


def test_codes_are_not_stored_in_the_clear(session: Session, frozen: datetime, sent: Sent) -> None:
    row = ask(session, frozen)
    assert sent(ANA)[-1] not in row.code_hash


def test_old_codes_are_forgotten(session: Session, frozen: datetime) -> None:
    ask(session, frozen)
    forget_old_codes(session, at=frozen + timedelta(hours=1))
    assert session.scalar(select(func.count()).select_from(OneTimeCode)) == 1
    forget_old_codes(session, at=frozen + timedelta(days=2))
    assert session.scalar(select(func.count()).select_from(OneTimeCode)) == 0


def test_an_outcome_without_account_raises_its_refusal(session: Session, frozen: datetime) -> None:
    with pytest.raises(PortalError) as refused:
        enter(session, "123456", frozen).account_or_raise()
    assert refused.value.code == "INVALID_OTP"


@pytest.mark.parametrize("is_known", [True, False])
def test_of_twenty_parallel_tries_of_the_right_code_one_succeeds(
    committed: Engine, frozen: datetime, is_known: bool
) -> None:
    bootstrap.wire(Settings())
    with Session(committed) as session:
        if is_known:
            in_transaction(session, lambda: _colleague(session, frozen))
        audience = STAFF if is_known else PATIENT
        in_transaction(session, lambda: ask(session, frozen, audience=audience))
        code = session.scalars(select(Delivery.code)).one() or ""
    outcomes = at_once(committed, 20, lambda session: enter(session, code, frozen, audience=audience))
    assert [outcome.account is not None for outcome in outcomes].count(True) == 1
    with Session(committed) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_fifty_parallel_wrong_tries_are_not_more_than_five(committed: Engine, frozen: datetime) -> None:
    bootstrap.wire(Settings())
    with Session(committed) as session:
        in_transaction(session, lambda: ask(session, frozen))
        code = session.scalars(select(Delivery.code)).one() or ""
    at_once(committed, 50, lambda session: enter(session, wrong(code), frozen))
    with Session(committed) as session:
        assert session.scalars(select(OneTimeCode.wrong_tries)).one() == 5
        assert refusal(enter(session, code, frozen)) == "INVALID_OTP"


def _colleague(session: Session, at: datetime) -> Account:
    return create_staff(
        session,
        by=SYSTEM,
        role=Role.MANAGER,
        full_name="Mo Hale",
        phone=ANA,
        email=None,
        username=None,
        password=None,
        centre_id=None,
        at=at,
    )


def at_once(engine: Engine, people: int, act: Callable[[Session], Redeemed]) -> list[Redeemed]:
    """Let that many people act at the same moment, each with a connection of their own."""
    start = threading.Barrier(people)
    outcomes: list[Redeemed] = []

    def run() -> None:
        with Session(engine, expire_on_commit=False) as session:
            session.connection()
            start.wait()
            outcomes.append(act(session))

    threads = [threading.Thread(target=run) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == people
    return outcomes
