"""A clinician who is also a patient of colleagues."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Role
from portal.people.acting import actor_for
from portal.people.models import Clinician, Patient
from portal.people.own_records import open_own_record, patient_for_account
from portal.people.queries import patient_visible_to
from tests.factories import a_patient, an_account

PHONE = "+447700900123"
Make = Callable[..., Clinician]


@pytest.fixture
def bo(session: Session, clinician: Make) -> Account:
    return clinician("Bo Larsen", phone=PHONE, email="bo@example.org").account


def someone_new(session: Session, at: datetime, phone: str = PHONE) -> Patient:
    """Somebody who has just proved to hold the phone by a code."""
    account = Account(role=Role.PATIENT, phone=phone, full_name="Noor Haddad", created_at=at)
    session.add(account)
    session.flush()
    return patient_for_account(session, account, at)


def test_the_record_is_made_at_the_first_asking_and_found_after(
    session: Session, frozen: datetime, bo: Account
) -> None:
    own = open_own_record(session, bo, at=frozen)
    assert (own.full_name, own.phone, own.email) == ("Bo Larsen", PHONE, "bo@example.org")
    assert open_own_record(session, bo, at=frozen) is own
    assert actor_for(session, bo).patient_id == own.id


def test_it_is_seen_by_its_owner_and_is_none_of_those_they_registered(
    session: Session, frozen: datetime, bo: Account, clinician: Make
) -> None:
    own = open_own_record(session, bo, at=frozen)
    other = actor_for(session, clinician("Zoe Ahmed").account)
    assert own.created_by_id is None
    found = [
        session.scalar(select(Patient.id).where(Patient.id == own.id, patient_visible_to(actor)))
        for actor in (actor_for(session, bo), other)
    ]
    assert found == [own.id, None]


def test_a_phone_that_another_patient_has_stays_theirs(
    session: Session, frozen: datetime, bo: Account
) -> None:
    ana = a_patient(session, phone=PHONE)
    own = open_own_record(session, bo, at=frozen)
    assert (own.phone, own.email, ana.phone) == (None, "bo@example.org", PHONE)


def test_nobody_is_a_patient_who_cannot_be_reached(
    session: Session, frozen: datetime, clinician: Make
) -> None:
    account = clinician(phone=None, email=None, username="bo.larsen").account
    with pytest.raises(Invalid):
        open_own_record(session, account, at=frozen)


def test_whoever_proves_to_hold_the_phone_gets_it_for_their_own_record(
    session: Session, frozen: datetime, bo: Account
) -> None:
    """Bo signs in by code at the patients' door, or somebody has Bo's old number: neither is locked out."""
    own = open_own_record(session, bo, at=frozen)
    new = someone_new(session, frozen)
    assert new is not own
    assert (own.account_id, own.phone, own.email) == (bo.id, None, "bo@example.org")
    assert (new.phone, new.full_name) == (PHONE, "Noor Haddad")


def test_a_record_that_has_the_phone_alone_goes_with_it(
    session: Session, frozen: datetime, clinician: Make
) -> None:
    account = clinician("Bo Larsen", phone=PHONE, email=None).account
    own = open_own_record(session, account, at=frozen)
    assert someone_new(session, frozen) is own
    assert own.account_id != account.id
    assert actor_for(session, account).patient_id is None


def test_two_clicks_make_one_record(committed: Engine, frozen: datetime) -> None:
    with Session(committed) as session:
        account_id = an_account(session, Role.CLINICIAN).id
        session.commit()
    start = Barrier(5)

    def click(_number: int) -> int:
        with Session(committed) as session:
            account = session.get_one(Account, account_id)
            start.wait(30)
            return in_transaction(session, lambda: open_own_record(session, account, at=frozen).id)

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(click, range(5)))) == 1
    with Session(committed) as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 1
