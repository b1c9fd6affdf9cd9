"""Patients come over from another system, once, and nobody is told."""

from datetime import date

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.imports.errors import ImportChanged, ImportHasProblems
from portal.imports.models import Kind, RunStatus
from portal.notifications.models import Delivery
from portal.people.models import Patient
from tests.factories import a_patient
from tests.imports.conftest import BringIn, Check, faults, outcomes

GOOD = """Full name;Phone;E-mail;Date of birth;Gender;Blood group;Lead source
Zoë Fauré;07700 900461;zoe@example.org;1981-06-04;Female;o+;A friend
Ben Hill;'+44 7700 900463;;;;;
Cy Field;;cy@example.org;25/12/1990;;;
"""
FAULTY = """full_name,phone,email,date_of_birth,gender
Ana1,12,nonsense,04/06/1981,F
,07700 900461,,31.02.1980,
=cmd(),07700 900462,,2999-01-01,male
Ben Hill,,,1980-01-01,
Cy Field,07700900463,,,
Cyril Field,+44 7700 900463,,,
Dan Poe,,dan@example.org,,
dan  póe,,DAN@example.org,,
"""


def _patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_a_file_is_brought_in_after_its_dry_run(session: Session, check: Check, into: BringIn) -> None:
    run = check(Kind.PATIENTS, GOOD)
    assert (run.status, run.new_count, run.problems, _patients(session)) == (RunStatus.READY, 3, [], 0)
    done = into(run)
    assert (done.status, done.new_count) == (RunStatus.DONE, 3)
    zoe = session.scalars(select(Patient).where(Patient.phone == "+447700900461")).one()
    assert (zoe.full_name, zoe.email, zoe.date_of_birth) == ("Zoë Fauré", "zoe@example.org", date(1981, 6, 4))
    assert (zoe.gender, zoe.blood_group, zoe.lead_source) == ("FEMALE", "O+", "A friend")
    assert zoe.resource.kind == "PATIENT"


def test_nobody_who_is_brought_in_is_sent_a_message(session: Session, check: Check, into: BringIn) -> None:
    into(check(Kind.PATIENTS, GOOD))
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_the_audit_names_each_record_and_the_file(session: Session, check: Check, into: BringIn) -> None:
    into(check(Kind.PATIENTS, GOOD))
    actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions[-4:] == ["patient.create"] * 3 + ["import.bring-in"]


def test_the_same_file_again_changes_nothing(session: Session, check: Check, into: BringIn) -> None:
    into(check(Kind.PATIENTS, GOOD))
    again = check(Kind.PATIENTS, GOOD)
    assert outcomes(again) == {2: "UNCHANGED", 3: "UNCHANGED", 4: "UNCHANGED"}
    assert into(again).new_count == 0
    assert _patients(session) == 3


def test_every_fault_is_named_by_line_and_column_and_nothing_is_written(
    session: Session, check: Check, into: BringIn
) -> None:
    run = check(Kind.PATIENTS, FAULTY)
    assert faults(run) == [
        (2, "full_name", "BAD_NAME"),
        (2, "phone", "BAD_PHONE"),
        (2, "email", "BAD_EMAIL"),
        (2, "date_of_birth", "AMBIGUOUS_DATE"),
        (2, "gender", "BAD_CHOICE"),
        (3, "full_name", "EMPTY_CELL"),
        (3, "date_of_birth", "BAD_DATE"),
        (4, "full_name", "FORMULA"),
        (4, "date_of_birth", "BAD_DATE"),
        (5, "phone", "UNREACHABLE"),
        (7, "phone", "DOUBLED_LINE"),
        (9, "full_name", "DOUBLED_LINE"),
    ]
    with pytest.raises(ImportHasProblems):
        into(run)
    assert _patients(session) == 0


def test_somebody_who_may_be_registered_already_is_looked_at_by_people(
    session: Session, check: Check
) -> None:
    a_patient(session, full_name="Zoe Faure", phone="+447700900461", date_of_birth=date(1981, 6, 4))
    run = check(
        Kind.PATIENTS,
        "full_name,phone,date_of_birth\n"
        "Zoë Fauré,07700 900999,1981-06-04\nAnn Other,07700 900461,\nZOE FAURE,07700 900461,",
    )
    assert faults(run) == [
        (2, "full_name", "LIKELY_DUPLICATE"),
        (3, "phone", "PHONE_TAKEN"),
        (4, "phone", "DOUBLED_LINE"),
    ]
    assert run.problems[1]["values"] == {"name": "Zoe Faure"}


def test_what_has_changed_since_the_dry_run_is_shown_and_nothing_is_written(
    session: Session, check: Check, into: BringIn
) -> None:
    run = check(Kind.PATIENTS, GOOD)
    a_patient(session, full_name="Somebody Else", phone="+447700900461")
    with pytest.raises(ImportChanged):
        into(run)
    session.refresh(run)
    assert (run.status, faults(run)) == (RunStatus.FAULTY, [(2, "phone", "PHONE_TAKEN")])
    assert _patients(session) == 1


def test_a_second_press_brings_nothing_in_twice(session: Session, check: Check, into: BringIn) -> None:
    run = check(Kind.PATIENTS, GOOD)
    assert into(run).done_at == into(run).done_at
    assert _patients(session) == 3


def test_five_thousand_patients_are_few_questions_to_the_database(
    session: Session, check: Check, into: BringIn
) -> None:
    lines = "\n".join(f"Person {_letters(n)},+4477{n:08d},p{n}@example.org" for n in range(5000))
    asked: list[str] = []
    connection = session.connection()
    session.execute(text("SELECT 1"))
    event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    run = check(Kind.PATIENTS, f"full_name,phone,email\n{lines}")
    assert (run.status, run.new_count) == (RunStatus.READY, 5000)
    assert len(asked) <= 5
    into(run)
    assert len(asked) <= 60  # the database takes a thousand rows or so at once
    assert _patients(session) == 5000


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)) + "x"
