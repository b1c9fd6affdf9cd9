"""A person's private feed: whose visits it holds, and how its address begins and ends."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment, Channel, Party, SessionType, Status
from portal.calendars.feeds import end_feed, renew_feed
from portal.calendars.models import CalendarFeed
from portal.calendars.queries import read_feed
from portal.calendars.wording import Recipient
from portal.core.errors import NotFound
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, account_of, service_of
from tests.web.helpers import counted

DAY = timedelta(days=1)


def rows(
    session: Session, clinician: Clinician, patient: Patient, *starts: datetime, **changes: Any
) -> list[Appointment]:
    """Appointments without the time they would occupy, as quickly as they can be made."""
    made = [
        Appointment(
            uid=uuid.uuid4(),
            clinician_id=clinician.id,
            patient_id=patient.id,
            centre_id=clinician.primary_centre_id,
            service_id=service_of(session, clinician).id,
            starts_at=start,
            ends_at=start + timedelta(hours=1),
            **{
                "session_type": SessionType.IN_PERSON,
                "time_zone": "Europe/London",
                "status": Status.CONFIRMED,
                "fee_minor": 0,
                "currency": "GBP",
                "channel": Channel.PORTAL,
                "booked_at": NOW,
                "created_at": NOW,
                "updated_at": NOW,
                **changes,
            },
        )
        for start in starts
    ]
    session.add_all(made)
    session.flush()
    return made


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session)


def token_of(session: Session, person: Patient | Clinician) -> str:
    return renew_feed(session, account_of(session, person).id, at=NOW)


def shown(session: Session, token: str) -> dict[int, Recipient]:
    """The ids of the visits in the feed, and for whom each entry is."""
    session.flush()
    return {visit.id: recipient for visit, recipient in read_feed(session, token, at=NOW).entries}


def test_three_hundred_visits_cost_two_queries(session: Session, jane: Clinician, ana: Patient) -> None:
    rows(session, jane, ana, *(NOW + timedelta(hours=n) for n in range(300)))
    token = token_of(session, jane)
    session.expire_all()
    with counted() as queries:
        entries = read_feed(session, token, at=NOW).entries
        places = {
            (visit.patient.full_name, visit.clinician.full_name) for visit, _ in entries if visit.patient
        }
        assert {visit.centre.city for visit, _ in entries if visit.centre} == {"Leeds"}
    assert len(entries) == 300
    assert places == {("Ana Silva", "Dr Jane Smith")}
    assert len(queries) == 2


def test_a_feed_holds_ones_own_visits_of_three_months_back_and_a_year_ahead(
    session: Session, jane: Clinician, ana: Patient
) -> None:
    stranger = a_patient(session, full_name="Zora Neale")
    inside = rows(session, jane, ana, NOW - 89 * DAY, NOW + 365 * DAY)
    rows(session, jane, ana, NOW - 91 * DAY, NOW + 367 * DAY)
    (theirs,) = rows(session, jane, stranger, NOW + DAY)
    of_ana, of_jane = shown(session, token_of(session, ana)), shown(session, token_of(session, jane))
    assert of_ana == dict.fromkeys((visit.id for visit in inside), Recipient.PATIENT)
    assert of_jane == dict.fromkeys([*of_ana, theirs.id], Recipient.CLINICIAN)


def test_a_clinician_who_is_a_colleagues_patient_reads_both_in_one_calendar(
    session: Session, jane: Clinician, ana: Patient
) -> None:
    record = a_patient(session, full_name="Jane Smith", with_account=False)
    record.account_id = jane.account_id
    (given,) = rows(session, jane, ana, NOW + DAY)
    (had,) = rows(session, a_clinician(session), record, NOW + 2 * DAY)
    assert shown(session, token_of(session, jane)) == {
        given.id: Recipient.CLINICIAN,
        had.id: Recipient.PATIENT,
    }


def test_what_was_cancelled_lately_is_still_told_and_what_only_was_held_never(
    session: Session, jane: Clinician, ana: Patient
) -> None:
    gone = {"status": Status.CANCELLED, "cancelled_by": Party.PATIENT}
    (lately,) = rows(session, jane, ana, NOW + DAY, cancelled_at=NOW - DAY, **gone)
    rows(session, jane, ana, NOW + DAY, cancelled_at=NOW - 31 * DAY, **gone)
    rows(session, jane, ana, NOW + DAY, cancelled_at=NOW - DAY, **{**gone, "booked_at": None})
    asks = {"status": Status.PENDING, "waiting_for": "ACCEPTANCE"}
    (asked,) = rows(session, jane, ana, NOW + 2 * DAY, hold_expires_at=NOW + DAY, **asks)
    rows(session, jane, ana, NOW + 2 * DAY, hold_expires_at=NOW, **asks)
    assert set(shown(session, token_of(session, ana))) == {lately.id, asked.id}


def test_a_new_address_ends_the_old_and_only_the_hash_of_it_is_kept(session: Session, ana: Patient) -> None:
    first, second = token_of(session, ana), token_of(session, ana)
    assert first != second
    with pytest.raises(NotFound):
        read_feed(session, first, at=NOW)
    assert shown(session, second) == {}
    (feed,) = session.query(CalendarFeed).all()
    assert second not in str(vars(feed))
    end_feed(session, account_of(session, ana).id)
    with pytest.raises(NotFound):
        read_feed(session, second, at=NOW)


@pytest.mark.parametrize("how", ["off", "deleted", "removed", "unapproved"])
def test_who_may_not_sign_in_has_no_feed(session: Session, jane: Clinician, how: str) -> None:
    token = token_of(session, jane)
    assert shown(session, token) == {}
    account = session.get_one(Account, jane.account_id)
    if how == "off":
        account.is_active = False
    elif how == "deleted":
        account.deleted_at = NOW
    elif how == "removed":
        jane.deleted_at = NOW
    else:
        jane.approved_at = None
    session.flush()
    with pytest.raises(NotFound):
        read_feed(session, token, at=NOW)
