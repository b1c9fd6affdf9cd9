"""Passwords: the policy, signing in with one, and what an attacker can learn."""

import statistics
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.commands import (
    Redeemed,
    check_password,
    delete_staff,
    set_password,
    set_staff_active,
    sign_in_device,
)
from portal.accounts.models import Account
from portal.accounts.queries import device_for
from portal.core.errors import Invalid
from portal.core.permissions import SYSTEM, Role

PASSWORD = "Correct-horse-7"
Hire = Callable[..., Account]


def enter(
    session: Session, identifier: str, password: str, at: datetime, region: str | None = "GB"
) -> Redeemed:
    return check_password(session, identifier=identifier, password=password, at=at, region=region)


@pytest.mark.parametrize(
    "password", ["Aa1!aaa", "alllower1!", "ALLUPPER1!", "NoDigits!!", "NoSpecial11", "Aa1!" * 65]
)
def test_a_weak_password_is_refused_with_the_field_named(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check_policy(password)
    assert "password" in refused.value.details


@pytest.mark.parametrize("password", ["Aa1!aaaa", "Grüße aus Köln 1", "ПАРОЛЬ-пароль-1", "Aa1! " * 50])
def test_a_strong_password_is_taken_whatever_its_alphabet(password: str) -> None:
    passwords.check_policy(password)
    assert passwords.verify(passwords.hash_password(password), password)


def test_the_end_of_a_long_password_counts() -> None:
    stem = "Aa1!" * 30
    assert not passwords.verify(passwords.hash_password(stem + "x"), stem + "y")


@pytest.mark.parametrize(
    "identifier", ["fay", "FAY", " fay@example.org ", "Fay@Example.org", "+44 7700 900123", "07700 900 123"]
)
def test_people_sign_in_with_username_email_or_phone(
    session: Session, frozen: datetime, hire: Hire, identifier: str
) -> None:
    fay = hire(username="fay", email="fay@example.org", phone="+447700900123")
    assert enter(session, identifier, PASSWORD, frozen).account is fay


def test_a_phone_with_two_accounts_means_the_one_whose_password_it_is(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    phone = "+447700900123"
    colleague = hire(phone=phone)
    patient = Account(
        role=Role.PATIENT,
        phone=phone,
        full_name="Fay",
        password_hash=passwords.hash_password("Other-Secret-8"),
    )
    session.add(patient)
    session.flush()
    assert enter(session, phone, PASSWORD, frozen).account is colleague
    assert enter(session, phone, "Other-Secret-8", frozen).account is patient


def test_every_wrong_sign_in_gets_the_same_answer(session: Session, frozen: datetime, hire: Hire) -> None:
    hire(username="fay")
    set_staff_active(session, hire(username="off"), by=SYSTEM, is_active=False, at=frozen)
    delete_staff(session, hire(username="gone"), by=SYSTEM, at=frozen)
    hire(username="codeonly", password=None)
    tries = [("fay", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD), ("gone", PASSWORD), ("codeonly", "")]
    tries += [("", ""), ("+44 nonsense", PASSWORD), ("fay' OR 1=1 --", PASSWORD), ("%", PASSWORD)]
    answers = {
        (r.account, r.error.code if r.error else "", str(r.error)) for r in _all(session, tries, frozen)
    }
    assert len(answers) == 1
    assert next(iter(answers))[:2] == (None, "INVALID_CREDENTIALS")


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    passwords.configure(cheap=False)
    try:
        fay = hire()
        known, unknown = [], []
        for _ in range(7):
            known.append(_seconds(lambda: enter(session, fay.username or "", "wrong", frozen)))
            unknown.append(_seconds(lambda: enter(session, "nobody", "wrong", frozen)))
        assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2
    finally:
        passwords.configure(cheap=True)


def test_a_hash_of_another_cost_is_renewed_when_its_owner_signs_in(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay = hire()
    old = PasswordHasher(time_cost=1, memory_cost=128, parallelism=1).hash(PASSWORD)
    fay.password_hash = old
    assert enter(session, fay.username or "", PASSWORD, frozen).account is fay
    assert fay.password_hash != old
    assert passwords.verify(fay.password_hash, PASSWORD)


def test_a_new_password_ends_all_sign_ins(session: Session, frozen: datetime, hire: Hire) -> None:
    fay = hire()
    token = sign_in_device(session, fay, description="Firefox", at=frozen)
    set_password(session, fay, password="Another-Secret-9", by=SYSTEM, at=frozen)
    assert device_for(session, token, frozen, staff_idle_minutes=60, patient_idle_days=30) is None
    assert enter(session, fay.username or "", PASSWORD, frozen).account is None
    assert enter(session, fay.username or "", "Another-Secret-9", frozen).account is fay


def _all(session: Session, tries: list[tuple[str, str]], at: datetime) -> list[Redeemed]:
    return [enter(session, identifier, password, at) for identifier, password in tries]


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
