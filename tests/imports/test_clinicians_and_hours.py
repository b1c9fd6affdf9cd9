"""Clinicians come over with their hours, and nobody can be booked before the practice says so."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.imports.errors import ImportChanged
from portal.imports.models import Kind, RunStatus
from portal.people.models import Clinician
from portal.people.queries import listed
from portal.scheduling.commands import replace_hours
from portal.scheduling.models import WeeklyRule
from portal.scheduling.queries import services_of, weekly_rules
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_centre, a_clinician, a_patient, week
from tests.imports.conftest import BringIn, Check, faults, outcomes


def _clinicians(session: Session) -> list[Clinician]:
    return list(session.scalars(select(Clinician).order_by(Clinician.id)).unique())


def test_clinicians_get_a_profile_and_a_service_and_are_not_listed_yet(
    session: Session, check: Check, into: BringIn
) -> None:
    riverside = a_centre(session, name="Riverside", city="Leeds")
    harbour = a_centre(session, name="Hafen Süd", city="York")
    run = check(
        Kind.CLINICIANS,
        "Full name,E-mail,Phone,Centres,Specialization,Consultation fee,Default duration minutes,Requires acceptance\n"
        'Dr Jane Smith,Jane@Example.org,07700 900471,"hafen sud, Riverside","Physiotherapy, Sport",45.50,30,Yes\n'
        "Ali Khan,,07700 900472,Riverside,,,,\n",
    )
    assert (run.status, run.new_count, run.problems) == (RunStatus.READY, 2, [])
    into(run)
    jane, ali = _clinicians(session)
    assert (jane.full_name, jane.account.email, jane.account.password_hash) == (
        "Dr Jane Smith",
        "jane@example.org",
        None,
    )
    assert (jane.primary_centre_id, {one.id for one in jane.centres}) == (
        harbour.id,
        {harbour.id, riverside.id},
    )
    assert (jane.consultation_fee_minor, jane.specialization, jane.requires_acceptance) == (
        4550,
        ["Physiotherapy", "Sport"],
        True,
    )
    assert [service.price_minor for service in services_of(session, jane.id)] == [4550]
    assert (jane.is_accepting, jane.approved_at) == (False, NOW)
    assert (ali.default_duration_minutes, ali.consultation_fee_minor) == (60, 0)
    assert session.scalars(select(Clinician).where(listed())).unique().all() == []


def test_the_same_clinicians_again_stay_as_they_are(session: Session, check: Check, into: BringIn) -> None:
    a_centre(session, name="Riverside")
    file = "full_name,email,phone,centres\nDr Jane Smith,jane@example.org,07700900471,Riverside\n"
    into(check(Kind.CLINICIANS, file))
    again = check(Kind.CLINICIANS, file)
    assert outcomes(again) == {2: "UNCHANGED"}
    into(again)
    assert len(_clinicians(session)) == 1


def test_every_fault_in_a_file_of_clinicians_is_named(session: Session, check: Check) -> None:
    here = a_centre(session, name="Riverside", city="Leeds")
    a_centre(session, name="Riverside", city="York")
    a_centre(session, name="Paris", currency="EUR")
    a_centre(session, name="Hull")
    a_clinician(session, here, full_name="Bo Larsen", email="bo@example.org", username="bo.larsen")
    a_patient(session, full_name="Ana Silva", phone="+447700900999")
    run = check(
        Kind.CLINICIANS,
        "full_name,email,phone,username,centres,consultation_fee,years_of_experience,default_duration_minutes\n"
        "Jo Ray,,,,Riverside,,,\n"
        'Kim Lee,kim@example.org,,,"Paris, Hull",12.345,,\n'
        "Lou Dee,kim@example.org,,a b,Atlantis,x,99,3\n"
        "Mo Fay,BO@example.org,,,Hull,-5,,\n"
        'Bo Larsen,bo2@example.org,,,"Riverside, Leeds",,,\n'
        "Ana Silva,,07700 900999,,Hull,,,\n",
    )
    assert faults(run) == [
        (2, "email", "UNREACHABLE"),
        (2, "centres", "AMBIGUOUS_CENTRE"),
        (3, "centres", "MIXED_CURRENCIES"),
        (4, "email", "DOUBLED_LINE"),
        (4, "username", "BAD_USERNAME"),
        (4, "centres", "UNKNOWN_CENTRE"),
        (4, "years_of_experience", "BAD_NUMBER"),
        (4, "default_duration_minutes", "BAD_NUMBER"),
        (5, "email", "TAKEN"),
        (5, "consultation_fee", "FORMULA"),
        (6, "full_name", "LIKELY_DUPLICATE"),
    ]
    assert outcomes(run)[7] == "NEW"  # that a patient has the phone is another matter


def test_hours_are_added_to_those_that_are_there(
    session: Session, cast: Cast, check: Check, into: BringIn
) -> None:
    bo = a_clinician(session, cast.leeds, full_name="Bo Larsen", email="bo@example.org", hours="Mon 9-12")
    file = (
        "clinician;weekday;start_time;end_time;slot_minutes\n"
        "bo@example.org;Monday;09:00;12:00;\nDr Bo Larsen;Mon;13.30;5 pm;\nBO LARSEN;2;9;12:30;20\n"
    )
    run = check(Kind.HOURS, file)
    assert (run.problems, outcomes(run)) == ([], {2: "UNCHANGED", 3: "NEW", 4: "NEW"})
    into(run)
    assert [
        (
            rule.weekday,
            f"{rule.start_time:%H:%M}",
            f"{rule.end_time:%H:%M}",
            rule.centre_id,
            rule.slot_minutes,
        )
        for rule in weekly_rules(session, bo.id)
    ] == [
        (1, "09:00", "12:00", cast.leeds.id, None),
        (1, "13:30", "17:00", cast.leeds.id, None),
        (2, "09:00", "12:30", cast.leeds.id, 20),
    ]
    assert set(outcomes(check(Kind.HOURS, file)).values()) == {"UNCHANGED"}


def test_every_fault_in_a_file_of_hours_is_named(session: Session, cast: Cast, check: Check) -> None:
    a_clinician(
        session, cast.leeds, cast.york, full_name="Bo Larsen", email="bo@example.org", hours="Mon 9-12"
    )
    a_clinician(session, cast.leeds, full_name="Jane Smith", email="jane1@example.org", hours="Mon 9-12")
    a_clinician(session, cast.york, full_name="Jane Smith", email="jane2@example.org")
    york, leeds = cast.york.name, cast.leeds.name
    run = check(
        Kind.HOURS,
        "clinician,weekday,start_time,end_time,centre,week_of_month\n"
        f"bo@example.org,Someday,25:00,,{leeds},9\n"
        "nobody@example.org,Mon,09:00,10:00,,\n"
        "Jane Smith,Mon,09:00,10:00,,\n"
        "bo@example.org,Tue,12:00,12:00,,\n"
        f"jane1@example.org,Tue,09:00,10:00,{york},\n"
        f"jane1@example.org,Tue,09:00,10:00,Atlantis,\n"
        "jane1@example.org,Mon,11:00,13:00,,\n"
        "jane1@example.org,Wed,09:00,12:00,,\n"
        "jane1@example.org,Wed,11:00,13:00,,2\n"
        "jane1@example.org,Thu,11:00,13:00,,1\n"
        "jane1@example.org,Thu,11:00,13:00,,2\n",
    )
    assert faults(run) == [
        (2, "weekday", "BAD_WEEKDAY"),
        (2, "start_time", "BAD_TIME"),
        (2, "end_time", "EMPTY_CELL"),
        (2, "week_of_month", "BAD_NUMBER"),
        (3, "clinician", "UNKNOWN_CLINICIAN"),
        (4, "clinician", "AMBIGUOUS_CLINICIAN"),
        (5, "end_time", "END_BEFORE_START"),
        (5, "centre", "EMPTY_CELL"),
        (6, "centre", "WRONG_CENTRE"),
        (7, "centre", "UNKNOWN_CENTRE"),
        (8, "start_time", "HOURS_OVERLAP"),
        (10, "start_time", "HOURS_OVERLAP"),
    ]


def test_hours_that_were_changed_meanwhile_are_not_written_over(
    session: Session, cast: Cast, check: Check, into: BringIn
) -> None:
    bo = a_clinician(session, cast.leeds, email="bo@example.org", hours="Mon 9-12")
    run = check(Kind.HOURS, "clinician,weekday,start_time,end_time\nbo@example.org,Tue,09:00,12:00\n")
    replace_hours(session, bo, week("Tue 8-10", cast.leeds), at=NOW)
    session.flush()
    with pytest.raises(ImportChanged):
        into(run)
    rules = session.scalars(select(WeeklyRule).where(WeeklyRule.clinician_id == bo.id)).all()
    assert [f"{rule.start_time:%H:%M}" for rule in rules] == ["08:00"]


def test_nobody_gets_an_account_before_the_file_is_brought_in(session: Session, check: Check) -> None:
    a_centre(session, name="Riverside")
    check(Kind.CLINICIANS, "full_name,email,centres\nJane Smith,jane@example.org,Riverside\n")
    assert session.scalar(select(Account).where(Account.email == "jane@example.org")) is None
