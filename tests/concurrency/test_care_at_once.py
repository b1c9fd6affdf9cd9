"""Several who look after one child, and the desk, at the same moment: she is in one place, and somebody hears of it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.errors import CareIsNeeded
from portal.appointments.models import Appointment
from portal.core.errors import Duplicate, Forbidden
from portal.core.permissions import SYSTEM, Actor
from portal.people import caring
from portal.people.acting import actor_for
from portal.people.care_models import Care
from portal.people.models import Patient
from tests.cast import Cast
from tests.concurrency.acts import ROUNDS, booking, check_one_of_them_has_it, holding, key_of
from tests.concurrency.crowd import Crowd
from tests.conftest import NOW
from tests.factories import a_clinician, account_of

pytestmark = pytest.mark.concurrency


@pytest.fixture
def mina(crowd: Crowd, cast: Cast) -> Patient:
    """Ana's daughter, whom Zora looks after too."""

    def add(session: Session) -> Patient:
        ana, zora = (session.get_one(Patient, one.id) for one in (cast.patient, cast.stranger))
        made = caring.add_dependant(session, ana, by=SYSTEM, relation="CHILD", full_name="Mina", at=NOW)
        caring.link(session, zora, made, by=SYSTEM, relation="OTHER", at=NOW)
        return made

    return crowd.alone(add)


def as_carer(crowd: Crowd, carer: Patient) -> Actor:
    """With those they look after, as their sign-in knows them."""
    return crowd.alone(
        lambda session: actor_for(session, account_of(session, session.get_one(Patient, carer.id)))
    )


def test_two_carers_and_the_desk_book_one_hour_of_hers_once(crowd: Crowd, cast: Cast, mina: Patient) -> None:
    ana, zora = as_carer(crowd, cast.patient), as_carer(crowd, cast.stranger)
    other = crowd.alone(lambda session: a_clinician(session, cast.leeds))
    for start in ROUNDS:
        here, there = (key_of(crowd, clinician, start) for clinician in (cast.clinician, other))
        results = crowd.at_once(
            booking(mina, ana, here),
            booking(mina, zora, there),
            booking(mina, cast.fay, there),
            holding(here, by=zora, patient=mina),
        )
        check_one_of_them_has_it(results)
        crowd.check_the_books()


def test_her_mother_and_a_stranger_want_the_same_time(crowd: Crowd, cast: Cast, mina: Patient) -> None:
    ana = as_carer(crowd, cast.patient)
    for start in ROUNDS:
        key = key_of(crowd, cast.clinician, start)
        check_one_of_them_has_it(
            crowd.at_once(booking(mina, ana, key), booking(cast.stranger, cast.zora, key))
        )


def test_whoever_is_let_go_while_they_book_leaves_no_visit_of_which_nobody_hears(
    crowd: Crowd, cast: Cast, mina: Patient
) -> None:
    ana = as_carer(crowd, cast.patient)
    crowd.alone(lambda session: _end(session, cast.stranger, mina, SYSTEM))
    for start in ROUNDS:
        key = key_of(crowd, cast.clinician, start)
        booked, ended = crowd.at_once(
            booking(mina, ana, key), lambda session: _end(session, cast.patient, mina, cast.fay)
        )
        is_booked = isinstance(booked, Appointment)
        assert isinstance(booked, Appointment | Forbidden)
        assert isinstance(ended, CareIsNeeded) == is_booked
        if is_booked:
            return
        crowd.alone(lambda session: _link(session, cast, mina))


def test_two_colleagues_who_link_the_same_two_link_them_once(crowd: Crowd, cast: Cast) -> None:
    results = crowd.at_once(*[lambda session: _link_strangers(session, cast)] * 4)
    assert sum(isinstance(one, Care) for one in results) == 1
    assert sum(isinstance(one, Duplicate) for one in results) == 3
    assert crowd.count("SELECT 1 FROM care") == 1


def _end(session: Session, carer: Patient, patient: Patient, by: Actor) -> None:
    care = session.scalars(select(Care).where(Care.carer_id == carer.id, Care.patient_id == patient.id)).one()
    commands.end_care(session, care, by=by, at=NOW)


def _link(session: Session, cast: Cast, patient: Patient) -> Care:
    carer, child = (session.get_one(Patient, one.id) for one in (cast.patient, patient))
    return caring.link(session, carer, child, by=SYSTEM, relation="CHILD", at=NOW)


def _link_strangers(session: Session, cast: Cast) -> Care:
    return _link(session, cast, cast.stranger)
