"""The demo practice: the same each time, as full as it says, and nothing in it that the product would not allow."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from portal import demo
from portal.accounts.codes import redeem_code, send_code
from portal.accounts.commands import check_password
from portal.accounts.models import Account, Audience
from portal.appointments.availability import Asking, Availability
from portal.appointments.commands import outside_hours
from portal.appointments.models import Appointment, Occupancy, Party, Status, Waiting
from portal.appointments.nearest import first_free_by_clinician
from portal.centres.models import Centre
from portal.conversations.queries import conversations_of
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.permissions import Role
from portal.demo.people import DEMO_PATIENT, PASSWORD
from portal.notifications import inbox
from portal.notifications.models import Delivery
from portal.people.acting import actor_for
from portal.people.caring import carers_of
from portal.people.categories import categories_with_use
from portal.people.models import Clinician, Patient
from portal.people.queries import listed
from portal.scheduling.directory import Wish, offers
from portal.scheduling.queries import services_of
from portal.settings import Environment, Settings, SettingsError
from tests.conftest import NOW
from tests.demo.conftest import load

pytestmark = pytest.mark.slow

SUNDAY = datetime(2026, 10, 25, 15, 40, tzinfo=UTC)
"""The clocks in London went back in the morning."""

ROLES = {
    "admin": Role.ADMIN,
    "manager": Role.MANAGER,
    "desk": Role.FRONT_DESK,
    "coordinator": Role.CARE_COORDINATOR,
    "centremanager": Role.CENTRE_MANAGER,
    "clinician": Role.CLINICIAN,
}
TAKEN = """
    SELECT sum(ends_at - starts_at + make_interval(mins => buffer_before_minutes + buffer_after_minutes))
    FROM appointment WHERE status <> 'CANCELLED'"""
CLINICIANS_OVERLAP = """
    SELECT count(*) FROM (
        SELECT starts_at - make_interval(mins => buffer_before_minutes) AS begins,
            lag(ends_at + make_interval(mins => buffer_after_minutes))
                OVER (PARTITION BY clinician_id ORDER BY starts_at) AS last_one_ends
        FROM appointment WHERE status <> 'CANCELLED') AS visit
    WHERE begins < last_one_ends"""
PATIENTS_OVERLAP = """
    SELECT count(*) FROM (
        SELECT starts_at, lag(ends_at) OVER (PARTITION BY patient_id ORDER BY starts_at) AS last_one_ends
        FROM appointment WHERE status <> 'CANCELLED') AS visit
    WHERE starts_at < last_one_ends"""


def count(session: Session, what: object) -> int:
    return session.scalar(select(func.count()).select_from(what)) or 0  # type: ignore[arg-type]


def fullness(session: Session, at: datetime) -> float:
    """How much of the working time of eight weeks is taken, pauses included."""
    clinicians = session.scalars(select(Clinician).where(Clinician.is_active)).all()
    first, last = at.date() - timedelta(weeks=4), at.date() + timedelta(weeks=4, days=-1)
    timetables = Availability(session, clinicians, first, last, Asking(at)).timetables.values()
    openings = (
        opening
        for timetable in timetables
        for number in range((last - first).days + 1)
        for opening, _ in timetable.openings(first + timedelta(days=number))
    )
    worked = sum(((opening.end - opening.start) for opening in openings), timedelta())
    taken: timedelta = session.execute(text(TAKEN)).scalar_one()
    return taken / worked


def fingerprint(engine: Engine) -> dict[str, str]:
    """A figure for what is in each table, the server's own times and salted passwords left out."""
    with engine.connect() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        return {
            table: connection.scalar(
                text(
                    "SELECT md5(string_agg((to_jsonb(t) - '{created_at,password_hash}'::text[])::text, ','"
                    f" ORDER BY to_jsonb(t) ->> 'id')) FROM {table} t WHERE to_jsonb(t) ? 'id'"
                )
            )
            for table in tables
        }


def test_it_is_the_same_practice_each_time(engine: Engine, committed: Engine) -> None:
    load(committed, NOW)
    assert fingerprint(committed) == fingerprint(engine)


def test_there_are_three_centres_in_two_zones_with_one_currency_each(looking: Session) -> None:
    centres = looking.scalars(select(Centre)).all()
    assert len(centres) == 3
    assert {(centre.time_zone, centre.currency) for centre in centres} == {
        ("Europe/London", "GBP"),
        ("Asia/Kolkata", "INR"),
    }


