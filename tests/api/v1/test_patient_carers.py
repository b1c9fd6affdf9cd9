"""Programs of the desk keep who looks after a patient, by the same rules as the pages."""

from sqlalchemy.orm import Session

from portal.people.acting import actor_for
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_patient, account_of


def test_two_patients_are_linked_and_the_link_is_ended(
    session: Session, cast: Cast, program: ProgramOf
) -> None:
    fay, old = program(cast.fay), a_patient(session, with_account=False, full_name="Rosa Silva")
    carers = f"/patients/{old.id}/carers"
    made = data_of(fay.post(carers, {"carerId": cast.patient.id, "relation": "parent"}))
    assert (made["id"], made["relation"], made["isAllowed"]) == (cast.patient.id, "PARENT", True)
    assert [one["fullName"] for one in data_of(fay.get(carers))] == ["Ana Silva"]
    assert refusal_of(fay.post(carers, {"carerId": cast.patient.id})) == (409, "DUPLICATE_ENTRY")
    assert "carer" in details_of(fay.post(carers, {"carerId": old.id}))
    assert old.id in actor_for(session, account_of(session, cast.patient)).patient_ids
    assert fay.delete(f"{carers}/{cast.patient.id}").status_code == 200
    assert fay.delete(f"{carers}/{cast.patient.id}").status_code == 404
    assert data_of(fay.get(carers)) == []


def test_who_signs_in_by_themself_has_yet_to_allow_it(cast: Cast, program: ProgramOf) -> None:
    made = data_of(
        program(cast.fay).post(f"/patients/{cast.patient.id}/carers", {"carerId": cast.stranger.id})
    )
    assert made["isAllowed"] is False
