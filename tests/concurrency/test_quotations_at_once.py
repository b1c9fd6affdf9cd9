"""Many at once: a quotation is answered once, numbered without a gap, and gives its price to one visit."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.appointments.slots import SlotKey
from portal.core.permissions import Actor
from portal.payments import offering, quoted, quoting
from portal.payments.errors import QuotationAnswered, QuotationIsFixed, QuotationUsed
from portal.payments.quotation_models import Quotation
from portal.people.models import Patient
from tests.cast import Cast
from tests.concurrency.crowd import Act, Crowd
from tests.factories import slots_of
from tests.payments.quotes import a_quotation, accepted, sent

pytestmark = pytest.mark.concurrency


def holding(quotation: Quotation, slot: str, *, by: Actor, patient: Patient, at: datetime) -> Act:
    def act(session: Session) -> Appointment:
        return quoted.hold(
            session,
            SlotKey.parse(slot),
            quotation=session.get_one(Quotation, quotation.id),
            by=by,
            patient=session.get_one(Patient, patient.id),
            at=at,
            minutes=10,
        )

    return act


def test_of_two_who_book_with_one_quotation_one_gets_its_price(
    crowd: Crowd,
    cast: Cast,
    frozen: datetime,
) -> None:
    def accept(session: Session) -> tuple[Quotation, list[str]]:
        quotation = a_quotation(session, cast)
        accepted(session, quotation)
        return quotation, [slot.id for slot in slots_of(session, cast.clinician)]

    quotation, slots = crowd.alone(accept)
    people = [(cast.ana, cast.patient), (cast.zora, cast.stranger)]
    acts = [
        holding(quotation, slots[nth], by=actor, patient=patient, at=frozen)
        for nth, (actor, patient) in zip((5, 9), people, strict=True)
    ]
    answers = crowd.at_once(*acts)
    refused = [answer for answer in answers if not isinstance(answer, Appointment)]
    assert [type(answer) for answer in refused] == [QuotationUsed]
    assert crowd.rows("SELECT fee_minor FROM appointment WHERE status = 'PENDING'") == [(7000,)]


def test_of_yes_and_no_at_once_one_is_the_answer(
    crowd: Crowd,
    cast: Cast,
    frozen: datetime,
) -> None:
    token = crowd.alone(lambda session: sent(session, a_quotation(session, cast)))

    def answering(*, is_accepted: bool) -> Act:
        return lambda session: offering.decide(session, token, is_accepted=is_accepted, at=frozen)

    answers = crowd.at_once(*[answering(is_accepted=yes) for yes in (True, False, True, False)])
    assert {type(answer) for answer in answers} == {Quotation, QuotationAnswered}
    assert crowd.count("SELECT id FROM notification WHERE kind = 'quotation_decision'") == 1


def test_an_acceptance_and_a_newer_version_at_once_are_not_both(
    crowd: Crowd,
    cast: Cast,
    frozen: datetime,
) -> None:
    def prepare(session: Session) -> tuple[str, int]:
        quotation = a_quotation(session, cast)
        token = sent(session, quotation)
        return token, quoting.revise(session, quotation, by=cast.bo, at=frozen).id

    token, newer_id = crowd.alone(prepare)
    answers = crowd.at_once(
        lambda session: offering.decide(session, token, is_accepted=True, at=frozen),
        lambda session: offering.send(session, session.get_one(Quotation, newer_id), at=frozen),
    )
    assert sum(isinstance(answer, QuotationIsFixed) for answer in answers) == 1
    assert (
        crowd.count("SELECT id FROM quotation WHERE status = 'ACCEPTED' AND superseded_at IS NOT NULL") == 0
    )


def test_numbers_given_at_once_are_unique_and_without_a_gap(
    crowd: Crowd,
    cast: Cast,
    frozen: datetime,
) -> None:
    ids = crowd.alone(lambda session: [a_quotation(session, cast).id for _ in range(12)])

    def sending(quotation_id: int) -> Act:
        return lambda session: offering.send(session, session.get_one(Quotation, quotation_id), at=frozen)

    assert crowd.at_once(*map(sending, ids)) == [None] * 12
    numbers = crowd.rows("SELECT number FROM quotation ORDER BY number")
    assert [number for (number,) in numbers] == list(range(1, 13))


def test_two_who_revise_at_once_get_the_same_draft(
    crowd: Crowd,
    cast: Cast,
    frozen: datetime,
) -> None:
    def prepare(session: Session) -> int:
        quotation = a_quotation(session, cast)
        sent(session, quotation)
        return quotation.id

    quotation_id = crowd.alone(prepare)

    def revise(session: Session) -> int:
        return quoting.revise(session, session.get_one(Quotation, quotation_id), by=cast.bo, at=frozen).id

    assert len(set(crowd.at_once(*[revise] * 4))) == 1
