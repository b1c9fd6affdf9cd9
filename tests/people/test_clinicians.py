"""Clinicians: made in one go, shown to the public when they may be, managed by their centres."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from portal.accounts.commands import sign_in_device
from portal.accounts.queries import device_for
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Forbidden, Invalid, NotFound
from portal.core.permissions import Actor, Role
from portal.people.acting import actor_for
from portal.people.commands import (
    delete_clinician,
    edit_clinician,
    edit_own_clinician_profile,
    set_accepting,
    set_clinician_active,
)
from portal.people.errors import FeeIsSetByPractice
from portal.people.listing import search_clinicians
from portal.people.models import Clinician, Resource
from portal.people.queries import (
    get_listed,
    get_manageable,
)

ADMIN = Actor(role=Role.ADMIN)
VISITOR = Actor()
Make = Callable[..., Clinician]
PROFILE: dict[str, object] = {
    "headline": "",
    "bio": "",
    "specialization": [],
    "qualification": [],
    "languages": [],
    "years_of_experience": None,
}


def manager_of(*centres: Centre, role: Role = Role.CENTRE_MANAGER) -> Actor:
    return Actor(role=role, centre_ids=frozenset(centre.id for centre in centres))


def edit(session: Session, clinician: Clinician, *, by: Actor = ADMIN, **changes: object) -> Clinician:
    facts = {
        **PROFILE,
        "full_name": clinician.account.full_name,
        "title": clinician.account.title,
        "phone": clinician.account.phone,
        "email": clinician.account.email,
        "username": clinician.account.username,
        "centre_ids": [centre.id for centre in clinician.centres],
        "primary_centre_id": clinician.primary_centre_id,
        "consultation_fee_minor": clinician.consultation_fee_minor,
        "default_duration_minutes": clinician.default_duration_minutes,
        "requires_acceptance": clinician.requires_acceptance,
    }
    return edit_clinician(session, clinician, by=by, at=clock.now(), **{**facts, **changes})  # type: ignore[arg-type]


def test_a_new_clinician_is_approved_listed_and_bookable_as_a_resource(
    session: Session, clinician: Make
) -> None:
    jane = clinician("Dr. Jane Smith")
    assert (jane.account.title, jane.account.full_name, jane.full_name) == (
        "Dr",
        "Jane Smith",
        "Dr Jane Smith",
    )
    assert (jane.slug, jane.currency, jane.time_zone) == ("jane-smith-1", "GBP", "Europe/London")
    assert session.get_one(Resource, jane.resource_id).kind == "CLINICIAN"
    assert jane.approved_at is not None
    assert get_listed(session, "jane-smith-1") is jane
    assert get_listed(session, str(jane.id)) is jane


def test_two_of_the_same_name_have_two_addresses_and_keep_them(session: Session, clinician: Make) -> None:
    first, second = clinician("Jane Smith"), clinician("Jane Smith")
    assert (first.slug, second.slug) == ("jane-smith-1", "jane-smith-2")
    edit(session, first, full_name="Jane Jones")
    assert get_listed(session, "jane-smith-1") is first


def test_all_centres_of_a_clinician_use_one_currency(
    clinician: Make, leeds: Centre, open_centre: Callable[..., Centre]
) -> None:
    paris = open_centre("Paris", "EUR", "Europe/Paris")
    with pytest.raises(Invalid) as refused:
        clinician(centre_ids=[leeds.id, paris.id])
    assert "centre_ids" in refused.value.details
    assert clinician(centre_ids=[paris.id]).currency == "EUR"


def test_the_primary_centre_is_one_of_theirs(clinician: Make, leeds: Centre, york: Centre) -> None:
    assert clinician(centre_ids=[leeds.id, york.id], primary_centre_id=york.id).primary_centre_id == york.id
    with pytest.raises(Invalid) as refused:
        clinician(centre_ids=[leeds.id], primary_centre_id=york.id)
    assert "primary_centre_id" in refused.value.details


def test_a_clinician_at_no_centre_needs_currency_and_zone(clinician: Make) -> None:
    with pytest.raises(Invalid):
        clinician(centre_ids=[])
    online = clinician(centre_ids=[], currency="GBP", time_zone="Asia/Kolkata")
    assert (online.centres, online.primary_centre_id, online.time_zone) == ([], None, "Asia/Kolkata")


@pytest.mark.parametrize("field", ["phone", "email", "username"])
def test_a_duplicate_names_its_field(session: Session, clinician: Make, field: str) -> None:
    jane = in_transaction(session, lambda: clinician(username="jane"))
    with pytest.raises(Duplicate) as refused:
        in_transaction(session, lambda: clinician("Zed", **{field: getattr(jane.account, field)}))
    assert list(refused.value.details) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"centre_ids": [987654]}, "centre_ids"),
        ({"consultation_fee_minor": -1}, "consultation_fee_minor"),
        ({"default_duration_minutes": 3}, "default_duration_minutes"),
        ({"years_of_experience": 81}, "years_of_experience"),
        ({"password": "weak"}, "password"),
        ({"phone": None, "email": None}, "phone"),
    ],
)
def test_what_cannot_be_used_names_its_field(clinician: Make, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        clinician(**changes)
    assert list(refused.value.details) == [field]


def test_the_public_sees_only_who_may_be_shown(session: Session, frozen: datetime, clinician: Make) -> None:
    shown, off, full, waiting, gone = (clinician(f"Person {name}") for name in ("A", "B", "C", "D", "E"))
    set_clinician_active(session, off, by=ADMIN, is_active=False, at=frozen)
    set_accepting(session, full, by=ADMIN, is_accepting=False, at=frozen)
    waiting.approved_at = None
    delete_clinician(session, gone, by=ADMIN, at=frozen)
    session.flush()
    assert list(search_clinicians(session, VISITOR).items) == [shown]
    assert search_clinicians(session, ADMIN).total == 4
    for hidden in (off, full, waiting, gone):
        with pytest.raises(NotFound):
            get_listed(session, hidden.slug)


def test_what_is_no_address_is_not_found(session: Session) -> None:
    for address in ("", "9" * 30, "jane' OR 1=1", "²"):
        with pytest.raises(NotFound):
            get_listed(session, address)


def test_a_clinician_switched_off_is_cut_off_at_once(
    session: Session, frozen: datetime, clinician: Make
) -> None:
    jane = clinician()
    token = sign_in_device(session, jane.account, description="", at=frozen)
    set_clinician_active(session, jane, by=ADMIN, is_active=False, at=frozen)
    assert device_for(session, token, frozen, staff_idle_minutes=60, patient_idle_days=30) is None
    set_clinician_active(session, jane, by=ADMIN, is_active=True, at=frozen)
    assert get_listed(session, jane.slug) is jane


def test_a_centre_manager_reaches_the_clinicians_of_the_own_centre(
    session: Session, clinician: Make, leeds: Centre, york: Centre
) -> None:
    here, both = clinician("Aa"), clinician("Bb", centre_ids=[leeds.id, york.id])
    there = clinician("Cc", centre_ids=[york.id])
    actor = manager_of(leeds)
    assert list(search_clinicians(session, actor).items) == [here, both]
    assert get_manageable(session, actor, both.id) is both
    with pytest.raises(Forbidden):
        get_manageable(session, actor, there.id)
    with pytest.raises(NotFound):
        get_manageable(session, actor, 987654)
    assert get_manageable(session, ADMIN, there.id) is there


def test_a_clinician_manages_nobody_but_themselves(session: Session, clinician: Make) -> None:
    jane, zed = clinician("Jane Smith"), clinician("Zed Other")
    actor = actor_for(session, jane.account)
    assert (actor.clinician_id, actor.centre_ids) == (
        jane.id,
        frozenset(centre.id for centre in jane.centres),
    )
    assert get_manageable(session, actor, jane.id) is jane
    for stranger in (actor, VISITOR, Actor(account_id=1, role=Role.PATIENT)):
        with pytest.raises(NotFound):
            get_manageable(session, stranger, zed.id)


def test_a_centre_manager_adds_and_removes_the_own_centre_only(
    session: Session, clinician: Make, leeds: Centre, york: Centre
) -> None:
    actor = manager_of(leeds)
    jane = clinician(by=actor)
    with pytest.raises(Forbidden):
        clinician("Zed", by=actor, centre_ids=[york.id])
    with pytest.raises(Forbidden):
        edit(session, jane, by=actor, centre_ids=[leeds.id, york.id])
    edit(session, jane, by=ADMIN, centre_ids=[leeds.id, york.id])
    edit(session, jane, by=actor, centre_ids=[york.id], primary_centre_id=york.id)
    assert jane.centres == [york]


def test_a_clinician_with_a_centre_does_not_set_the_own_fee(
    session: Session, frozen: datetime, clinician: Make
) -> None:
    jane = clinician(consultation_fee_minor=5000)
    actor = actor_for(session, jane.account)

    def edit_own(whom: Clinician, fee: int | None) -> Clinician:
        facts = {**PROFILE, "headline": " Calm and clear "}
        return edit_own_clinician_profile(
            session,
            whom,
            by=actor,
            consultation_fee_minor=fee,
            at=frozen,
            **facts,  # type: ignore[arg-type]
        )

    with pytest.raises(FeeIsSetByPractice):
        edit_own(jane, 9000)
    assert edit_own(jane, 5000).headline == "Calm and clear"
    online = clinician("Zed Online", centre_ids=[], currency="GBP", time_zone="Europe/London")
    assert edit_own(online, 9000).consultation_fee_minor == 9000


def test_clinicians_are_found_by_name_field_and_centre(
    session: Session, clinician: Make, york: Centre
) -> None:
    jane = clinician(
        "Jane Smith", specialization=["Cardiology", " Cardiology ", ""], languages=["English", "हिन्दी"]
    )
    zed = clinician("Zed Other", centre_ids=[york.id], specialization=["Sleep"], languages=["English"])
    assert jane.specialization == ["Cardiology"]
    assert list(search_clinicians(session, ADMIN, search="smi").items) == [jane]
    assert list(search_clinicians(session, ADMIN, search="cardio").items) == [jane]
    assert list(search_clinicians(session, ADMIN, centre_id=york.id).items) == [zed]
    assert jane.languages == ["English", "हिन्दी"]
