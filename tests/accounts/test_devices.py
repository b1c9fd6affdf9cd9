"""How long a sign-in stands, and how it ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.accounts.commands import (
    delete_staff,
    set_staff_active,
    sign_in_device,
    sign_out,
    sign_out_everywhere,
    touch_device,
)
from portal.accounts.devices import devices_of, end_device
from portal.accounts.models import Account, Device
from portal.accounts.queries import device_for
from portal.accounts.tokens import sign_in_program
from portal.core.errors import NotFound
from portal.core.permissions import SYSTEM, Role

Hire = Callable[..., Account]


def found(session: Session, token: str, at: datetime) -> Device | None:
    return device_for(session, token, at, staff_idle_minutes=60, patient_idle_days=30)


def patient(session: Session) -> Account:
    account = Account(role=Role.PATIENT, phone="+447700900999", full_name="Ana Field")
    session.add(account)
    session.flush()
    return account


def test_a_device_is_found_with_its_account_in_one_query(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    token = sign_in_device(session, hire(), description="Firefox", at=frozen)
    session.flush()
    session.expunge_all()
    asked: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    device = found(session, token, frozen)
    assert device is not None
    assert device.account.full_name == "Fay Marsh"
    assert len(asked) == 1


def test_the_token_itself_is_not_stored(session: Session, frozen: datetime, hire: Hire) -> None:
    token = sign_in_device(session, hire(), description="Firefox", at=frozen)
    session.flush()
    assert token not in session.scalars(select(Device.token_hash)).one()


def test_colleagues_are_signed_out_after_an_hour_without_use(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    token = sign_in_device(session, hire(), description="", at=frozen)
    device = found(session, token, frozen + timedelta(minutes=59))
    assert device is not None
    assert found(session, token, frozen + timedelta(minutes=60)) is None
    touch_device(session, device, frozen + timedelta(minutes=59))
    assert found(session, token, frozen + timedelta(minutes=118)) is not None


def test_colleagues_sign_in_again_after_twelve_hours_however_busy(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    token = sign_in_device(session, hire(), description="", at=frozen)
    device = found(session, token, frozen)
    assert device is not None
    touch_device(session, device, frozen + timedelta(hours=12))
    assert found(session, token, frozen + timedelta(hours=12)) is None


def test_patients_stay_signed_in_for_weeks(session: Session, frozen: datetime) -> None:
    token = sign_in_device(session, patient(session), description="", at=frozen)
    assert found(session, token, frozen + timedelta(days=29)) is not None
    assert found(session, token, frozen + timedelta(days=30)) is None


def test_signing_out_ends_that_device_only(session: Session, frozen: datetime, hire: Hire) -> None:
    fay = hire()
    here, there = (sign_in_device(session, fay, description="", at=frozen) for _ in range(2))
    sign_out(session, here, frozen)
    sign_out(session, here, frozen)
    assert found(session, here, frozen) is None
    assert found(session, there, frozen) is not None


def test_signing_out_everywhere_ends_all_devices_of_that_account_only(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay, mo = hire(), hire()
    tokens = [sign_in_device(session, fay, description="", at=frozen) for _ in range(2)]
    other = sign_in_device(session, mo, description="", at=frozen)
    sign_out_everywhere(session, fay, frozen)
    assert [found(session, token, frozen) for token in tokens] == [None, None]
    assert found(session, other, frozen) is not None


def test_switching_a_colleague_off_cuts_them_off_at_once(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay = hire()
    token = sign_in_device(session, fay, description="", at=frozen)
    set_staff_active(session, fay, by=SYSTEM, is_active=False, at=frozen)
    assert found(session, token, frozen) is None
    set_staff_active(session, fay, by=SYSTEM, is_active=True, at=frozen)
    assert found(session, token, frozen) is None


def test_deleting_a_colleague_cuts_them_off_at_once(session: Session, frozen: datetime, hire: Hire) -> None:
    fay = hire()
    token = sign_in_device(session, fay, description="", at=frozen)
    delete_staff(session, fay, by=SYSTEM, at=frozen)
    assert found(session, token, frozen) is None


def test_a_made_up_token_is_nobody(session: Session, frozen: datetime) -> None:
    assert found(session, "", frozen) is None
    assert found(session, "x" * 5000, frozen) is None


def test_the_list_holds_what_is_signed_in_the_one_used_last_first(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay, mo = hire(), hire()
    for description in ("old", "new", "ended"):
        sign_in_device(session, fay, description=description, at=frozen)
    sign_in_device(session, mo, description="Mo's", at=frozen)
    sign_in_program(session, fay, description="program", secret="x" * 32, at=frozen)
    session.flush()
    old, _new, ended, _program = session.scalars(
        select(Device).where(Device.account_id == fay.id).order_by(Device.id)
    )
    touch_device(session, old, frozen + timedelta(minutes=5))
    end_device(session, fay.id, ended.id, at=frozen)
    found = devices_of(session, fay.id, at=frozen + timedelta(minutes=5))
    assert [device.description for device in found] == ["old", "program", "new"]


def test_a_colleagues_browser_of_yesterday_is_not_listed_and_a_patients_is(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay, ana, tomorrow = hire(), patient(session), frozen + timedelta(days=1)
    for account in (fay, ana):
        sign_in_device(session, account, description="Firefox", at=frozen)
        sign_in_program(session, account, description="program", secret="x" * 32, at=frozen)
    session.flush()
    listed = {
        account: sorted(device.kind for device in devices_of(session, account.id, at=tomorrow))
        for account in (fay, ana)
    }
    assert listed == {fay: ["API"], ana: ["API", "BROWSER"]}
    assert devices_of(session, fay.id, at=frozen + timedelta(days=7)) == []


def test_one_is_ended_by_its_owner_alone_and_safely_twice(
    session: Session, frozen: datetime, hire: Hire
) -> None:
    fay, mo = hire(), hire()
    sign_in_device(session, fay, description="Firefox", at=frozen)
    session.flush()
    device = devices_of(session, fay.id, at=frozen)[0]
    with pytest.raises(NotFound):
        end_device(session, mo.id, device.id, at=frozen)
    assert device.ended_at is None
    for minutes in (1, 2):
        end_device(session, fay.id, device.id, at=frozen + timedelta(minutes=minutes))
    assert device.ended_at == frozen + timedelta(minutes=1)
