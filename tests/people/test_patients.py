"""Patients: registered once, found by those who may, and by nobody else."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from portal.accounts.commands import sign_in_device
from portal.accounts.models import Account
from portal.accounts.queries import device_for
from portal.appointments.models import Appointment
from portal.audit.models import AuditEntry
from portal.audit.queries import entries_about_patient
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Forbidden, Invalid, NotFound
from portal.core.permissions import Actor, Role
from portal.people.acting import actor_for
from portal.people.commands import create_patient, edit_own_profile, edit_patient, patient_for_account
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.models import Clinician, Patient, Resource
from portal.people.queries import find_duplicates, get_visible_patient, search_patients
from portal.scheduling.models import Service

DESK = Actor(role=Role.FRONT_DESK, full_name="Fay Marsh")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADMIN = Actor(role=Role.ADMIN, full_name="Ada Reed")
Make = Callable[..., Patient]
MakeClinician = Callable[..., Clinician]
CONTACT = {
    "date_of_birth": None,
    "gender": None,
    "blood_group": None,
    "emergency_contact_name": "",
    "emergency_contact_phone": None,
}


def edit(session: Session, patient: Patient, at: datetime, *, by: Actor = DESK, **changes: object) -> Patient:
    facts = {
        **CONTACT,
        "full_name": patient.full_name,
        "phone": patient.phone,
        "email": patient.email,
        **changes,
    }
    return edit_patient(session, patient, by=by, at=at, **facts)  # type: ignore[arg-type]


def signed_up(session: Session, patient: Patient, at: datetime) -> Account:
    account = Account(role=Role.PATIENT, phone=patient.phone, full_name="")
    session.add(account)
    session.flush()
    assert patient_for_account(session, account, at) is patient
    return account


def visit(session: Session, clinician: Clinician, patient: Patient, at: datetime, **changes: object) -> None:
    service = Service(clinician_id=clinician.id, title="Consultation", duration_minutes=30, price_minor=0)
    session.add(service)
    session.flush()
    facts: dict[str, object] = {
        "patient_id": patient.id,
        "clinician_id": clinician.id,
        "service_id": service.id,
        "session_type": "ONLINE",
        "starts_at": at,
        "ends_at": at + timedelta(minutes=30),
        "time_zone": "Europe/London",
        "status": "CONFIRMED",
        "fee_minor": 0,
        "currency": "GBP",
        "channel": "DESK",
        "created_at": at,
        "booked_at": at,
        "updated_at": at,
    }
    session.add(Appointment(**{**facts, **changes}))
    session.flush()


def test_a_patient_is_a_resource_that_can_be_in_one_place_at_a_time(session: Session, patient: Make) -> None:
    assert session.get_one(Resource, patient().resource_id).kind == "PATIENT"


def test_the_same_phone_is_the_same_person_and_is_offered(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient(phone="+447700900123")
    with pytest.raises(PossibleDuplicate) as refused:
        create_patient(
            session,
            by=DESK,
            full_name="Somebody Else",
            phone="+44 7700 900123",
            email=None,
            why_new="A sister",
            at=frozen,
        )
    assert refused.value.patients == [ana]
    assert refused.value.is_certain
    assert "phone" in refused.value.details


def test_the_same_name_is_offered_and_is_made_all_the_same_by_who_says_why(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient("Ana Field")

    def again(why_new: str | None) -> Patient:
        return create_patient(
            session,
            by=DESK,
            full_name="ana  FIELD",
            phone="+447700900777",
            email=None,
            why_new=why_new,
            at=frozen,
        )

    with pytest.raises(PossibleDuplicate) as refused:
        again(None)
    assert refused.value.patients == [ana]
    assert not refused.value.is_certain
    with pytest.raises(DuplicateUnexplained) as unexplained:
        again("  ")
    assert (unexplained.value.patients, list(unexplained.value.details)) == ([ana], ["why_new"])
    made = again(" Born in another year ")
    assert made.id != ana.id
    lines = {entry.action: entry.detail for entry in entries_about_patient(session, made.id, 10)}
    assert lines["patient.override-duplicate"] == {"reason": "Born in another year"}


def test_a_reason_where_nobody_is_alike_harms_nothing(session: Session, frozen: datetime) -> None:
    made = create_patient(
        session,
        by=DESK,
        full_name="Ana Field",
        phone="+447700900777",
        email=None,
        why_new="New here",
        at=frozen,
    )
    assert [entry.action for entry in entries_about_patient(session, made.id, 10)] == ["patient.create"]


def test_possible_duplicates_come_with_the_same_phone_first(session: Session, patient: Make) -> None:
    by_name = patient("Ana Field", phone=None, email="other@example.org")
    by_email = patient("Mrs Field", email="ana@example.org")
    by_phone = patient("A. Field", phone="+447700900123")
    patient("Ana Fielding")
    found = find_duplicates(
        session, DESK, phone="+447700900123", full_name="Ana Field", email="ANA@example.org"
    )
    assert list(found) == [by_phone, by_email, by_name]


def test_two_colleagues_registering_the_same_phone_at_once_get_one_record(
    session: Session, patient: Make
) -> None:
    in_transaction(session, lambda: patient(phone="+447700900123"))

    def insert_behind_the_check() -> None:
        resource = Resource(kind="PATIENT")
        session.add(Patient(full_name="Ana", phone="+447700900123", resource=resource))

    with pytest.raises(Duplicate) as refused:
        in_transaction(session, insert_behind_the_check)
    assert "phone" in refused.value.details


def test_a_clinician_is_not_shown_other_clinicians_patients_as_duplicates(
    session: Session, frozen: datetime, patient: Make, clinician: MakeClinician
) -> None:
    patient("Ana Field", phone="+447700900123")
    jane = actor_for(session, clinician().account)
    made = create_patient(
        session, by=jane, full_name="Ana Field", phone="+447700900777", email=None, at=frozen
    )
    assert get_visible_patient(session, jane, made.id) is made
    for name in ("Bo Marsh", "Ana Field"):  # one is nobody's, the other is also a patient of hers
        with pytest.raises(PossibleDuplicate) as refused:
            create_patient(session, by=jane, full_name=name, phone="+447700900123", email=None, at=frozen)
        assert (refused.value.patients, refused.value.is_certain) == ([], True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": None, "email": None}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"email": "not an address"}, "email"),
        ({"full_name": "X"}, "full_name"),
        ({"date_of_birth": date(2026, 3, 3)}, "date_of_birth"),
        ({"date_of_birth": date(1899, 12, 31)}, "date_of_birth"),
        ({"gender": "F"}, "gender"),
        ({"blood_group": "C+"}, "blood_group"),
        ({"emergency_contact_phone": "call me"}, "emergency_contact_phone"),
    ],
)
def test_what_cannot_be_used_names_its_field(patient: Make, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        patient(**changes)
    assert list(refused.value.details) == [field]


@pytest.mark.parametrize(
    "search", ["field", "ANA", "fiel an", "  ana   field ", "900123", "07700 900123", "+44 7700", "ana@ex"]
)
def test_the_desk_finds_a_patient_by_what_it_hears(session: Session, patient: Make, search: str) -> None:
    ana = patient("Ana Field", phone="+447700900123", email="ana@example.org")
    patient("Ben Hill", phone="+447700811456", email="ben@example.org")
    found = search_patients(session, DESK, search=search).items
    assert ana in found
    if search != "+44 7700":
        assert list(found) == [ana]


@pytest.mark.parametrize("search", ["%", "_", "0", "\\", "xyz", "an%field", "ana' OR '1'='1"])
def test_wildcards_and_quotes_are_only_characters(session: Session, patient: Make, search: str) -> None:
    patient("Ana Field", phone="+447711111111")
    assert list(search_patients(session, DESK, search=search).items) == []


def test_patients_are_listed_by_name_and_page(session: Session, patient: Make) -> None:
    for name in ("Cy", "ana", "Ben"):
        patient(name)
    first = search_patients(session, DESK, limit=2)
    assert [found.full_name for found in first.items] == ["ana", "Ben"]
    assert (first.total, first.has_next) == (3, True)
    assert [found.full_name for found in search_patients(session, DESK, phone="92 0001").items] == ["Cy"]


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CARE_COORDINATOR])
def test_the_desk_never_gets_the_medical_history(session: Session, patient: Make, role: Role) -> None:
    ana = patient()
    ana.medical_history = "Penicillin allergy"
    session.flush()
    session.expunge_all()
    seen = get_visible_patient(session, Actor(role=role), ana.id)
    with pytest.raises(InvalidRequestError):
        _ = seen.medical_history
    session.expunge_all()
    assert get_visible_patient(session, ADMIN, ana.id).medical_history == "Penicillin allergy"


def test_only_those_who_may_read_the_medical_history_write_it(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient()
    with pytest.raises(Forbidden):
        edit(session, ana, frozen, by=DESK, medical_history="x")
    assert edit(session, ana, frozen, by=ADMIN, medical_history=" Asthma ").medical_history == "Asthma"
    assert edit(session, ana, frozen, by=DESK, email="new@example.org").medical_history == "Asthma"


def test_a_clinician_sees_whom_they_treat_or_registered_and_nobody_else(
    session: Session, frozen: datetime, patient: Make, clinician: MakeClinician
) -> None:
    jane, zed = clinician("Jane Smith"), clinician("Zed Other")
    treated, registered, others = patient("Treated"), patient("Registered"), patient("Others")
    registered.created_by_id = jane.account_id
    visit(session, jane, treated, frozen)
    visit(session, zed, others, frozen)
    actor = actor_for(session, jane.account)
    assert {found.full_name for found in search_patients(session, actor).items} == {"Treated", "Registered"}
    assert get_visible_patient(session, actor, treated.id) is treated
    with pytest.raises(NotFound):
        get_visible_patient(session, actor, others.id)


@pytest.mark.parametrize(
    ("changes", "is_seen"),
    [
        ({"status": "PENDING", "waiting_for": "HOLD", "hold_expires_at": NOON, "booked_at": None}, False),
        ({"status": "CANCELLED", "cancelled_by": "SYSTEM", "cancelled_at": NOON, "booked_at": None}, False),
        ({"status": "PENDING", "waiting_for": "ACCEPTANCE", "hold_expires_at": NOON}, True),
        ({"status": "CANCELLED", "cancelled_by": "PATIENT", "cancelled_at": NOON}, True),
        ({"status": "COMPLETED"}, True),
    ],
)
def test_holding_a_time_makes_nobody_a_clinicians_patient(
    session: Session,
    frozen: datetime,
    patient: Make,
    clinician: MakeClinician,
    changes: dict[str, object],
    *,
    is_seen: bool,
) -> None:
    jane, ana = clinician(), patient()
    visit(session, jane, ana, frozen, **changes)
    found = search_patients(session, actor_for(session, jane.account)).items
    assert (list(found) == [ana]) is is_seen


def test_patients_see_themselves_only(session: Session, frozen: datetime, patient: Make) -> None:
    ana, ben = patient("Ana Field"), patient("Ben Hill")
    actor = actor_for(session, signed_up(session, ana, frozen))
    assert actor.patient_id == ana.id
    assert list(search_patients(session, actor).items) == [ana]
    with pytest.raises(NotFound):
        get_visible_patient(session, actor, ben.id)
    with pytest.raises(NotFound):
        get_visible_patient(session, Actor(), ana.id)


def test_a_deleted_patient_is_nowhere(session: Session, frozen: datetime, patient: Make) -> None:
    ana = patient(phone="+447700900123")
    ana.deleted_at = frozen
    session.flush()
    assert search_patients(session, ADMIN).total == 0
    with pytest.raises(NotFound):
        get_visible_patient(session, ADMIN, ana.id)
    assert patient(phone="+447700900123").id != ana.id


def test_a_new_phone_is_the_one_to_sign_in_with_and_ends_old_sign_ins(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient(phone="+447700900123")
    account = signed_up(session, ana, frozen)
    token = sign_in_device(session, account, description="", at=frozen)
    edit(session, ana, frozen, full_name="Ana Newname")
    assert device_for(session, token, frozen, staff_idle_minutes=60, patient_idle_days=30) is not None
    edit(session, ana, frozen, phone="+447700900999")
    assert (account.phone, account.full_name) == ("+447700900999", "Ana Newname")
    assert device_for(session, token, frozen, staff_idle_minutes=60, patient_idle_days=30) is None
    with pytest.raises(Invalid):
        edit(session, ana, frozen, phone=None, email="ana@example.org")


def test_a_phone_cannot_be_taken_from_another_patient(
    session: Session, frozen: datetime, patient: Make
) -> None:
    patient(phone="+447700900123")
    ben = patient("Ben Hill")
    with pytest.raises(Duplicate) as refused:
        in_transaction(session, lambda: edit(session, ben, frozen, phone="+447700900123"))
    assert "phone" in refused.value.details


def test_patients_edit_themselves_but_not_their_phone(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient(phone="+447700900123")
    account = signed_up(session, ana, frozen)
    actor = actor_for(session, account)
    facts = {**CONTACT, "date_of_birth": date(1990, 5, 1), "gender": "FEMALE", "blood_group": "O-"}
    edit_own_profile(
        session,
        ana,
        by=actor,
        full_name="Ana Maria Field",
        email="ana@example.org",
        at=frozen,
        **facts,  # type: ignore[arg-type]
    )
    assert (ana.full_name, ana.phone, ana.gender) == ("Ana Maria Field", "+447700900123", "FEMALE")
    assert account.full_name == "Ana Maria Field"


def test_what_was_changed_is_audited_without_the_values(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient()
    edit(session, ana, frozen, by=ADMIN, email="secret@example.org", medical_history="Secret asthma")
    session.flush()
    newest = entries_about_patient(session, ana.id, 10)[0]
    assert (newest.action, newest.by_name) == ("patient.edit", "Ada Reed")
    assert "email" in str(newest.detail)
    assert "medical_history" in str(newest.detail)
    assert "ecret" not in str([entry.detail for entry in session.scalars(select(AuditEntry))])


def test_a_record_with_an_account_is_not_adopted_by_another(
    session: Session, frozen: datetime, patient: Make
) -> None:
    ana = patient(phone="+447700900123")
    signed_up(session, ana, frozen)
    other = Account(role=Role.PATIENT, phone="+447700900888", full_name="Ben Hill")
    session.add(other)
    session.flush()
    assert patient_for_account(session, other, frozen).id != ana.id


def test_an_account_without_a_phone_adopts_nobody_who_has_none_either(
    session: Session, frozen: datetime, patient: Make
) -> None:
    other = patient(phone=None, email="old@example.org")
    account = Account(role=Role.PATIENT, email="new@example.org", full_name="Ben Hill")
    session.add(account)
    session.flush()
    made = patient_for_account(session, account, frozen)
    assert made.id != other.id
    assert other.account_id is None
    assert (made.phone, made.email) == (None, "new@example.org")