def test_twenty_clinicians_and_two_hundred_patients_are_there(looking: Session) -> None:
    clinicians = looking.scalars(select(Clinician)).all()
    assert len(clinicians) == 20
    assert sum(clinician.requires_acceptance for clinician in clinicians) == 2
    assert sum(not clinician.is_accepting for clinician in clinicians) == 1
    assert sum(not clinician.is_active for clinician in clinicians) == 1
    assert sum(len(clinician.centres) == 2 for clinician in clinicians) >= 3
    assert all(1 <= len(services_of(looking, clinician.id)) <= 3 for clinician in clinicians)
    assert all(clinician.headline and len(clinician.bio) > 100 for clinician in clinicians)
    patients = looking.scalars(select(Patient).where(~Patient.is_dependant)).all()
    assert len(patients) == 200
    assert len({patient.full_name for patient in patients}) == 200
    child = looking.scalars(select(Patient).where(Patient.is_dependant)).one()
    assert [care.carer.full_name for care in carers_of(looking, child)] == [DEMO_PATIENT[0]]


def test_categories_find_clinicians_and_one_waits_for_its_first_skill(looking: Session) -> None:
    use = categories_with_use(looking)
    assert [category.name for category, clinicians in use if not clinicians] == ["Travel health"]
    assert all(offers(looking, Wish(category_id=category.id)).items for category, number in use if number)


def test_everybody_s_phone_and_email_is_fictional(looking: Session) -> None:
    phones = set(looking.scalars(select(Patient.phone).where(~Patient.is_dependant))) | set(
        looking.scalars(select(Account.phone).where(Account.phone.is_not(None)))
    )
    assert all(phone and parse_phone(phone) == phone for phone in phones)
    assert all(phone.startswith(("+447700900", "+9155500")) for phone in phones if phone)
    for column in (Patient.email, Account.email, Centre.email):
        assert all(address.endswith("@example.com") for address in looking.scalars(select(column)) if address)


def test_about_sixty_per_cent_of_the_working_time_is_taken(looking: Session) -> None:
    assert 0.55 <= fullness(looking, NOW) <= 0.65


@pytest.mark.parametrize("overlaps", [CLINICIANS_OVERLAP, PATIENTS_OVERLAP])
def test_nobody_is_in_two_places_at_once(looking: Session, overlaps: str) -> None:
    assert looking.scalar(text(overlaps)) == 0


def test_every_coming_visit_lies_in_working_time(looking: Session) -> None:
    clinicians = list(looking.scalars(select(Clinician)))
    assert outside_hours(looking, clinicians, at=NOW) == []


def test_what_is_live_takes_time_and_nothing_else_does(looking: Session) -> None:
    live = Appointment.status.in_([Status.PENDING, Status.CONFIRMED])
    rows = dict(
        looking.execute(
            select(Occupancy.appointment_id, func.count()).group_by(Occupancy.appointment_id)
        ).all()
    )
    assert rows == dict.fromkeys(looking.scalars(select(Appointment.id).where(live)), 2)


def test_a_patient_s_booking_kept_notice_and_horizon(looking: Session) -> None:
    broken = """
        SELECT count(*) FROM appointment JOIN schedule USING (clinician_id)
        WHERE channel = 'PORTAL' AND (
            starts_at - make_interval(hours => min_booking_notice_hours) < booked_at
            OR starts_at - make_interval(days => max_advance_booking_days) > created_at)"""
    assert looking.scalar(text(broken)) == 0
    assert count(looking, select(Appointment.id).where(Appointment.booked_at >= NOW).subquery()) == 0


def test_the_history_of_each_visit_leads_to_what_it_is(looking: Session) -> None:
    agreeing = """
        SELECT count(*) FROM appointment JOIN LATERAL (
            SELECT * FROM appointment_change WHERE appointment_id = appointment.id ORDER BY id DESC LIMIT 1
        ) AS latest ON (latest.to_status, latest.version, latest.changed_at, latest.starts_at)
            = (status, appointment.version, updated_at, appointment.starts_at)
        WHERE updated_at <= :now"""
    assert looking.scalar(text(agreeing), {"now": NOW}) == count(looking, Appointment) > 0


def test_most_past_visits_took_place_and_some_did_not(looking: Session) -> None:
    past = dict(
        looking.execute(
            select(Appointment.status, func.count())
            .where(Appointment.ends_at <= NOW)
            .group_by(Appointment.status)
        ).all()
    )
    assert set(past) == {Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED}
    assert 0.86 <= past[Status.COMPLETED] / sum(past.values()) <= 0.94
    reasons = looking.execute(
        select(Appointment.cancelled_by, Appointment.cancel_reason).where(
            Appointment.status == Status.CANCELLED
        )
    ).all()
    assert {Party.PATIENT, Party.CLINICIAN} <= {party for party, _ in reasons}
    assert all(reason for _, reason in reasons)


def test_some_coming_visits_wait_for_the_clinician(looking: Session) -> None:
    waiting = looking.scalars(select(Appointment).where(Appointment.status == Status.PENDING)).all()
    assert waiting
    assert all(one.waiting_for == Waiting.ACCEPTANCE for one in waiting)
    assert all(one.clinician.requires_acceptance and one.starts_at > NOW for one in waiting)


