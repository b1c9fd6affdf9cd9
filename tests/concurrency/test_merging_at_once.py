"""Merging two records while somebody books for one of them: the visit is the kept one's, or nobody's."""

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.models import Channel
from portal.core.errors import NotFound
from portal.core.permissions import SYSTEM
from portal.people.models import Patient
from tests.cast import Cast
from tests.concurrency.acts import made, split
from tests.concurrency.crowd import Crowd
from tests.conftest import NOW
from tests.factories import a_patient, key_for, slots_of

pytestmark = pytest.mark.concurrency


def test_a_booking_and_a_merge_at_once_leave_no_visit_with_the_record_that_is_gone(
    crowd: Crowd, cast: Cast
) -> None:
    for number in range(4):
        gone = made(crowd, a_patient, with_account=False, full_name="Anna Silva")

        def book(session: Session, gone: Patient = gone, number: int = number) -> object:
            start = slots_of(session, cast.clinician)[number].starts_at
            key = key_for(session, cast.clinician, start)
            patient = session.get_one(Patient, gone.id)
            return commands.book(session, key, patient=patient, by=cast.fay, at=NOW, channel=Channel.DESK)

        def merge(session: Session, gone: Patient = gone) -> object:
            one, other = session.get_one(Patient, cast.patient.id), session.get_one(Patient, gone.id)
            return commands.merge_patients(session, one, other, by=SYSTEM, at=NOW)

        results = crowd.at_once(book, merge)
        refusals = split(results)[1]
        assert all(type(refusal) is NotFound for refusal in refusals)
        assert len(refusals) <= 1
        assert crowd.count(f"SELECT 1 FROM appointment WHERE patient_id = {gone.id}") == 0
        assert (
            crowd.count(
                f"SELECT 1 FROM occupancy JOIN patient USING (resource_id) WHERE patient.id = {gone.id}"
            )
            == 0
        )


def test_two_who_merge_the_same_pair_both_ways_merge_it_once(crowd: Crowd, cast: Cast) -> None:
    gone = made(crowd, a_patient, with_account=False, full_name="Anna Silva")

    def merge(kept_id: int, gone_id: int):  # type: ignore[no-untyped-def]
        def act(session: Session) -> object:
            one, other = session.get_one(Patient, kept_id), session.get_one(Patient, gone_id)
            return commands.merge_patients(session, one, other, by=SYSTEM, at=NOW)

        return act

    results = crowd.at_once(merge(cast.patient.id, gone.id), merge(gone.id, cast.patient.id))
    assert [type(refusal) for refusal in split(results)[1]] == [NotFound]
    assert crowd.count("SELECT 1 FROM patient WHERE merged_into_id IS NOT NULL") == 1
