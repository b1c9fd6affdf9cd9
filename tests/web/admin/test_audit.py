"""Who looked at and changed what, as those read it who answer for the practice."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.audit import browsing
from portal.audit.commands import record
from portal.audit.models import AuditEntry
from portal.audit.queries import about
from portal.centres.models import Centre
from portal.core.permissions import SYSTEM, Actor, Role
from portal.people.models import Patient
from tests.conftest import NOW
from tests.factories import a_patient, an_account
from tests.web.helpers import HTMX, counted, signed_in


@pytest.fixture
def fay(session: Session, riverside: Centre) -> Account:
    return an_account(session, Role.FRONT_DESK, centre=riverside, full_name="Fay Marsh")


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, full_name="Ana Silva")


def wrote(
    session: Session, by: Account | None, action: str, patient: Patient | None = None, **facts: object
) -> None:
    """An entry; about a patient's record unless told otherwise."""
    actor = Actor(by.id, Role(by.role), by.full_name) if by else SYSTEM
    usual = {"subject_type": "patient", "subject_id": patient.id if patient else 1, "at": NOW}
    patient_id = patient.id if patient else None
    record(session, action=action, by=actor, patient_id=patient_id, **{**usual, **facts})  # type: ignore[arg-type]
    session.flush()


def listed(browser: FlaskClient, asked: str = "") -> str:
    """The list, without the form above it."""
    return browser.get(f"/admin/audit{asked}", headers=HTMX).text


def test_each_entry_says_when_who_what_and_about_whom_in_plain_words(
    manager: FlaskClient, session: Session, fay: Account, ana: Patient, riverside: Centre
) -> None:
    wrote(session, fay, "patient.edit", ana, detail={"fields": ["phone", "date_of_birth"]})
    wrote(session, fay, "centre.switch-off", subject_type="centre", subject_id=riverside.id)
    wrote(session, None, "message-template.edit", subject_type="message_template", subject_id=1)
    shown = listed(manager)
    for words in (
        "Monday 2 March, 09:00", "Fay Marsh", "Front desk", "Changed the record", "Changed: phone, date of birth",
        "Ana Silva", "Switched a centre off", "Centre Riverside", "System", " entries.",
    ):  # fmt: skip
        assert words in shown, words


def test_the_audit_is_narrowed_by_colleague_action_day_patient_and_subject(
    admin: FlaskClient, session: Session, fay: Account, ana: Patient
) -> None:
    max_ = an_account(session, Role.MANAGER, full_name="Max Planck")
    wrote(session, fay, "patient.view", ana)
    wrote(
        session, max_, "payment.view", ana, subject_type="payment", subject_id=7, at=NOW - timedelta(days=3)
    )
    wrote(
        session, max_, "patient.view", a_patient(session, full_name="Zora Neale"), at=NOW - timedelta(days=9)
    )
    found = {
        f"?account_id={fay.id}": {"Fay Marsh"},
        f"?account_id={max_.id}&action=payment.view": {"Read a payment"},
        "?action=payment.view": {"Payment 7"},
        "?start_date=2026-02-27&end_date=2026-02-27": {"Payment 7"},
        "?start_date=2026-02-21&end_date=2026-02-21": {"Zora Neale"},
        "?subject_type=payment&subject_id=7": {"Payment 7"},
        f"?patient_id={ana.id}&account_id={fay.id}": {"Fay Marsh"},
    }
    for asked, expected in found.items():
        shown = listed(admin, asked)
        assert "1 entry." in shown, asked
        assert all(words in shown for words in expected), asked
    assert "Nothing was written down" in listed(admin, "?end_date=2019-01-01")


def test_what_makes_no_sense_is_left_out_and_a_wrong_date_comes_back(
    admin: FlaskClient, session: Session
) -> None:
    rubbish = "?account_id=x&action=drop&subject_type=%27&subject_id=1&patient_id=-1"
    assert admin.get(f"/admin/audit{rubbish}").status_code == 200
    answer = admin.get("/admin/audit?start_date=soon")
    assert answer.status_code == 422
    assert "Enter a date, like 2027-06-04" in answer.text
    assert admin.get("/admin/audit?page=9").status_code == 404
    assert admin.get("/admin/audit?patient_id=999999").status_code == 404


