"""People book for a child by the API: the same rules as on the pages."""

from sqlalchemy.orm import Session

from tests.api.client import data_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import slots_of

DEPENDANTS = "/patients/me/dependants"
MAYA = {"fullName": "Maya Silva", "relation": "CHILD", "dateOfBirth": "2018-06-04"}


def test_a_child_is_added_booked_for_and_let_go(session: Session, cast: Cast, program: ProgramOf) -> None:
    anas, zoras = program(cast.ana), program(cast.zora)
    maya = data_of(anas.post(DEPENDANTS, MAYA))
    assert [one["fullName"] for one in data_of(anas.get(DEPENDANTS))] == ["Maya Silva"]
    slot = slots_of(session, cast.clinician)[0].id
    booking = {"slotId": slot, "patientId": maya["id"], "questions": "May she swim?"}
    assert refusal_of(zoras.post("/appointments", booking))[0] == 404
    booked = data_of(anas.post("/appointments", booking))
    assert data_of(anas.get(f"/appointments/{booked['id']}"))["questions"] == "May she swim?"
    assert refusal_of(zoras.get(f"/appointments/{booked['id']}"))[0] == 404
    assert refusal_of(anas.delete(f"{DEPENDANTS}/{maya['id']}"))[0] == 409
    data_of(anas.post(f"/appointments/{booked['id']}/cancel", {}))
    assert anas.delete(f"{DEPENDANTS}/{maya['id']}").status_code == 200
    assert refusal_of(anas.get(f"/appointments/{booked['id']}"))[0] == 404


def test_what_is_known_of_her_is_corrected_but_no_phone_is_typed_in(cast: Cast, program: ProgramOf) -> None:
    anas, zoras = program(cast.ana), program(cast.zora)
    maya = data_of(anas.post(DEPENDANTS, MAYA))
    record = f"/patients/{maya['id']}"
    assert data_of(anas.patch(record, {"bloodGroup": "A+"}))["bloodGroup"] == "A+"
    assert refusal_of(anas.patch(record, {"phone": "+447700900555"}))[0] == 403
    for answer in (zoras.get(record), zoras.patch(record, {}), zoras.delete(f"{DEPENDANTS}/{maya['id']}")):
        assert refusal_of(answer)[0] == 404
    assert refusal_of(anas.post(DEPENDANTS, MAYA))[0] == 409
