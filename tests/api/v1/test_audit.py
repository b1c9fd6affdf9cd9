"""Who looked at and changed what, by the API."""

from sqlalchemy.orm import Session

from tests.api.client import data_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast


def test_the_audit_is_read_and_narrowed_as_on_the_page(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    fay, ada = program(cast.fay), program(cast.ada)
    fay.get(f"/patients/{cast.patient.id}")
    assert fay.patch(f"/patients/{cast.patient.id}", {"email": "ana.new@example.org"}).status_code == 200
    fay.get(f"/patients/{cast.stranger.id}")
    of_ana = data_of(ada.get("/audit", patientId=cast.patient.id, accountId=cast.fay.account_id))
    assert [(entry["action"], entry["byName"], entry["byRole"]) for entry in of_ana] == [
        ("patient.edit", cast.fay.full_name, "FRONT_DESK"),
        ("patient.view", cast.fay.full_name, "FRONT_DESK"),
    ]
    assert of_ana[0]["detail"] == {"fields": ["email"]}
    assert (of_ana[0]["subjectType"], of_ana[0]["patientName"]) == ("patient", cast.patient.full_name)
    reads = data_of(
        ada.get("/audit", action="patient.view", subjectType="patient", subjectId=cast.stranger.id)
    )
    assert [entry["patientName"] for entry in reads] == ["Zora Neale"]
    assert data_of(ada.get("/audit", action="patient.view", endDate="2020-01-01")) == []


def test_whoever_asks_for_all_of_one_record_is_seen_by_its_patient(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    ana = program(cast.ana)
    program(cast.max).get("/audit", patientId=cast.patient.id)
    [look] = data_of(ana.get("/patients/me/access"))
    assert (look["action"], look["byRole"]) == ("audit.view", "MANAGER")


def test_what_cannot_be_is_refused_by_the_field(cast: Cast, program: ProgramOf) -> None:
    ada = program(cast.ada)
    turned = ada.get("/audit", startDate="2026-03-02", endDate="2026-03-01")
    assert turned.status_code == 400
    assert turned.get_json()["error"]["details"] == {"endDate": "The end must not be before the start."}
    assert ada.get("/audit", action="'; DROP").status_code == 400
    assert ada.get("/audit", patientId=999999).status_code == 404
    for who in (cast.mia, cast.fay, cast.bo, cast.ana):
        assert program(who).get("/audit").status_code == 403
