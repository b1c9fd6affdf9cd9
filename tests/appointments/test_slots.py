"""Slots and their ids."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.appointments.models import Appointment
from portal.appointments.slots import Slot, SlotKey
from portal.core.errors import Invalid
from portal.scheduling.models import Service

START = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
ids = st.integers(1, 10**12)


@given(ids, st.none() | ids, ids, st.integers(0, 5 * 10**9))
def test_an_id_says_all_there_is_to_know(
    clinician_id: int, centre_id: int | None, service_id: int, seconds: int
) -> None:
    start = datetime.fromtimestamp(seconds, UTC)
    slot = Slot(clinician_id, centre_id, service_id, start, start + timedelta(hours=1))
    assert SlotKey.parse(slot.id) == SlotKey.of(slot)
    assert SlotKey.parse(slot.id) == SlotKey(clinician_id, centre_id, service_id, start)


def test_a_listed_slot_and_a_typed_time_find_the_same() -> None:
    typed = SlotKey(1, None, 2, datetime.fromisoformat("2026-03-09T11:00:00+01:00"))
    assert typed.with_length_of(Service(duration_minutes=45)).id == f"1-0-2-{int(START.timestamp())}"


def test_the_key_of_an_appointment_is_that_of_its_slot() -> None:
    booked = Appointment(clinician_id=1, centre_id=2, service_id=3, starts_at=START)
    assert SlotKey.of(booked) == SlotKey.of(Slot(1, 2, 3, START, START))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1-2-3",
        "1-2-3-4-5",
        "1-2-3-",
        "a-2-3-4",
        "-1-2-3-4",
        "1-2-3-4.5",
        "1-2-3-1e9",
        " 1-2-3-4",
        "1-2-3-4\n",
        "1-2-3-٤",
        "1-2-3-99999999999",
        "1" * 16 + "-2-3-4",
        "1-2-3-" + "9" * 400,
    ],
)
def test_anything_else_is_no_slot(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        SlotKey.parse(text)
    assert list(caught.value.details) == ["slot_id"]


@given(st.text())
def test_no_text_whatsoever_is_more_than_refused(text: str) -> None:
    with suppress(Invalid):
        SlotKey.parse(text)
