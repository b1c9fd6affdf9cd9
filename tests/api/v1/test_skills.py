"""What clinicians can do and the categories of it, by the API."""

from sqlalchemy.orm import Session

from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.factories import a_category, a_skill


def test_a_clinician_says_a_skill_and_the_public_reads_it(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    sleep = a_category(session, "Sleep")
    body = {"categoryId": sleep.id, "skillName": " Insomnia ", "proficiencyLevel": "expert"}
    answer = program(cast.bo).post("/clinicians/me/skills", body)
    made = data_of(answer)
    assert answer.status_code == 201
    assert made == {
        "id": made["id"],
        "userId": cast.bo.account_id,
        "categoryId": sleep.id,
        "categoryName": "Sleep",
        "skillName": "Insomnia",
        "proficiencyLevel": "EXPERT",
    }
    path = f"/clinicians/{cast.clinician.id}/skills"
    assert data_of(visitor.get(path)) == [made]
    again = program(cast.bo).post(path, {**body, "skillName": "INSOMNIA"})
    assert refusal_of(again) == (409, "DUPLICATE_ENTRY")
    assert details_of(again) == {"skillName": "This skill is there already."}
    one = f"{path}/{made['id']}"
    assert (
        data_of(program(cast.bo).patch(one, {"proficiencyLevel": "ADVANCED"}))["proficiencyLevel"]
        == "ADVANCED"
    )
    assert program(cast.bo).delete(one).status_code == 200
    assert refusal_of(program(cast.bo).delete(one)) == (404, "NOT_FOUND")


def test_what_cannot_be_used_is_named_by_field(session: Session, cast: Cast, program: ProgramOf) -> None:
    bo = program(cast.bo)
    body = {"categoryId": a_category(session).id, "skillName": "Taping", "proficiencyLevel": "EXPERT"}
    for change in ({"categoryId": 999}, {"skillName": ""}, {"proficiencyLevel": "GOD"}):
        assert list(details_of(bo.post("/clinicians/me/skills", {**body, **change}))) == list(change)


def test_the_directory_is_narrowed_to_a_category(session: Session, cast: Cast, visitor: Program) -> None:
    skill = a_skill(session, cast.clinician)
    found = data_of(visitor.get("/clinicians", categoryId=skill.category_id))
    assert [one["id"] for one in found] == [cast.clinician.id]
    assert data_of(visitor.get("/clinicians", categoryId=skill.category_id + 1)) == []


def test_a_manager_keeps_the_categories(
    session: Session, cast: Cast, program: ProgramOf, visitor: Program
) -> None:
    max_ = program(cast.max)
    made = data_of(max_.post("/categories", {"name": "Sleep"}))
    assert made == {"id": made["id"], "name": "Sleep", "isHidden": False}
    assert refusal_of(max_.post("/categories", {"name": "sleep"})) == (409, "DUPLICATE_ENTRY")
    one = f"/categories/{made['id']}"
    assert data_of(max_.patch(one, {"name": "Sleep medicine", "isHidden": True}))["isHidden"] is True
    assert data_of(visitor.get("/categories", includeHidden="true")) == []
    assert [row["name"] for row in data_of(max_.get("/categories", includeHidden="true"))] == [
        "Sleep medicine"
    ]
    max_.patch(one, {"isHidden": False})
    a_skill(session, cast.clinician, category=None)
    assert max_.delete(one).status_code == 200
    used = data_of(visitor.get("/categories"))[0]
    assert refusal_of(max_.delete(f"/categories/{used['id']}")) == (409, "CONFLICT")
