"""Lists that may be taken along as a file: what the page shows and no more, safe in a spreadsheet, and in the audit."""

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.core.permissions import Role
from portal.delivery import exports
from portal.payments import quoting
from portal.payments.models import Payment
from portal.people.models import Clinician
from portal.waiting_list import commands as waiting_list
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_delivery, a_patient, an_account, an_actor, an_appointment
from tests.payments.quotes import an_offer
from tests.web.helpers import counted, signed_in

POSTED = {"/patients.csv", "/staff/quotations.csv"}
FOR_ALL_WHO_TAKE_LISTS = (
    "/patients.csv",
    "/staff/appointments.csv",
    "/staff/waiting-list.csv",
    "/staff/payments.csv",
    "/admin/clinicians.csv",
    "/admin/services.csv",
    "/admin/centres.csv",
)
FOR_THE_WHOLE_PRACTICE = (
    "/admin/staff.csv",
    "/admin/deliveries.csv",
    "/staff/quotations.csv",
    "/admin/audit.csv",
    "/admin/payouts/history.csv",
    "/admin/earnings.csv",
)
PAGES = {
    "/patients": "/patients.csv",
    "/staff/quotations": "/staff/quotations.csv",
    "/staff/appointments": "/staff/appointments.csv",
    "/staff/waiting-list": "/staff/waiting-list.csv",
    "/staff/payments": "/staff/payments.csv",
    "/admin/clinicians": "/admin/clinicians.csv",
    "/admin/centres": "/admin/centres.csv",
    "/admin/staff": "/admin/staff.csv",
    "/admin/deliveries": "/admin/deliveries.csv",
    "/admin/audit": "/admin/audit.csv",
}


def taken(browser: FlaskClient, path: str, **asked: object) -> TestResponse:
    if path in POSTED:
        return browser.post(path, data=asked)
    return browser.get(path, query_string=asked)


def rows(answer: TestResponse) -> list[dict[str, str]]:
    """The file's rows by its heads."""
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    return a_clinician(session, riverside, full_name="Dr Jane Smith", specialization=["Cardiology"])


@pytest.fixture
def zoe(session: Session, harbour: Centre) -> Clinician:
    return a_clinician(session, harbour, full_name="Dr Zoë Ahmed")


