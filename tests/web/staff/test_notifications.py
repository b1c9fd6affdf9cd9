"""The messages of an appointment on its page, and those sent from there."""

from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.core.permissions import Role
from portal.notifications.models import Delivery
from tests.factories import a_delivery, an_account
from tests.web.helpers import counted
from tests.web.staff.conftest import BrowserOf


def card(browser: FlaskClient, visit: Appointment) -> str:
    return browser.get(f"/appointments/{visit.id}").text.partition('id="messages-card"')[2]


def reminders(session: Session) -> int:
    found = select(Delivery.id).where(Delivery.kind == "appointment-reminder", Delivery.status == "PENDING")
    return len(session.scalars(found).all())


def test_the_page_says_what_went_where_and_what_became_of_it(
    session: Session, fay: FlaskClient, janes: FlaskClient, visit: Appointment
) -> None:
    for _ in range(12):
        a_delivery(session, visit, channel="SMS", recipient="+447700900123")
    with counted() as queries:
        shown = card(fay, visit)
    assert len(queries) <= 8
    for words in ("Appointment booked", "On its way", "Text message", "+44 ••• 123", "Not delivered"):
        assert words in shown
    assert "The number did not take it: it may not exist." in card(janes, visit)


def test_buttons_are_for_those_who_may_and_while_there_is_something_to_say(
    session: Session, browser_of: BrowserOf, fay: FlaskClient, janes: FlaskClient, visit: Appointment
) -> None:
    max_ = browser_of(an_account(session, Role.MANAGER))
    assert "Send a reminder now" in card(max_, visit)
    assert "Send the confirmation now" in card(fay, visit)
    assert "Send a reminder now" not in card(fay, visit)
    assert "Send the confirmation now" not in card(janes, visit)
    address = f"/appointments/{visit.id}/notifications"
    assert max_.post(address, data={"type": "reminder"}).status_code == 303
    assert reminders(session) == 1
    assert fay.post(address, data={"type": "reminder"}).status_code == 403
    assert fay.post(address, data={"type": "pigeon"}).status_code == 404
    session.execute(update(Appointment).values(status="COMPLETED"))
    session.expire_all()
    assert "now</span>" not in card(max_, visit)
    refused = max_.post(address, data={"type": "reminder"}, follow_redirects=True).text
    assert "Only an appointment that is confirmed and still to come" in refused
    assert reminders(session) == 1


def test_who_presses_again_and_again_is_told_to_wait_and_stays_on_the_page(
    session: Session, browser_of: BrowserOf, visit: Appointment
) -> None:
    for number in range(3):
        a_delivery(session, visit, status="SENT", round=number + 1)
    address = f"/appointments/{visit.id}/notifications"
    max_ = browser_of(an_account(session, Role.MANAGER))
    told = max_.post(address, data={"type": "reminder"}, follow_redirects=True)
    assert "several times within the hour" in told.text
    assert told.request.path == f"/appointments/{visit.id}"


def test_strangers_send_nothing(zed: FlaskClient, visit: Appointment) -> None:
    assert (
        zed.post(f"/appointments/{visit.id}/notifications", data={"type": "confirmation"}).status_code == 403
    )
