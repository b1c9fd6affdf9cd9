"""What hours no longer cover, and why a time is offered or not, for programs of the practice."""

from datetime import date

from sqlalchemy.orm import Session

from portal.scheduling.commands import add_exception
from tests.api.client import data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import an_appointment, service_of, wall


def test_appointments_that_nobody_is_there_for_are_listed_with_the_cause(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    visit = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 10:00"))
    an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-11 10:00"))
    add_exception(session, cast.clinician, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 10))
    session.flush()
    for person, seen in ((cast.bo, [visit.id]), (cast.fay, [visit.id]), (cast.zack, []), (cast.zoe, [])):
        listed = data_of(program(person).get("/affected-appointments"))
        assert [(one["id"], one["cause"]) for one in listed] == [(one, "LEAVE") for one in seen]


def test_its_patient_is_asked_once_a_day_to_choose_another_time(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    visit = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 10:00"))
    address = f"/affected-appointments/{visit.id}/move-request"
    fay = program(cast.fay)
    assert refusal_of(fay.post(address)) == (409, "INVALID_STATE_TRANSITION"), "somebody is there"
    add_exception(session, cast.clinician, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 10))
    session.flush()
    assert refusal_of(program(cast.zack).post(address))[0] == 403
    asked = data_of(program(cast.bo).post(address))
    assert (asked["cause"], asked["moveAskedAt"]) == ("LEAVE", "2026-03-02T09:00:00Z")
    assert refusal_of(fay.post(address)) == (409, "CONFLICT"), "today already"
    assert data_of(fay.get("/affected-appointments"))[0]["moveAskedAt"] == asked["moveAskedAt"]


def test_a_time_is_explained_rule_by_rule(session: Session, cast: Cast, program: ProgramOf) -> None:
    visit = an_appointment(session, clinician=cast.clinician, starts_at=wall("2026-03-10 10:00"))
    asked = {
        "clinicianId": cast.clinician.id,
        "centreId": cast.leeds.id,
        "serviceId": service_of(session, cast.clinician).id,
    }
    fay = program(cast.fay)
    taken = data_of(fay.get("/availability-explanation", **asked, startAt="2026-03-10T10:00:00Z"))
    assert (taken["isOffered"], taken["appointmentId"]) == (False, visit.id)
    assert [one["rule"] for one in taken["rules"] if not one["isKept"]] == ["TAKEN"]
    free = data_of(fay.get("/availability-explanation", **asked, startAt="2026-03-10T11:00:00Z"))
    assert (free["isOffered"], free["appointmentId"]) == (True, None)
    unknown = fay.get(
        "/availability-explanation", **asked | {"serviceId": 10**9}, startAt="2026-03-10T11:00:00Z"
    )
    assert unknown.status_code == 404