def test_whoever_reads_all_of_one_record_is_in_the_audit_themself(
    admin: FlaskClient, session: Session, fay: Account, ana: Patient
) -> None:
    wrote(session, fay, "patient.view", ana)
    page = admin.get(f"/admin/audit?patient_id={ana.id}").text
    assert "Only what was done with the record of Ana Silva." in page
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.by_name, last.patient_id) == ("audit.view", "Ada Admin", ana.id)
    assert "Read who opened the record" in listed(admin, f"?patient_id={ana.id}")


def test_what_is_no_name_of_a_thing_is_never_shown(
    admin: FlaskClient, session: Session, fay: Account, ana: Patient
) -> None:
    wrote(
        session,
        fay,
        "patient.edit",
        ana,
        detail={"fields": ["email"], "password": "hunter2", "code": "123456"},
    )
    shown = listed(admin)
    assert "Changed: email" in shown
    assert "hunter2" not in shown
    assert "123456" not in shown


def test_colleagues_who_have_left_can_still_be_asked_for(
    admin: FlaskClient, session: Session, fay: Account
) -> None:
    fay.deleted_at = NOW
    session.flush()
    assert "Fay Marsh, Front desk (has left)" in " ".join(admin.get("/admin/audit").text.split())


def test_a_patient_who_did_something_is_chosen_by_the_link_of_a_row(
    admin: FlaskClient, session: Session, ana: Patient
) -> None:
    own = an_account(session, Role.PATIENT, full_name="Ana Silva")
    wrote(session, own, "patient.edit-own", ana)
    shown = admin.get(f"/admin/audit?account_id={own.id}").text
    assert f'<option value="{own.id}" selected>Ana Silva, Patient' in shown


@pytest.mark.parametrize("role", [Role.CENTRE_MANAGER, Role.CARE_COORDINATOR, Role.FRONT_DESK])
def test_nobody_else_reads_the_audit(app: Flask, session: Session, riverside: Centre, role: Role) -> None:
    browser = signed_in(app, an_account(session, role, centre=riverside))
    assert browser.get("/admin/audit").status_code == 403
    assert 'href="/admin/audit"' not in browser.get("/desk/day").text


def test_the_page_asks_the_database_little_however_long_it_is(
    admin: FlaskClient, session: Session, fay: Account, riverside: Centre, ana: Patient
) -> None:
    def several(number: int) -> None:
        for _ in range(number):
            someone = a_patient(session, full_name="Sam Patel")
            wrote(session, fay, "patient.view", someone)
            wrote(session, fay, "centre.edit", subject_type="centre", subject_id=riverside.id)

    several(1)
    wrote(session, fay, "patient.view", ana)
    admin.get("/admin/audit")
    with counted() as few:
        admin.get("/admin/audit")
    several(9)
    with counted() as many:
        admin.get("/admin/audit")
    assert len(many) == len(few) <= 8
    with counted() as of_one:
        admin.get(f"/admin/audit?patient_id={ana.id}")
    assert len(of_one) <= 8


def test_what_was_done_with_one_record_is_found_by_an_index(session: Session, ana: Patient) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    wanted = select(AuditEntry.id).where(about(ana.id))
    compiled = wanted.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(session.scalars(text(f"EXPLAIN {compiled}")))
    assert "ix_audit_entry_patient_id" in plan
    assert "Index Cond: (patient_id = ANY" in plan


def test_years_of_a_busy_practice_are_not_counted(
    admin: FlaskClient, session: Session, fay: Account, ana: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "MOST_COUNTED", 3)
    for _ in range(5):
        wrote(session, fay, "patient.view", ana)
    assert "The latest 3 entries. Choose days to see older ones." in listed(admin)
