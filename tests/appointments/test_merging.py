"""Two records of one person become one, and nothing of either is lost or there twice."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import portal.bootstrap  # noqa: F401  every table must be known to the metadata
from portal.accounts.models import Account
from portal.appointments import commands
from portal.appointments.commands.merging import merge_patients
from portal.appointments.errors import CannotMerge, OverlappingVisits
from portal.appointments.models import Appointment, Channel, Occupancy
from portal.audit.models import AuditEntry
from portal.audit.queries import entries_about_patient
from portal.conversations.models import Conversation, ConversationMessage
from portal.core.db import Base
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import Role
from portal.payments import ledger, postings
from portal.payments.book_models import LedgerEntry, Reason
from portal.people import duplicates
from portal.people.duplicates import likely_duplicates, pairs
from portal.people.models import Patient, Resource
from portal.people.queries import get_visible_patient
from portal.people.references import OF_PATIENTS
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_patient, an_actor, an_appointment, key_for, slots_of


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def a_double(session: Session, **changes: object) -> Patient:
    return a_patient(session, with_account=False, full_name="Anna Silva", **changes)


def test_every_table_that_names_a_patient_says_what_a_merge_does_with_it() -> None:
    naming = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "patient"
    }
    assert naming - set(OF_PATIENTS) == set()


def test_what_was_the_others_is_the_kept_ones(session: Session, cast: Cast) -> None:
    kept, gone = cast.patient, a_double(session)
    visit = an_appointment(session, clinician=cast.clinician, patient=gone, by=cast.fay)
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    session.refresh(visit)
    assert visit.patient_id == kept.id
    taken = session.scalars(select(Occupancy.resource_id).where(Occupancy.appointment_id == visit.id)).all()
    assert set(taken) == {cast.clinician.resource_id, kept.resource_id}
    assert (gone.merged_into_id, gone.deleted_at, gone.merged_at) == (kept.id, NOW, NOW)
    assert session.get_one(Resource, gone.resource_id).kind == "MERGED"


def test_no_row_but_the_audit_and_the_books_names_the_record_that_is_gone(
    session: Session, cast: Cast
) -> None:
    kept, gone = cast.patient, a_double(session)
    an_appointment(session, clinician=cast.clinician, patient=gone, by=cast.fay)
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    for name, treatment in OF_PATIENTS.items():
        table, _, column = name.partition(".")
        if treatment != "STAY" and table in Base.metadata.tables:
            rows = session.scalar(text(f"SELECT count(*) FROM {table} WHERE {column} = {gone.id}"))
            assert rows == 0, name


def test_fields_are_taken_as_chosen_and_where_the_kept_record_has_none(session: Session, cast: Cast) -> None:
    kept = a_patient(session, with_account=False, full_name="Ana Silva", email=None)
    gone = a_double(session, email="ana@example.org", gender="FEMALE")
    kept.medical_history, gone.medical_history = "Asthma.", "No allergies."
    phone = gone.phone
    merge_patients(session, kept, gone, taking={"phone"}, by=cast.max, at=NOW)
    session.refresh(kept)
    assert (kept.full_name, kept.phone, kept.email, kept.gender) == (
        "Ana Silva",
        phone,
        "ana@example.org",
        "FEMALE",
    )
    assert kept.medical_history == "Asthma.\n\nNo allergies."


def test_the_old_number_of_a_record_still_leads_to_it_through_two_merges(
    session: Session, cast: Cast
) -> None:
    first, second, third = (a_double(session) for _ in range(3))
    merge_patients(session, second, first, by=cast.max, at=NOW)
    merge_patients(session, third, second, by=cast.max, at=NOW)
    assert get_visible_patient(session, cast.fay, first.id) is third
    assert first.merged_into_id == third.id


def test_two_visits_at_one_time_are_named_and_nothing_changes(session: Session, cast: Cast) -> None:
    kept, gone = cast.patient, a_double(session)
    other = a_clinician(session, cast.leeds)
    mine = an_appointment(session, clinician=cast.clinician, patient=kept)
    theirs = an_appointment(session, clinician=other, patient=gone, by=cast.fay, starts_at=mine.starts_at)
    with pytest.raises(OverlappingVisits) as refused:
        merge_patients(session, kept, gone, by=cast.max, at=NOW)
    assert set(refused.value.appointments) == {mine, theirs}
    assert gone.deleted_at is None


def test_the_account_goes_along_or_is_closed_where_both_have_one(session: Session, cast: Cast) -> None:
    without, with_one = a_double(session), a_patient(session)
    account = session.get_one(Account, with_one.account_id)
    merge_patients(session, without, with_one, by=cast.max, at=NOW)
    assert without.account_id == account.id
    assert account.phone == without.phone
    third = a_patient(session)
    closed = session.get_one(Account, third.account_id)
    merge_patients(session, without, third, by=cast.max, at=NOW)
    assert without.account_id == account.id
    assert (closed.is_active, closed.phone, closed.deleted_at) == (False, None, NOW)


def test_a_colleagues_account_is_never_closed(session: Session, cast: Cast) -> None:
    colleague = a_double(session)
    colleague.account_id = cast.clinician.account_id
    session.flush()
    with pytest.raises(CannotMerge):
        merge_patients(session, cast.patient, colleague, by=cast.max, at=NOW)


def test_balances_are_carried_and_the_books_are_not_rewritten(session: Session, cast: Cast) -> None:
    kept, gone = a_patient(session), a_patient(session)
    old, new = postings.patient(gone.id), postings.patient(kept.id)
    ledger.post(session, *postings.move(500, "GBP", giver=old, getter="bank"), reason=Reason.EARNED, at=NOW)
    credits_of = postings.credits_of(gone.account_id or 0)
    ledger.post(
        session, *postings.move(3, "XCR", giver="platform", getter=credits_of), reason=Reason.EARNED, at=NOW
    )
    before = session.scalar(select(func.count()).select_from(LedgerEntry))
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    assert ledger.balances(session, [old, new, credits_of]) == {(new, "GBP"): -500}
    assert ledger.credits_left(session, kept.account_id or 0) == 3
    assert session.scalar(select(func.count()).select_from(LedgerEntry)) == (before or 0) + 4


def test_both_conversations_with_one_clinician_become_one(session: Session, cast: Cast) -> None:
    kept, gone = a_patient(session), a_patient(session)
    for patient in (kept, gone):
        low, high = sorted((patient.account_id or 0, cast.clinician.account_id))
        talk = Conversation(account_id=low, other_account_id=high, created_at=NOW)
        session.add(talk)
        session.flush()
        session.add(
            ConversationMessage(
                conversation_id=talk.id, sender_id=patient.account_id, content="Hello", created_at=NOW
            )
        )
        session.flush()
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    session.flush()
    senders = session.scalars(select(ConversationMessage.sender_id)).all()
    assert list(senders) == [kept.account_id] * 2
    assert session.scalar(select(func.count()).select_from(Conversation)) == 1


def test_it_is_audited_and_who_looked_at_the_other_record_can_still_be_read(
    session: Session, cast: Cast
) -> None:
    kept, gone = cast.patient, a_double(session)
    session.add(
        AuditEntry(
            happened_at=NOW, action="patient.view", by_name="Fay", role="FRONT_DESK", subject_type="patient",
            subject_id=gone.id, patient_id=gone.id, detail={},
        )
    )  # fmt: skip
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    session.flush()
    done = {entry.action for entry in entries_about_patient(session, kept.id)}
    assert {"patient.merge", "patient.merged-away", "patient.view"} <= done


@pytest.mark.parametrize("name", ["zack", "mia"])
def test_staff_of_a_centre_merge_only_whom_they_have_seen_there(
    session: Session, cast: Cast, name: str
) -> None:
    kept, gone = cast.patient, a_double(session)
    an_appointment(session, clinician=a_clinician(session, cast.york), patient=gone, by=cast.max)
    an_appointment(session, clinician=cast.clinician, patient=kept)
    with pytest.raises(Forbidden):
        merge_patients(session, kept, gone, by=getattr(cast, name), at=NOW)


def test_mia_merges_a_patient_of_her_centre_with_a_record_nobody_has_seen(
    session: Session, cast: Cast
) -> None:
    kept, gone = cast.patient, a_double(session)
    with pytest.raises(Forbidden):
        merge_patients(session, kept, gone, by=cast.mia, at=NOW)
    an_appointment(session, clinician=cast.clinician, patient=kept)
    assert merge_patients(session, kept, gone, by=cast.mia, at=NOW) is kept


def test_nobody_is_merged_twice_or_with_themself(session: Session, cast: Cast) -> None:
    kept, gone = cast.patient, a_double(session)
    with pytest.raises(CannotMerge):
        merge_patients(session, kept, kept, by=cast.max, at=NOW)
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    with pytest.raises(NotFound):
        merge_patients(session, kept, gone, by=cast.max, at=NOW)


def test_no_time_is_given_to_a_record_that_is_gone(session: Session, cast: Cast) -> None:
    kept, gone = cast.patient, a_double(session)
    merge_patients(session, kept, gone, by=cast.max, at=NOW)
    key = key_for(session, cast.clinician, slots_of(session, cast.clinician)[0].starts_at)
    with pytest.raises(NotFound):
        commands.book(session, key, patient=gone, by=cast.fay, at=NOW, channel=Channel.DESK)
    assert session.scalar(select(func.count()).select_from(Appointment)) == 0


def test_of_many_records_the_newest_are_looked_at_first(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "STRETCH", 2)
    old, same = (a_patient(session, with_account=False, email="old@example.org") for _ in range(2))
    first, second, third = (a_patient(session, with_account=False, email="ana@example.org") for _ in range(3))
    newest = pairs(session, cast.max)
    assert [(one.older, one.newer) for one in newest.items] == [
        (first, third),
        (second, third),
        (first, second),
    ]
    assert newest.before == second.id
    rest = pairs(session, cast.max, before=newest.before)
    assert [(one.older, one.newer) for one in rest.items] == [(old, same)]
    end = pairs(session, cast.max, before=rest.before)
    assert (end.items, end.before) == ([], None)
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 2)
    cut = pairs(session, cast.max)
    assert cut.before == third.id, "what is behind those that fit comes next"


def test_records_of_one_person_are_found(session: Session, cast: Cast) -> None:
    born = NOW.date() - timedelta(days=12_000)
    ana = a_patient(session, full_name="Ana Silva", date_of_birth=born)
    alike = a_patient(session, with_account=False, full_name="Anna Sílva", date_of_birth=born)
    mail = a_patient(session, with_account=False, full_name="A. S.", email="ana@example.org")
    also = a_patient(session, with_account=False, full_name="Other", email="ana@example.org")
    a_patient(session, full_name="Ben Hill", date_of_birth=born)
    assert list(likely_duplicates(session, ana)) == [alike]
    found = {(pair.older.id, pair.newer.id) for pair in pairs(session, cast.max).items}
    assert found == {(ana.id, alike.id), (mail.id, also.id)}
    assert pairs(session, cast.mia).items == []
    assert pairs(session, cast.max).before is None
    assert an_actor(session, Role.MANAGER).may("patient:merge")  # type: ignore[arg-type]
