"""Those who run the practice bring files in: they choose one, mend it, look at it, and say yes."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.centres.models import Centre
from portal.core.permissions import SYSTEM
from portal.imports.commands import forget_old_lines
from portal.imports.models import ImportRun
from portal.imports.reading import MOST_BYTES
from portal.people.commands import create_patient
from portal.people.models import Patient
from tests.conftest import NOW
from tests.web.helpers import counted, errors_in

GOOD = "full_name,phone\nZoë Fauré,07700 900461\nBen Hill,07700 900463\n"
FAULTY = "full_name,phone\nZoë Fauré,12\n,07700 900463\n"


def choose(
    client: FlaskClient, content: str | bytes, sort: str = "patients", name: str = "people.csv"
) -> TestResponse:
    """As a browser sends it. The client's own way leaves a temporary file open behind a large one."""
    sent = content.encode() if isinstance(content, str) else content
    head = f'--line\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return client.post(
        f"/admin/imports/{sort}",
        data=head.encode() + sent + b"\r\n--line--\r\n",
        content_type="multipart/form-data; boundary=line",
    )


def _patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_a_file_is_mended_looked_at_and_brought_in(manager: FlaskClient, session: Session) -> None:
    faulty = choose(manager, FAULTY)
    assert faulty.status_code == 303
    shown = manager.get(faulty.location).text
    assert "2 problems" in shown
    assert "That phone number is too long or too short." in shown
    assert "This cell must not be empty." in shown
    assert "Import 2" not in shown

    ready = choose(manager, GOOD)
    shown = manager.get(ready.location).text
    assert "New: 2 patients" in shown
    assert "Nobody is sent a message" in shown
    assert _patients(session) == 0

    done = manager.post(f"{ready.location}/run", follow_redirects=True).text
    assert "Imported: 2 patients" in done
    assert _patients(session) == 2
    assert "Zoë Fauré" in manager.get("/patients").text

    again = manager.get(choose(manager, GOOD).location).text
    assert "There is nothing to import" in again
    assert "The very same file was imported before" in again


def test_pressing_twice_brings_in_once(manager: FlaskClient, session: Session) -> None:
    at = choose(manager, GOOD).location
    for _press in range(2):
        assert "Imported: 2 patients" in manager.post(f"{at}/run", follow_redirects=True).text
    assert _patients(session) == 2


def test_what_changed_meanwhile_is_shown_before_anything_is_written(
    manager: FlaskClient, session: Session
) -> None:
    at = choose(manager, GOOD).location
    create_patient(session, by=SYSTEM, full_name="Somebody Else", phone="+447700900461", email=None, at=NOW)
    session.flush()
    shown = manager.post(f"{at}/run", follow_redirects=True).text
    assert "Something has changed since the file was checked" in shown
    assert "This phone number belongs to a patient who is registered already: Somebody Else." in shown
    assert _patients(session) == 1


def test_a_file_with_problems_cannot_be_brought_in_by_its_address(
    manager: FlaskClient, session: Session
) -> None:
    shown = manager.post(f"{choose(manager, FAULTY).location}/run", follow_redirects=True).text
    assert "The file has problems" in shown
    assert _patients(session) == 0


def test_no_file_is_said_beside_the_field(manager: FlaskClient) -> None:
    response = manager.post("/admin/imports/patients", data={})
    assert response.status_code == 422
    assert "Choose a file" in errors_in(response)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and so on", "This is a spreadsheet, not a CSV file."),
        (b"", "The file is empty."),
        (b"x," * (MOST_BYTES // 2 + 1), "The file is too large: 2 MB are allowed."),
        (b"full_name,fone\nAna,1", "Did you mean “phone”?"),
    ],
)
def test_what_is_no_such_file_is_said_in_plain_words(
    manager: FlaskClient, content: bytes, words: str
) -> None:
    assert words in manager.get(choose(manager, content).location).text


