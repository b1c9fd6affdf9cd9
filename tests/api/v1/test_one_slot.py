"""One time, looked at by its id over the API."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.appointments.slots import SlotKey
from portal.core.permissions import Role
from portal.people.commands import patient_for_account
from tests.api.client import Program, data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import (
    a_clinician,
    a_hold,
    a_service,
    account_of,
    an_actor,
    an_appointment,
    key_for,
    service_of,
    wall,
)


def slot_id(clinician: Any, session: Session, starts_at: datetime) -> str:
    key = key_for(session, clinician, starts_at)
    return f"{key.clinician_id}-{key.centre_id}-{key.service_id}-{int(key.starts_at.timestamp())}"


def test_one_time_by_its_id(session: Session, cast: Cast, visitor: Program) -> None:
    listed = data_of(visitor.get("/slots", clinicianId=cast.clinician.id, date="2026-03-09"))[2]
    assert data_of(visitor.get(f"/slots/{listed['id']}")) == {**listed, "appointmentId": None}


def test_only_who_takes_part_reads_whose_a_time_is(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    start = wall("2026-03-09 10:00")
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient, starts_at=start)
    path = f"/slots/{slot_id(cast.clinician, session, start)}"
    for name in ("ana", "bo", "fay", "mia", "max", "ada"):
        shown = data_of(program(getattr(cast, name)).get(path))
        assert (shown["available"], shown["appointmentId"]) == (False, booked.id), name
    for stranger in (program(cast.zora), program(cast.zoe), program(cast.zack), visitor):
        shown = data_of(stranger.get(path))
        assert (shown["available"], shown["status"], shown["appointmentId"]) == (False, "booked", None)


def test_the_middle_of_a_visit_is_taken_by_it(session: Session, cast: Cast, program: ProgramOf) -> None:
    short = a_service(session, cast.clinician)
    booked = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-09 10:00"))
    half_past = SlotKey(cast.clinician.id, cast.leeds.id, short.id, wall("2026-03-09 10:30"))
    shown = data_of(program(cast.bo).get(f"/slots/{half_past.with_length_of(short).id}"))
    assert (shown["available"], shown["appointmentId"]) == (False, booked.id)


def test_a_time_that_is_held_is_nobodys_appointment(session: Session, cast: Cast, program: ProgramOf) -> None:
    start = wall("2026-03-09 10:00")
    a_hold(session, cast.clinician, starts_at=start, patient=cast.patient)
    for actor in (cast.bo, cast.ada, cast.ana):
        shown = data_of(program(actor).get(f"/slots/{slot_id(cast.clinician, session, start)}"))
        assert (shown["available"], shown["appointmentId"]) == (False, None)


def test_a_time_too_near_is_known_but_not_available(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    path = f"/slots/{slot_id(cast.clinician, session, NOW + timedelta(hours=2))}"
    assert data_of(visitor.get(path))["available"] is False
    assert data_of(program(cast.fay).get(path))["available"] is True


def test_what_names_no_time_is_not_found(session: Session, cast: Cast, visitor: Program) -> None:
    clinician = cast.clinician
    service = service_of(session, clinician).id
    starts = int(wall("2026-03-09 10:00").timestamp())
    other = a_clinician(session, cast.leeds)
    wrong = [
        "nonsense",
        "1-1-1",
        f"{clinician.id}-{cast.leeds.id}-{service}-{starts + 60}",
        f"{clinician.id}-{cast.leeds.id}-{service}-{int(wall('2026-03-08 10:00').timestamp())}",
        f"{clinician.id}-{cast.york.id}-{service}-{starts}",
        f"{clinician.id}-0-{service}-{starts}",
        f"{clinician.id}-{cast.leeds.id}-{service_of(session, other).id}-{starts}",
        f"{10**15 - 1}-{10**15 - 1}-{10**15 - 1}-{10**10 - 1}",
        "0-0-0-0",
    ]
    for text in wrong:
        assert refusal_of(visitor.get(f"/slots/{text}")) == (404, "NOT_FOUND"), text


def test_a_clinician_who_is_also_a_patient_reads_their_own_appointment(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    zoe = account_of(session, a_clinician(session, cast.york, phone="+447700900111"))
    record = patient_for_account(session, zoe, NOW)
    start = wall("2026-03-09 10:00")
    by = an_actor(session, Role.PATIENT, patient=record)
    booked = an_appointment(
        session, clinician=cast.clinician, patient=record, starts_at=start, by=by.as_patient()
    )
    shown = data_of(program(zoe).get(f"/slots/{slot_id(cast.clinician, session, start)}"))
    assert shown["appointmentId"] == booked.id