def test_today_some_have_come_and_some_are_still_to_come(looking: Session) -> None:
    begins, ends = clock.day_bounds(NOW.date(), clock.zone("Europe/London"))
    today = looking.scalars(
        select(Appointment).where(Appointment.starts_at >= begins, Appointment.starts_at < ends)
    ).all()
    assert any(one.status == Status.COMPLETED for one in today)
    assert any(one.status == Status.CONFIRMED and one.started_at for one in today)
    assert any(one.status == Status.CONFIRMED and not one.arrived_at for one in today)


def test_nobody_was_sent_anything(looking: Session) -> None:
    assert count(looking, Delivery) == 0


def test_the_patient_has_conversations_and_one_message_to_read(looking: Session) -> None:
    maya = looking.scalars(
        select(Account).where(Account.phone == DEMO_PATIENT[1], Account.role == Role.PATIENT)
    ).one()
    actor = actor_for(looking, maya)
    talks = conversations_of(looking, actor).items
    assert [talk.title for talk in talks] == ["Riverside Centre", "Dr Amara Osei"]
    assert [talk.unread for talk in talks] == [0, 1]
    assert len(inbox.listed(looking, actor, is_read=False).items) == 1


@pytest.mark.parametrize("username", ROLES)
def test_each_role_signs_in_with_the_password_that_is_printed(looking: Session, username: str) -> None:
    account = check_password(looking, identifier=username, password=PASSWORD, at=NOW).account_or_raise()
    assert account.role == ROLES[username]
    assert account.is_super_admin == (username == "admin")
    assert username in demo.ACCOUNTS
    assert PASSWORD in demo.ACCOUNTS


def test_staff_of_a_centre_are_at_riverside(looking: Session) -> None:
    found = select(Centre.name).join(Account, Account.centre_id == Centre.id)
    names = ["desk", "coordinator", "centremanager"]
    assert looking.scalars(found.where(Account.username.in_(names))).all() == ["Riverside Centre"] * 3


def test_the_patient_signs_in_by_phone_and_has_visits_past_and_coming(looking: Session) -> None:
    phone = DEMO_PATIENT[1]
    assert phone in demo.ACCOUNTS
    code = send_code(looking, phone=phone, audience=Audience.PATIENT, at=NOW, minutes=5)
    sent = looking.scalar(select(Delivery.code).where(Delivery.recipient == phone))
    signed_in = redeem_code(
        looking, phone=code.phone, audience=Audience.PATIENT, code=sent or "", at=NOW
    ).account_or_raise()
    visits = looking.scalars(
        select(Appointment).join(Appointment.patient).where(Patient.account_id == signed_in.id)
    ).all()
    assert any(one.status == Status.COMPLETED for one in visits)
    assert any(one.status == Status.CONFIRMED and one.starts_at > NOW for one in visits)
    assert any(one.status == Status.PENDING for one in visits)
    assert any(one.status == Status.CANCELLED for one in visits)


def test_the_public_finds_clinicians_with_free_times(looking: Session) -> None:
    public = looking.scalars(select(Clinician).where(listed())).all()
    assert len(public) == 18
    services = {clinician.id: services_of(looking, clinician.id) for clinician in public}
    assert set(first_free_by_clinician(looking, public, services, Asking(NOW))) == set(services)


def test_the_start_page_gives_examples_that_find_somebody(looking: Session) -> None:
    template = (Path(__file__).parents[2] / "templates/public/_search.html").read_text()
    [examples] = re.findall(r"placeholder=\"\{\{ _\('([^']*) …'\) \}\}\"", template)
    for example in examples.split(", "):
        found = offers(looking, Wish(text=example)).items
        assert found, example
        assert not any(one.is_near for one in found)


def test_on_a_sunday_when_the_clocks_change_the_practice_is_as_it_should_be(committed: Engine) -> None:
    load(committed, SUNDAY)
    with Session(committed) as session:
        begins, ends = clock.day_bounds(SUNDAY.date(), clock.zone("Europe/London"))
        at_riverside = (
            select(Appointment.id)
            .join(Appointment.centre)
            .where(
                Centre.name == "Riverside Centre",
                Appointment.starts_at >= begins,
                Appointment.starts_at < ends,
            )
        )
        assert count(session, at_riverside.subquery()) >= 5
        assert 0.55 <= fullness(session, SUNDAY) <= 0.65
        assert outside_hours(session, list(session.scalars(select(Clinician))), at=SUNDAY) == []
        assert session.scalar(text(CLINICIANS_OVERLAP)) == session.scalar(text(PATIENTS_OVERLAP)) == 0


def test_production_refuses_it() -> None:
    app = Flask("production")
    app.config["SETTINGS"] = Settings(env=Environment.PRODUCTION)
    with pytest.raises(SettingsError, match="PORTAL_ENV"):
        demo.load(app)