def test_a_file_beyond_all_measure_is_refused_unread(manager: FlaskClient) -> None:
    assert choose(manager, b"x" * (2 * MOST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize("sort", ["clinicians", "hours", "patients"])
def test_the_example_is_a_file_that_is_understood(
    manager: FlaskClient, session: Session, riverside: Centre, sort: str
) -> None:
    example = manager.get(f"/admin/imports/{sort}/example.csv")
    assert example.headers["Content-Disposition"] == f'attachment; filename="{sort}-example.csv"'
    if sort == "hours":
        jane = choose(
            manager, manager.get("/admin/imports/clinicians/example.csv").data, "clinicians"
        ).location
        manager.post(f"{jane}/run")
    shown = manager.get(choose(manager, example.data, sort).location).text
    assert "The file is in order" in shown


def test_a_file_with_a_strange_name_is_kept_under_what_can_be_read_of_it(
    manager: FlaskClient, session: Session
) -> None:
    assert choose(manager, GOOD, name="lists/be\0n\x07 and ana.csv").status_code == 303
    assert session.scalars(select(ImportRun.file_name)).one() == "ben and ana.csv"


def test_all_problems_are_a_file_too(manager: FlaskClient) -> None:
    lines = manager.get(f"{choose(manager, FAULTY).location}/problems.csv").text.splitlines()
    assert lines[0].lstrip("\ufeff") == "Line,Column,Problem"
    assert lines[1] == "2,phone,That phone number is too long or too short."


def test_long_files_are_shown_in_pages(manager: FlaskClient) -> None:
    at = choose(manager, "full_name,phone\n" + "".join(f"Ana Silva,{n}\n" for n in range(1, 61))).location
    assert "Line 2," in manager.get(at).text
    assert "Line 61," in manager.get(f"{at}?page=2").text
    assert manager.get(f"{at}?page=3").status_code == 404


def test_what_stood_in_a_file_is_gone_after_a_week(manager: FlaskClient, session: Session) -> None:
    at = choose(manager, GOOD, name="zoes-friends.csv").location
    forget_old_lines(session, at=NOW + timedelta(days=6))
    assert "Zoë Fauré" in manager.get(at).text
    forget_old_lines(session, at=NOW + timedelta(days=7, seconds=1))
    session.expire_all()
    run = session.scalars(select(ImportRun)).one()
    assert (run.lines, run.problems, run.file_name, run.new_count) == ([], [], "", 2)
    shown = manager.get(at).text
    assert "What stood in this file is deleted by now" in shown
    assert (
        "What stood in this file is deleted by now" in manager.post(f"{at}/run", follow_redirects=True).text
    )
    assert _patients(session) == 0


def test_only_those_who_run_the_practice_bring_files_in(
    admin: FlaskClient, manager: FlaskClient, centre_manager: FlaskClient, desk: FlaskClient
) -> None:
    at = choose(admin, GOOD).location
    assert manager.get(at).status_code == 200
    for other in (centre_manager, desk):
        assert choose(other, GOOD).status_code == 403
        for path in ("/admin/imports", "/admin/imports/patients", at, f"{at}/problems.csv"):
            assert other.get(path).status_code == 403, path
        assert other.post(f"{at}/run").status_code == 403
    assert manager.get("/admin/imports/999999").status_code == 404
    assert manager.get("/admin/imports/others").status_code == 404


def test_no_page_of_it_asks_more_than_eight_questions(manager: FlaskClient) -> None:
    at, *_others = [choose(manager, content).location for content in (GOOD, FAULTY, GOOD)]
    for path in ("/admin/imports", "/admin/imports/hours", at):
        manager.get(path)
        with counted() as queries:
            assert manager.get(path).status_code == 200
        assert len(queries) <= 8, path


def test_the_files_of_late_are_listed_with_who_brought_them(manager: FlaskClient) -> None:
    choose(manager, GOOD)
    shown = manager.get("/admin/imports").text
    assert "people.csv" in shown
    assert "Max Manager" in shown
