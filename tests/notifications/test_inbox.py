"""What people are told in-app: each has their own, and the bell says how much of it is unread."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Actor, Role
from portal.notifications import inbox
from portal.notifications.models import Notification
from portal.people.commands import patient_for_account
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_patient, account_of, an_account, an_actor, an_appointment
from tests.web.helpers import HTMX, counted, signed_in


@pytest.fixture
def ana(session: Session) -> Account:
    return account_of(session, a_patient(session))


def told(session: Session, account: Account, title: str = "Confirmed", **changes: object) -> Notification:
    facts = {
        "kind": "meeting_confirmed",
        "text": "On Tuesday.",
        "action": "See it",
        "related_id": None,
        **changes,
    }
    one = inbox.tell(
        session,
        account.id,
        str(facts["kind"]),
        title,
        str(facts["text"]),
        action=str(facts["action"]),
        related_id=facts["related_id"],  # type: ignore[arg-type]
        at=NOW,
    )
    session.flush()
    return one


def test_what_is_told_is_announced_to_that_account_and_says_nothing_of_it(
    session: Session, ana: Account
) -> None:
    one = told(session, ana)
    announced = session.info["announcements"][-1]
    assert (announced.name, announced.audience) == ("notification.receive", (f"account:{ana.id}",))
    assert (announced.row, announced.data) == (one, {})


def test_the_bell_counts_what_is_unread_and_the_list_marks_it(
    app: Flask, session: Session, ana: Account
) -> None:
    old, _new = told(session, ana, "Old"), told(session, ana, "New")
    inbox.set_read(session, old, is_read=True, at=NOW)
    session.flush()
    page = signed_in(app, ana).get("/notifications")
    assert "Notifications, 1 unread" in page.text
    assert page.text.index("New") < page.text.index("Old")
    assert page.text.count("told--unread") == 1


def test_opening_one_marks_it_read_and_leads_to_the_visit(app: Flask, session: Session) -> None:
    clinician = a_clinician(session, a_centre(session))
    patient = a_patient(session)
    visit = an_appointment(session, clinician=clinician, patient=patient)
    for person, address in ((patient, "/patient/appointments/"), (clinician, "/appointments/")):
        account = account_of(session, person)
        one = told(session, account, related_id=visit.id)
        answer = signed_in(app, account).post(f"/notifications/{one.id}/opening")
        assert (answer.status_code, answer.location) == (303, f"{address}{visit.id}")
        session.refresh(one)
        assert one.read_at == NOW


def test_a_colleague_is_led_to_their_own_visit_as_a_patient(app: Flask, session: Session) -> None:
    centre = a_centre(session)
    colleague = a_clinician(session, centre)
    account = account_of(session, colleague)
    patient = patient_for_account(session, account, NOW)
    by = an_actor(session, Role.CLINICIAN, clinician=colleague).as_patient()
    visit = an_appointment(session, clinician=a_clinician(session, centre), patient=patient, by=by)
    one = told(session, account, related_id=visit.id)
    answer = signed_in(app, account).post(f"/notifications/{one.id}/opening")
    assert answer.location == f"/patient/appointments/{visit.id}"


def test_marking_deleting_and_reading_all_work_without_javascript(
    app: Flask, session: Session, ana: Account
) -> None:
    browser = signed_in(app, ana)
    one, other = told(session, ana, "One"), told(session, ana, "Other")
    session.flush()
    for form, data, unread in (
        (f"{one.id}/mark", {"read": "1"}, 1),
        (f"{one.id}/mark", {"read": "0"}, 2),
        ("read-all", {}, 0),
    ):
        assert browser.post(f"/notifications/{form}", data=data).status_code == 303
        assert inbox.unread_count(session, Actor(account_id=ana.id)) == unread
    browser.post(f"/notifications/{one.id}/deletion")
    page = browser.get("/notifications").text
    assert "Other" in page
    assert f"told-{one.id}" not in page
    assert browser.post(f"/notifications/{one.id}/deletion").status_code == 404
    assert other.id


def test_nobody_reads_marks_or_deletes_what_another_was_told(
    app: Flask, session: Session, ana: Account
) -> None:
    one = told(session, ana, "For Ana alone")
    other = signed_in(app, an_account(session, Role.ADMIN))
    assert "For Ana alone" not in other.get("/notifications").text
    for form in ("opening", "mark", "deletion"):
        assert other.post(f"/notifications/{one.id}/{form}").status_code == 404
    session.refresh(one)
    assert one.read_at is None


def test_to_htmx_the_list_comes_back_and_the_bell_is_rung(app: Flask, session: Session, ana: Account) -> None:
    browser = signed_in(app, ana)
    one = told(session, ana)
    answer = browser.post(f"/notifications/{one.id}/deletion", headers=HTMX)
    assert "Nothing yet" in answer.text
    assert answer.headers["HX-Trigger"] == "live-bell"
    assert "3 unread" not in browser.get("/notifications/bell?place=top").text


def test_the_number_on_the_bell_costs_no_query_of_its_own(app: Flask, session: Session, ana: Account) -> None:
    browser = signed_in(app, ana)
    told(session, ana)
    session.flush()
    with counted() as queries:
        browser.get("/notifications/bell?place=side")
    assert sum("notification" in query for query in queries) == 1
    assert len(queries) <= 2
