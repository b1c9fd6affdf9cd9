"""Who opened one's record, by the API; and that a read by the API is a look like any other."""

from sqlalchemy.orm import Session

from tests.api.client import data_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import an_appointment
from tests.payments.paying import a_paid


def test_what_staff_read_by_the_api_is_listed_for_the_patient(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    visit = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    payment = a_paid(session, cast)
    session.flush()
    desk, ana = program(cast.fay), program(cast.ana)
    for path in (f"/patients/{cast.patient.id}", f"/appointments/{visit.id}", f"/payments/{payment.id}"):
        assert desk.get(path).status_code == 200
        assert ana.get(path.replace(str(cast.patient.id), "me")).status_code in {200, 404}
    looks = data_of(ana.get("/patients/me/access"))
    assert [look["action"] for look in looks] == ["payment.view", "appointment.view", "patient.view"]
    assert {(look["byName"], look["byRole"], look["centreName"]) for look in looks} == {
        (cast.fay.full_name, "FRONT_DESK", cast.leeds.name)
    }


def test_a_stranger_has_a_list_of_their_own(session: Session, cast: Cast, program: ProgramOf) -> None:
    session.flush()
    program(cast.ada).get(f"/patients/{cast.patient.id}")
    assert data_of(program(cast.zora).get("/patients/me/access")) == []
    assert program(cast.bo).get("/patients/me/access").status_code == 403
