"""An appointment as a file, by the API."""

from sqlalchemy.orm import Session

from tests.api.client import Program, refusal_of
from tests.api.conftest import ProgramOf
from tests.calendars.visits import parsed
from tests.cast import Cast
from tests.factories import an_appointment


def test_each_participant_gets_their_own_file(session: Session, cast: Cast, program: ProgramOf) -> None:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    path = f"/appointments/{booked.id}/invite.ics"
    said = {}
    for actor in (cast.ana, cast.bo, cast.fay):
        answer = program(actor).get(path)
        assert answer.content_type == "text/calendar; charset=utf-8"
        (event,) = parsed(answer.data).events
        assert (str(event["UID"]), event.start) == (str(booked.uid), booked.starts_at)
        said[actor.role] = str(event["SUMMARY"])
    assert list(said.values()) == ["Appointment with Dr Bo Larsen", "Appointment (AS)", "Appointment (AS)"]
    assert refusal_of(program(cast.zora).get(path)) == (404, "NOT_FOUND")


def test_who_has_the_same_file_already_is_told_so(session: Session, cast: Cast, program: ProgramOf) -> None:
    booked = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    ana = program(cast.ana)
    path = f"/appointments/{booked.id}/invite.ics"
    first = ana.get(path)
    again = ana.send("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_document_says_that_it_is_a_calendar_file(visitor: Program) -> None:
    operation = visitor.get("/openapi.json").get_json()["paths"][
        "/api/v1/appointments/{appointmentId}/invite.ics"
    ]
    assert list(operation["get"]["responses"]["200"]["content"]) == ["text/calendar"]
    assert "text/calendar" in visitor.get("/docs").text
