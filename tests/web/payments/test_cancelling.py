"""What comes back is said before an appointment is cancelled, and then comes back; moving it keeps the money."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.payments.models import Method, Payment, Refund
from portal.settings import LateCancellation
from tests.cast import Cast
from tests.conftest import PracticeSets
from tests.factories import a_clinician, an_appointment, slots_of
from tests.payments.paying import a_paid, a_refund
from tests.web.payments.conftest import BrowserOf
from tests.web.staff.conftest import on_duty


def address(visit: Appointment) -> str:
    return f"/patient/appointments/{visit.id}/cancellation"


def gone_back(session: Session) -> list[int]:
    return [one.amount_minor for one in session.scalars(select(Refund).order_by(Refund.id))]


def test_in_time_all_of_it_comes_back_as_was_said(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    assert "You get £60.00 back" in anas.get(address(visit)).text
    anas.post(address(visit), data={"reason": "I am better"})
    assert gone_back(session) == [6000]
    shown = anas.get(f"/patient/appointments/{visit.id}").text
    assert "Your appointment is cancelled. £60.00 goes back to you." in shown
    assert "Refund on its way" in shown


def test_late_the_centre_keeps_its_part_as_was_said(
    anas: FlaskClient, session: Session, visit: Appointment, keeps_half: None
) -> None:
    with clock.travel_to(visit.starts_at - timedelta(hours=3)):
        terms = anas.get(f"/patient/appointments/{visit.id}").text
        assert "the centre keeps 50 % of the price" in terms
        said = anas.get(address(visit)).text
        assert "You get £30.00 back" in said
        assert "The centre keeps £30.00 of what you paid; £30.00 comes back." in said
        done = anas.post(address(visit), follow_redirects=True).text
    assert "£30.00 goes back to you" in done
    assert gone_back(session) == [3000]


def test_late_nothing_may_come_back_and_that_is_said(
    anas: FlaskClient, session: Session, visit: Appointment
) -> None:
    with clock.travel_to(visit.starts_at - timedelta(hours=3)):
        said = anas.get(address(visit)).text
        assert "No refund available" in said
        assert "the centre keeps the £60.00 that you paid" in said
        done = anas.post(address(visit), follow_redirects=True).text
    assert "What you have paid the centre is not returned" in done
    assert gone_back(session) == []


def test_who_can_only_ask_reads_what_a_yes_would_give(
    anas: FlaskClient, fays: FlaskClient, session: Session, visit: Appointment, practice_sets: PracticeSets
) -> None:
    practice_sets(late_cancellation=LateCancellation.REQUEST)
    with clock.travel_to(visit.starts_at - timedelta(hours=3)):
        assert "If the centre cancels it for you, you get £60.00 back." in anas.get(address(visit)).text
        anas.post(address(visit))
        assert gone_back(session) == []
    with on_duty(visit.starts_at - timedelta(hours=2)):
        assert "If you cancel it, the patient gets £60.00 back." in fays.get(f"/appointments/{visit.id}").text
        assert "The patient gets £60.00 back" in fays.get(f"/appointments/{visit.id}/cancellation").text
        fays.post(f"/appointments/{visit.id}/cancellation", data={"reason": "As you asked"})
    assert gone_back(session) == [6000]


def test_the_practice_gives_all_of_it_back_however_late(
    fays: FlaskClient, session: Session, visit: Appointment, keeps_half: None
) -> None:
    with on_duty(visit.starts_at - timedelta(hours=2)):
        assert "The patient gets £60.00 back" in fays.get(f"/appointments/{visit.id}/cancellation").text
        done = fays.post(
            f"/appointments/{visit.id}/cancellation", data={"reason": "Bo is ill"}, follow_redirects=True
        )
    assert "£60.00 goes back to them" in done.text
    assert gone_back(session) == [6000]


def test_a_request_that_is_declined_is_paid_back(browser_of: BrowserOf, session: Session, cast: Cast) -> None:
    ben = a_clinician(session, cast.leeds, requires_acceptance=True)
    asked = an_appointment(session, clinician=ben, patient=cast.patient)
    a_paid(session, cast, appointment_id=asked.id)
    coras = browser_of(cast.cora)
    path = f"/appointments/{asked.id}/refusal"
    assert "The patient gets £60.00 back" in coras.get(path).text
    coras.post(path, data={"reason": "Not my field"})
    assert gone_back(session) == [6000]


def test_what_went_back_before_is_not_promised_twice(
    anas: FlaskClient, session: Session, paid: Payment, visit: Appointment
) -> None:
    a_refund(session, paid, 1500)
    assert "You get £45.00 back" in anas.get(address(visit)).text
    anas.post(address(visit))
    assert sorted(gone_back(session)) == [1500, 4500]


def test_an_unpaid_visit_promises_nothing(anas: FlaskClient, session: Session, cast: Cast) -> None:
    visit = an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    said = anas.get(address(visit)).text
    assert "No charge" in said
    assert "You get" not in said


def test_ana_gets_her_money_back_when_the_provider_had_refused_it(
    anas: FlaskClient, session: Session, paid: Payment, visit: Appointment
) -> None:
    page = f"/patient/payments/{paid.id}"
    anas.post(f"{page}/refund")
    assert gone_back(session) == []
    assert "Get £60.00 back" not in anas.get(page).text
    anas.post(address(visit))
    [refund] = session.scalars(select(Refund))
    refund.status, refund.settled_at = "FAILED", clock.now()
    session.flush()
    session.expire_all()
    assert "Get £60.00 back" in anas.get(page).text
    assert "Your money is on its way back." in anas.post(f"{page}/refund", follow_redirects=True).text
    assert gone_back(session) == [6000, 6000]
    anas.post(f"{page}/refund")
    assert gone_back(session) == [6000, 6000]


def test_what_was_kept_of_a_late_cancellation_stays_kept(
    anas: FlaskClient, session: Session, paid: Payment, visit: Appointment, keeps_half: None
) -> None:
    with clock.travel_to(visit.starts_at - timedelta(hours=3)):
        anas.post(address(visit))
        anas.post(f"/patient/payments/{paid.id}/refund")
    assert gone_back(session) == [3000]


def test_cash_waits_for_the_desk_after_cancelling(
    anas: FlaskClient, fays: FlaskClient, session: Session, cast: Cast
) -> None:
    cash = a_paid(session, cast, method=Method.CASH)
    anas.post(f"/patient/appointments/{cash.appointment_id}/cancellation")
    assert "To hand over" in fays.get("/staff/payments/attention").text


@pytest.mark.parametrize("who", ["ana", "cora"])
def test_moving_a_visit_keeps_what_was_paid_for_it(
    browser_of: BrowserOf, session: Session, cast: Cast, who: str
) -> None:
    paid = a_paid(session, cast)
    visit = session.get_one(Appointment, paid.appointment_id)
    slot = slots_of(session, cast.clinician)[10]
    path = f"/patient/appointments/{visit.id}" if who == "ana" else f"/appointments/{visit.id}"
    browser_of(getattr(cast, who)).post(f"{path}/rescheduling", data={"slot": slot.id, "reason": "x"})
    session.expire_all()
    assert (visit.starts_at, visit.status) == (slot.starts_at, Status.CONFIRMED)
    assert (paid.status, paid.appointment_id, gone_back(session)) == ("PAID", visit.id, [])
