"""Programs bring in files as people do: looked through first, then all of it or nothing."""

import io
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.core.permissions import SYSTEM
from portal.imports.models import ImportRun
from portal.people.commands import create_patient
from portal.people.models import Patient
from tests.api.client import Program, data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW

GOOD = "full_name,phone\nZoë Fauré,07700 900461\n"


@pytest.fixture
def max_(program: ProgramOf, cast: Cast) -> Program:
    return program(cast.max)


def send(caller: Program, content: str, kind: str = "PATIENTS", **more: Any) -> TestResponse:
    facts = {"query_string": {"kind": kind}, "data": content.encode(), "content_type": "text/csv", **more}
    return caller.send("POST", "/imports", **facts)


def _patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_a_program_brings_in_a_file(max_: Program, session: Session) -> None:
    answer = send(max_, GOOD)
    assert answer.status_code == 201
    made = data_of(answer)
    assert (made["kind"], made["status"], made["problems"], made["encoding"]) == (
        "PATIENTS",
        "READY",
        [],
        "UTF-8",
    )
    assert made["counts"] == {"new": 1, "unchanged": 0, "faulty": 0, "problems": 0}
    assert _patients(session) == 0
    for _time in range(2):
        done = data_of(max_.post(f"/imports/{made['id']}/run"))
        assert (done["status"], done["doneAt"]) == ("DONE", "2026-03-02T09:00:00Z")
    assert _patients(session) == 1
    assert data_of(max_.get(f"/imports/{made['id']}"))["status"] == "DONE"


def test_problems_are_named_by_line_column_and_code(max_: Program, session: Session) -> None:
    made = data_of(send(max_, "full_name,phone\nZoë Fauré,12\n"))
    assert made["problems"] == [
        {
            "line": 2,
            "column": "phone",
            "code": "BAD_PHONE",
            "message": "That phone number is too long or too short.",
        }
    ]
    assert made["counts"] == {"new": 0, "unchanged": 0, "faulty": 1, "problems": 1}
    assert refusal_of(max_.post(f"/imports/{made['id']}/run")) == (409, "IMPORT_HAS_PROBLEMS")


def test_what_changed_meanwhile_is_a_conflict_and_can_be_read(max_: Program, session: Session) -> None:
    made = data_of(send(max_, GOOD))
    create_patient(session, by=SYSTEM, full_name="Somebody Else", phone="+447700900461", email=None, at=NOW)
    session.flush()
    assert refusal_of(max_.post(f"/imports/{made['id']}/run")) == (409, "IMPORT_CHANGED")
    now = data_of(max_.get(f"/imports/{made['id']}"))
    assert (now["status"], now["problems"][0]["code"]) == ("FAULTY", "PHONE_TAKEN")


def test_a_form_with_the_file_does_as_well(max_: Program) -> None:
    form = {"file": (io.BytesIO(GOOD.encode()), "people.csv")}
    assert data_of(send(max_, "", data=form, content_type="multipart/form-data"))["status"] == "READY"


def test_a_file_sent_twice_with_one_key_is_looked_through_once(max_: Program, session: Session) -> None:
    first, second = (data_of(send(max_, GOOD, key="a")) for _time in range(2))
    assert first == second
    assert session.scalar(select(func.count()).select_from(ImportRun)) == 1
    other = send(max_, GOOD + "Ben Hill,07700 900463\n", key="a")
    assert other.status_code == 409


def test_what_is_no_file_or_of_no_kind_is_refused(max_: Program) -> None:
    assert "kind" in details_of(send(max_, GOOD, kind="PETS"))
    assert (
        details_of(send(max_, "{}", content_type="application/json"))["body"] == "Send the file as text/csv."
    )
    assert refusal_of(send(max_, "x" * 5_000_000))[0] == 413
    assert data_of(send(max_, "x" * 3_000_000))["problems"][0]["code"] == "FILE_TOO_LARGE"


def test_nobody_else_brings_in_files(program: ProgramOf, cast: Cast, max_: Program) -> None:
    made = data_of(send(max_, GOOD))
    for other in (cast.mia, cast.fay, cast.bo, cast.ana):
        caller = program(other)
        assert refusal_of(send(caller, GOOD))[0] == 403
        assert refusal_of(caller.get(f"/imports/{made['id']}"))[0] == 403
        assert refusal_of(caller.post(f"/imports/{made['id']}/run"))[0] == 403
    assert refusal_of(max_.get("/imports/999999"))[0] == 404
