"""The address that calendar programs read."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.calendars.feeds import renew_feed
from portal.calendars.queries import feed_of
from portal.core import clock
from portal.people.models import Patient
from tests.calendars.visits import parsed
from tests.conftest import NOW
from tests.factories import a_patient, account_of, an_appointment
from tests.web.helpers import counted


def address_of(session: Session, person: Patient) -> str:
    token = renew_feed(session, account_of(session, person).id, at=NOW)
    session.flush()
    return f"/calendar/{token}.ics"


def test_a_program_reads_the_visits_of_one_person_without_signing_in(
    client: FlaskClient, session: Session
) -> None:
    visit = an_appointment(session, patient=a_patient(session, full_name="Ana Silva"))
    an_appointment(session, patient=a_patient(session, full_name="Zora Neale"))
    assert visit.patient is not None
    address = address_of(session, visit.patient)
    answer = client.get(address)
    calendar = parsed(answer.data)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert [str(event["UID"]) for event in calendar.events] == [str(visit.uid)]
    assert calendar["X-WR-CALNAME"] == "Bookable"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_reading_is_noted_once_an_hour(client: FlaskClient, session: Session) -> None:
    ana: Appointment = an_appointment(session)
    assert ana.patient is not None
    address = address_of(session, ana.patient)
    client.get(address)
    with counted() as queries:
        client.get(address)
    assert len(queries) == 2
    session.expire_all()
    feed = feed_of(session, account_of(session, ana.patient).id)
    assert feed is not None
    assert feed.last_read_at == clock.now()


def test_an_address_that_never_was_leads_nowhere(client: FlaskClient, session: Session) -> None:
    assert client.get("/calendar/0123456789abcdef.ics").status_code == 404
