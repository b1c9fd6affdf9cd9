"""What clinicians say they can do, and where patients read and look for it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.people.skill_models import Category, Skill
from portal.people.skills import skills_of
from tests.factories import a_category, a_centre, a_clinician, a_skill, account_of, an_account
from tests.web.helpers import HTMX, counted, errors_in, signed_in


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, full_name="Jane Smith")


@pytest.fixture
def sleep(session: Session) -> Category:
    return a_category(session, "Sleep medicine")


@pytest.fixture
def hers(app: Flask, session: Session, jane: Clinician) -> FlaskClient:
    return signed_in(app, account_of(session, jane))


def page_of(clinician: Clinician, more: str = "") -> str:
    return f"/clinicians/{clinician.id}/skills{more}"


def said(category: Category, name: str = "Insomnia", level: str = "EXPERT") -> dict[str, str]:
    return {"skill_name": name, "category_id": str(category.id), "proficiency_level": level}


def test_a_clinician_says_what_she_can_do_and_patients_read_it(
    hers: FlaskClient, client: FlaskClient, jane: Clinician, sleep: Category
) -> None:
    assert page_of(jane) in hers.get("/clinician/profile").text
    assert hers.post(page_of(jane), data=said(sleep)).location == page_of(jane)
    shown = client.get(f"/clinicians/{jane.slug}").text
    assert "Sleep medicine" in shown
    assert "Insomnia" in shown
    assert "Expert" in shown


def test_she_changes_how_well_and_takes_it_away(
    hers: FlaskClient, session: Session, jane: Clinician, sleep: Category
) -> None:
    skill = a_skill(session, jane, "Insomnia", category=sleep)
    hers.post(page_of(jane, f"/{skill.id}"), data={"proficiency_level": "BEGINNER"})
    session.refresh(skill)
    assert skill.proficiency == "BEGINNER"
    assert hers.post(page_of(jane, f"/{skill.id}"), data={"proficiency_level": "GOD"}).status_code == 400
    hers.post(page_of(jane, f"/{skill.id}/removal"))
    assert skills_of(session, jane.id) == []
    assert hers.post(page_of(jane, f"/{skill.id}/removal")).status_code == 404
    written = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "clinician"))
    assert {"clinician.edit-skill", "clinician.remove-skill"} <= set(written)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"skill_name": " "}, "Enter a skill"),
        ({"skill_name": "x" * 81}, "80 characters or fewer"),
        ({"skill_name": "INSÓMNIA"}, "This skill is there already."),
        ({"category_id": ""}, "Choose a category"),
        ({"category_id": "999999999999999999999"}, "Choose one of the options"),
        ({"proficiency_level": ""}, "Choose"),
        ({"proficiency_level": "GOD"}, "Choose one of the options"),
    ],
)
def test_what_cannot_be_used_comes_back_filled(
    hers: FlaskClient,
    session: Session,
    jane: Clinician,
    change: dict[str, str],
    message: str,
) -> None:
    sleep = a_category(session)
    a_skill(session, jane, "Insomnia", category=sleep)
    response = hers.post(page_of(jane), data={**said(sleep, "Dreams"), **change})
    assert response.status_code == 422
    assert message in errors_in(response)
    assert "skill_name" in change or 'value="Dreams"' in response.text
    assert len(skills_of(session, jane.id)) == 1


def test_only_she_and_those_who_manage_her_say_it(
    app: Flask, session: Session, jane: Clinician, sleep: Category
) -> None:
    skill = a_skill(session, jane, category=sleep)
    elsewhere = a_centre(session)
    other = a_clinician(session)
    refusals = {
        404: [account_of(session, other)],
        403: [
            an_account(session, Role.PATIENT),
            an_account(session, Role.FRONT_DESK, centre=jane.centres[0]),
            an_account(session, Role.CENTRE_MANAGER, centre=elsewhere),
        ],
    }
    for status, accounts in refusals.items():
        for account in accounts:
            theirs = signed_in(app, account)
            assert theirs.get(page_of(jane)).status_code == status
            assert theirs.post(page_of(jane), data=said(sleep)).status_code == status
            assert theirs.post(page_of(jane, f"/{skill.id}/removal")).status_code == status
    admin = signed_in(app, an_account(session))
    assert page_of(jane) in admin.get(f"/admin/clinicians/{jane.id}").text
    assert admin.post(page_of(jane), data=said(sleep)).status_code == 303
    assert admin.post(page_of(other, f"/{skill.id}/removal")).status_code == 404


def test_without_categories_it_is_said_who_names_them(
    app: Flask, session: Session, hers: FlaskClient, jane: Clinician
) -> None:
    assert "The practice has not named any" in hers.get(page_of(jane)).text
    assert "/admin/categories" in signed_in(app, an_account(session)).get(page_of(jane)).text


def test_the_page_takes_as_many_queries_however_many_skills_there_are(
    hers: FlaskClient, session: Session, jane: Clinician, sleep: Category
) -> None:
    address = page_of(jane)
    with counted() as few:
        hers.get(address)
    for number in range(12):
        a_skill(session, jane, f"Skill {number}", category=None if number % 2 else sleep)
    session.flush()
    session.expire_all()
    with counted() as many:
        hers.get(address)
    assert len(few) == len(many) <= 8


@pytest.mark.parametrize("path", ["/clinicians", "/find"])
def test_patients_look_for_a_category_in_the_same_queries(
    client: FlaskClient, session: Session, jane: Clinician, sleep: Category, path: str
) -> None:
    a_clinician(session, full_name="Omar Bell")
    with counted() as before:
        assert "category_id" not in client.get(path).text
    a_skill(session, jane, "Insomnia", category=sleep)
    with counted() as after:
        assert f'<option value="{sleep.id}">Sleep medicine</option>' in client.get(path).text
    assert len(before) == len(after) <= 8
    shown = client.get(f"{path}?category_id={sleep.id}", headers=HTMX).text
    assert "Jane Smith" in shown
    assert "Omar Bell" not in shown
    assert "Jane Smith" not in client.get(f"{path}?category_id=999", headers=HTMX).text
    assert client.get(f"{path}?category_id=x'--").status_code == 200


def test_words_of_a_skill_are_found(client: FlaskClient, session: Session, jane: Clinician) -> None:
    a_skill(session, jane, "Insomnia")
    assert "Jane Smith" in client.get("/clinicians?q=insom", headers=HTMX).text


def test_a_category_of_nobody_who_is_listed_is_not_offered(
    client: FlaskClient, session: Session, jane: Clinician, sleep: Category
) -> None:
    a_clinician(session, full_name="Omar Bell")
    a_skill(session, jane, category=sleep)
    jane.is_accepting = False
    session.flush()
    assert "Sleep medicine" not in client.get("/clinicians").text


def test_those_who_run_the_practice_keep_the_categories(
    app: Flask, session: Session, client: FlaskClient, jane: Clinician, sleep: Category
) -> None:
    manager = signed_in(app, an_account(session, Role.MANAGER))
    assert manager.post("/admin/categories", data={"name": " Knees  and hips "}).status_code == 303
    assert "Knees and hips" in manager.get("/admin/categories").text
    twice = manager.post("/admin/categories", data={"name": "SLEEP medicine"})
    assert twice.status_code == 422
    assert "There is already a category of this name." in errors_in(twice)
    assert "Enter a name" in errors_in(manager.post("/admin/categories", data={"name": ""}))
    one = f"/admin/categories/{sleep.id}"
    assert 'value="Sleep medicine"' in manager.get(one).text
    assert "already" in errors_in(manager.post(one, data={"name": "knees AND hips"}))
    manager.post(one, data={"name": "Sleep"})
    a_skill(session, jane, category=sleep)
    assert '">Sleep</option>' in client.get("/clinicians").text


def test_a_category_in_use_is_hidden_and_one_that_nobody_uses_deleted(
    app: Flask, session: Session, client: FlaskClient, hers: FlaskClient, jane: Clinician
) -> None:
    sleep = a_category(session, "Sleep medicine")
    admin = signed_in(app, an_account(session))
    a_skill(session, jane, "Insomnia", category=sleep)
    one = f"/admin/categories/{sleep.id}"
    assert admin.post(f"{one}/removal").status_code == 409
    admin.post(f"{one}/visibility", data={"is_hidden": "yes"})
    assert "Sleep medicine</option>" not in client.get("/clinicians").text
    assert "Insomnia" in client.get(f"/clinicians/{jane.slug}").text
    assert hers.post(page_of(jane), data=said(sleep, "Dreams")).status_code == 422
    admin.post(f"{one}/visibility")
    assert "Sleep medicine</option>" in client.get("/clinicians").text
    session.delete(session.scalars(select(Skill)).one())
    session.flush()
    assert admin.post(f"{one}/removal").status_code == 303
    assert admin.get(one).status_code == 404


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.FRONT_DESK, Role.CLINICIAN, Role.PATIENT])
def test_nobody_else_keeps_them(app: Flask, session: Session, sleep: Category, role: Role) -> None:
    centre = a_centre(session) if role.is_bound_to_centre else None
    theirs = signed_in(app, an_account(session, role, centre=centre))
    assert theirs.get("/admin/categories").status_code == 403
    assert theirs.post(f"/admin/categories/{sleep.id}/removal").status_code == 403
