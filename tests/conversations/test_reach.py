"""Who may write to whom."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Status
from portal.conversations.errors import AccountClosed, NobodyToWriteTo
from portal.conversations.queries import partners
from portal.core.errors import Forbidden, Invalid, NotFound, PortalError
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician
from tests.cast import Cast
from tests.conversations.conftest import Writes
from tests.factories import a_clinician, a_hold, a_patient, an_actor, an_appointment

TO_PEOPLE = {
    ("ana", "bo"): None,
    ("bo", "ana"): None,
    ("ana", "zoe"): NobodyToWriteTo,  # whom everybody can find in the directory
    ("ana", "zora"): NotFound,
    ("ana", "fay"): NotFound,
    ("ana", "ada"): NotFound,
    ("ana", "ana"): NobodyToWriteTo,
    ("bo", "fay"): None,
    ("bo", "zack"): NotFound,
    ("bo", "zora"): NotFound,
    ("bo", "zoe"): NobodyToWriteTo,
    ("fay", "ana"): None,
    ("fay", "bo"): None,
    ("fay", "cora"): NobodyToWriteTo,
    ("fay", "zora"): NobodyToWriteTo,  # the desk finds every patient of the practice
    ("fay", "zoe"): NobodyToWriteTo,
    ("fay", "zack"): NotFound,
    ("cora", "ana"): None,
    ("mia", "bo"): None,
    ("zack", "ana"): NobodyToWriteTo,
    ("max", "zora"): None,
    ("max", "fay"): None,
    ("max", "ada"): NotFound,
    ("ada", "zoe"): None,
    ("ada", "max"): None,
}
TO_TEAMS = {
    ("ana", "leeds"): None,
    ("ana", "york"): NobodyToWriteTo,
    ("bo", "leeds"): None,
    ("bo", "york"): NobodyToWriteTo,
    ("zora", "york"): None,
    ("fay", "leeds"): Invalid,  # a team does not write to itself
    ("ada", "leeds"): Invalid,
}
FOR_TEAMS = {
    ("fay", "leeds", "ana"): None,
    ("cora", "leeds", "bo"): None,
    ("ada", "york", "zora"): None,
    ("fay", "leeds", "zora"): NobodyToWriteTo,
    ("fay", "york", "zora"): Forbidden,
    ("bo", "leeds", "ana"): Forbidden,
    ("ana", "leeds", "bo"): Forbidden,
}


def test_each_may_write_to_some_and_not_to_others(session: Session, cast: Cast, writes: Writes) -> None:
    everybody = cast.everybody()
    zoe = session.get_one(Clinician, cast.zoe.clinician_id)
    an_appointment(session, clinician=zoe, patient=cast.stranger)
    acts: dict[tuple[str, ...], Callable[[], object]] = {}
    for sender, person in TO_PEOPLE:
        acts[sender, person] = partial(writes, everybody[sender], to=everybody[person])
    for sender, place in TO_TEAMS:
        acts[sender, place] = partial(writes, everybody[sender], centre_id=getattr(cast, place).id)
    for sender, place, person in FOR_TEAMS:
        centre_id, to = getattr(cast, place).id, everybody[person]
        acts[sender, place, person] = partial(writes, everybody[sender], centre_id=centre_id, to=to)
    happened: dict[tuple[str, ...], type[PortalError] | None] = {}
    for who, act in acts.items():
        attempt = session.begin_nested()  # so that nobody has been written to before
        try:
            act()
            happened[who] = None
        except PortalError as refusal:
            happened[who] = type(refusal)
        attempt.rollback()
    expected: dict[tuple[str, ...], type[PortalError] | None] = {}
    for table in (TO_PEOPLE, TO_TEAMS, FOR_TEAMS):
        expected.update(table)  # type: ignore[arg-type]
    assert happened == expected


def test_a_time_that_was_only_held_brings_nobody_together(
    session: Session, cast: Cast, writes: Writes
) -> None:
    other = a_patient(session, full_name="Hal Oduya")
    a_hold(session, cast.clinician, patient=other)
    with pytest.raises(NobodyToWriteTo):
        writes(an_actor(session, Role.PATIENT, patient=other), to=cast.bo)


def test_a_cancelled_visit_still_does(session: Session, cast: Cast, writes: Writes) -> None:
    other = a_patient(session, full_name="Cal Novak")
    an_appointment(session, clinician=cast.clinician, patient=other, status=Status.CANCELLED)
    cal = an_actor(session, Role.PATIENT, patient=other)
    assert writes(cal, to=cast.bo).sender_id == cal.account_id


def test_whoever_was_written_to_may_answer(cast: Cast, writes: Writes) -> None:
    writes(cast.fay, to=cast.ana)
    assert writes(cast.ana, to=cast.fay).content == "Hello"
    with pytest.raises(NotFound):
        writes(cast.ana, to=cast.cora)  # her colleague is still nobody Ana knows


def test_nobody_writes_to_a_closed_account(session: Session, cast: Cast, writes: Writes) -> None:
    session.get_one(Account, cast.bo.account_id).is_active = False
    session.flush()
    with pytest.raises(AccountClosed):
        writes(cast.ana, to=cast.bo)


def test_a_clinician_writes_to_colleagues_whose_patient_they_are(
    session: Session, cast: Cast, writes: Writes
) -> None:
    zoe = a_clinician(session, cast.leeds, full_name="Zia Rahman")
    record = a_patient(session, full_name="Bo Larsen", with_account=False)
    record.account_id = cast.bo.account_id
    session.flush()
    an_appointment(session, clinician=zoe, patient=record, by=cast.fay)
    bo = an_actor(session, Role.CLINICIAN, clinician=cast.clinician)
    writes(bo, to=an_actor(session, Role.CLINICIAN, clinician=zoe))


def test_the_people_offered_are_those_who_can_be_written_to(
    session: Session, cast: Cast, writes: Writes
) -> None:
    assert [(one.name, one.role) for one in partners(session, cast.ana)] == [
        (cast.leeds.name, None),
        ("Dr Bo Larsen", "CLINICIAN"),
    ]
    assert [one.name for one in partners(session, cast.ada, search="%")] == []
    for actor in (cast.ana, cast.bo, cast.fay, cast.ada):
        for one in partners(session, actor):
            to = Actor(account_id=one.account_id) if one.account_id else None
            writes(actor, to=to, centre_id=one.centre_id)