@pytest.fixture
def practice(session: Session, jane: Clinician, zoe: Clinician) -> None:
    """At each centre a clinician with a patient who has an appointment, waits for an earlier one, and has paid."""
    for clinician, name in ((jane, "Ana Silva"), (zoe, "Žofia Nováková")):
        patient = a_patient(session, full_name=name)
        visit = an_appointment(session, clinician=clinician, patient=patient)
        by = an_actor(session, Role.PATIENT, patient=patient)
        waiting_list.join_for_earlier(session, visit, waiting_list.When(), by=by, at=NOW)
        a_delivery(session, visit)
        session.add(
            Payment(
                appointment_id=visit.id, patient_id=patient.id, centre_id=visit.centre_id, purpose="APPOINTMENT",
                method="CASH", amount_minor=6000, currency="GBP", created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
    a_patient(session, full_name="Never Here")
    session.flush()


def a_quotation(session: Session, clinician: Clinician) -> None:
    by = an_actor(session, Role.CLINICIAN, clinician=clinician)
    quoting.create(session, clinician, an_offer(session, clinician, client_name="Éva Nagy"), by=by, at=NOW)
    session.flush()


@pytest.mark.usefixtures("practice")
def test_each_file_has_the_rows_of_its_list_in_the_same_order(
    admin: FlaskClient, manager: FlaskClient, session: Session, jane: Clinician
) -> None:
    a_quotation(session, jane)
    named = {
        "/patients.csv": ("Full name", ["Ana Silva", "Never Here", "Žofia Nováková"]),
        "/staff/appointments.csv": ("Clinician", ["Dr Jane Smith", "Dr Zoë Ahmed"]),
        "/staff/waiting-list.csv": ("Patient", ["Ana Silva", "Žofia Nováková"]),
        "/staff/payments.csv": ("Patient", ["Žofia Nováková", "Ana Silva"]),
        "/staff/quotations.csv": ("For", ["Éva Nagy"]),
        "/admin/clinicians.csv": ("Name", ["Dr Jane Smith", "Dr Zoë Ahmed"]),
        "/admin/services.csv": ("Clinician", ["Dr Jane Smith", "Dr Zoë Ahmed"]),
        "/admin/centres.csv": ("Name", ["Harbour", "Riverside"]),
        "/admin/staff.csv": ("Name", ["Ada Admin", "Max Manager"]),
    }
    for path, (head, expected) in named.items():
        assert [row[head] for row in rows(taken(admin, path))] == expected, path
    for page in (
        "/patients",
        "/staff/appointments",
        "/staff/waiting-list",
        "/staff/payments",
        "/admin/clinicians",
    ):
        shown = admin.get(page).text.partition("<table")[2]
        found = [shown.index(name) for name in named[PAGES[page]][1]]
        assert found == sorted(found), page


@pytest.mark.usefixtures("practice")
def test_a_file_is_narrowed_as_the_list_is(admin: FlaskClient, riverside: Centre, jane: Clinician) -> None:
    narrowed = (
        ("/patients.csv", {"search": "nova"}, 1),
        ("/staff/appointments.csv", {"clinician_id": jane.id}, 1),
        ("/staff/appointments.csv", {"status": "CANCELLED"}, 0),
        ("/staff/appointments.csv", {"centre_id": riverside.id, "start_date": "2026-03-02"}, 1),
        ("/staff/appointments.csv", {"end_date": "2026-03-01"}, 0),
        ("/staff/payments.csv", {"method": "ONLINE"}, 0),
        ("/admin/clinicians.csv", {"search": "cardio"}, 1),
        ("/admin/services.csv", {"centre_id": riverside.id}, 1),
        ("/admin/centres.csv", {"city": "York"}, 1),
        ("/admin/staff.csv", {"role": "MANAGER"}, 0),
        ("/admin/deliveries.csv", {"status": "FAILED", "type": "APPOINTMENT_REMINDER"}, 2),
        ("/admin/deliveries.csv", {"status": "SENT"}, 0),
        ("/admin/audit.csv", {"action": "centre.delete"}, 0),
    )
    for path, asked, count in narrowed:
        assert len(rows(taken(admin, path, **asked))) == count, (path, asked)


@pytest.mark.usefixtures("practice")
def test_a_centres_manager_takes_along_nothing_of_another_centre(centre_manager: FlaskClient) -> None:
    for path in FOR_ALL_WHO_TAKE_LISTS:
        answer = taken(centre_manager, path)
        assert len(rows(answer)) == 1, path
        for stranger in ("Zoë", "Nováková", "Harbour", "Never Here"):
            assert stranger not in answer.text, path


@pytest.mark.usefixtures("practice")
def test_what_is_not_shown_to_somebody_is_no_file_for_them(
    app: Flask, session: Session, riverside: Centre, jane: Clinician, centre_manager: FlaskClient
) -> None:
    for path in FOR_THE_WHOLE_PRACTICE:
        assert taken(centre_manager, path).status_code == 403, path
    others = [
        an_account(session, Role.FRONT_DESK, centre=riverside),
        an_account(session, Role.CARE_COORDINATOR, centre=riverside),
        jane.account,
        an_account(session, Role.PATIENT),
    ]
    for account in others:
        browser = signed_in(app, account)
        for path in (*FOR_ALL_WHO_TAKE_LISTS, *FOR_THE_WHOLE_PRACTICE):
            assert taken(browser, path).status_code == 403, (account.role, path)
    desk = signed_in(app, others[0])
    assert "Download" not in desk.get("/patients").text


@pytest.mark.usefixtures("practice")
def test_each_list_leads_to_its_file(
    admin: FlaskClient, centre_manager: FlaskClient, session: Session, jane: Clinician
) -> None:
    assert "Download" not in admin.get("/staff/quotations").text
    a_quotation(session, jane)
    for page, path in PAGES.items():
        assert path in admin.get(page).text, page
    assert "/admin/clinicians.csv?search=Jane" in admin.get("/admin/clinicians?search=Jane").text
    assert "Download those of your centre as CSV" in centre_manager.get("/patients").text


def test_what_a_patient_is_called_cannot_be_a_formula(admin: FlaskClient, session: Session) -> None:
    evil = a_patient(session, full_name="Eve")
    evil.full_name = '=HYPERLINK("http://evil.example")'
    session.flush()
    [row] = rows(taken(admin, "/patients.csv"))
    assert row["Full name"] == '\'=HYPERLINK("http://evil.example")'


@pytest.mark.usefixtures("practice")
def test_who_took_which_list_is_in_the_audit_and_not_what_was_searched_for(
    admin: FlaskClient, session: Session
) -> None:
    taken(admin, "/patients.csv", search="Silva")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "list.export")).one()
    assert entry.by_name == "Ada Admin"
    assert entry.detail == {"list": "patients", "filters": ["search"]}
    shown = admin.get("/admin/audit?action=list.export").text
    assert "Downloaded a list" in shown
    assert "List: patients. Narrowed by: search" in shown


@pytest.mark.usefixtures("practice")
@pytest.mark.parametrize("path", [*FOR_ALL_WHO_TAKE_LISTS, "/admin/deliveries.csv", "/admin/audit.csv"])
def test_a_file_asks_the_database_little_however_long_it_is(
    admin: FlaskClient, session: Session, jane: Clinician, zoe: Clinician, path: str
) -> None:
    taken(admin, path).text  # noqa: B018  the first reads what stays in the process
    with counted() as few:
        rows(taken(admin, path))
    for clinician in (jane, zoe, jane):
        a_delivery(session, an_appointment(session, clinician=clinician, patient=a_patient(session)))
    for city in ("Bath", "Hull"):
        a_clinician(session, a_centre(session, city=city))
    session.flush()
    with counted() as many:
        rows(taken(admin, path))
    assert len(many) <= len(few)


@pytest.mark.usefixtures("practice")
def test_a_long_list_is_read_in_parts_and_whole(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_A_TIME", 1)
    assert [row["Full name"] for row in rows(taken(admin, "/patients.csv"))] == [
        "Ana Silva",
        "Never Here",
        "Žofia Nováková",
    ]
