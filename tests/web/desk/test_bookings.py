"""Fay books for callers at Riverside. It is Monday 2 March 2026, 9:00 in Leeds."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Channel, Occupancy, SessionType, Status, Waiting
from portal.audit.models import AuditEntry
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from portal.scheduling.commands import edit_service
from tests.factories import (
    NOW,
    a_centre,
    a_clinician,
    a_patient,
    a_service,
    account_of,
    an_appointment,
    service_of,
    slots_of,
    wall,
)
from tests.web.desk.conftest import BrowserOf
from tests.web.helpers import HTMX, counted, errors_in


@pytest.fixture
def jane(session: Session, riverside: Centre) -> Clinician:
    """Dr Jane Smith sees people at Riverside from 9 to 17, an hour each."""
    return a_clinician(session, riverside)


@pytest.fixture
def ana(session: Session) -> Patient:
    return a_patient(session, full_name="Ana Silva", phone="+447700900111")


def slot_at(session: Session, clinician: Clinician, text: str) -> str:
    """The id of the clinician's slot at that wall time."""
    return next(slot.id for slot in slots_of(session, clinician, is_staff=True) if slot.starts_at == wall(text))


def take(browser: FlaskClient, session: Session, patient: Patient, slot: str, **more: object) -> Appointment:
    """Choose a time for a patient; what is held."""
    answer = browser.post("/desk/bookings/holds", data={"patient_id": patient.id, "slot": slot, **more})
    assert answer.status_code == 303, answer.text
    uid = re.search(r"hold=([0-9a-f-]+)", answer.headers["Location"])
    assert uid is not None
    return session.scalars(select(Appointment).where(Appointment.uid == uid[1])).one()


def page_of(held: Appointment) -> str:
    return f"/desk/bookings/new?hold={held.uid}"


class TestChoosingATime:
    def test_the_first_times_are_shown_as_soon_as_it_is_known_for_whom(
        self, fay: FlaskClient, jane: Clinician, ana: Patient
    ) -> None:
        shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}").text
        assert "Ana Silva" in shown
        assert shown.count('name="slot"') == 5 * 3
        assert "Dr Jane Smith" in shown
        assert "All 8 times on Tuesday 3 March" in shown

    def test_times_of_all_clinicians_with_that_service_stand_together(
        self, fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        a_clinician(session, riverside, hours="Tue 9-10")
        a_clinician(session, riverside, hours="Tue 9-10", full_name="Ruth Vale")
        shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}").text
        tuesday = shown.partition('id="day-2026-03-03"')[2].partition("</section>")[0]
        assert "Dr Jane Smith" in tuesday
        assert "Dr Ruth Vale" in tuesday

    def test_all_times_of_a_day_can_be_seen(self, fay: FlaskClient, jane: Clinician, ana: Patient) -> None:
        shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&on=2026-03-03").text
        assert shown.partition('id="day-2026-03-03"')[2].partition("</section>")[0].count('name="slot"') == 8

    def test_later_times_go_on_where_these_end(self, fay: FlaskClient, jane: Clinician, ana: Patient) -> None:
        shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&from_on=2026-03-09").text
        assert 'id="day-2026-03-09"' in shown
        assert "from_on=2026-03-14" in shown

    def test_the_need_is_asked_for_again_by_htmx(self, fay: FlaskClient, jane: Clinician, ana: Patient) -> None:
        piece = fay.get(f"/desk/bookings/new?patient_id={ana.id}&from_on=2026-03-09", headers=HTMX)
        assert piece.text.startswith('<div class="stack" id="times"')
        assert 'id="day-2026-03-09"' in piece.text

    def test_a_service_that_one_clinician_offers_narrows_to_them(
        self, fay: FlaskClient, session: Session, jane: Clinician, riverside: Centre, ana: Patient
    ) -> None:
        ruth = a_clinician(session, riverside, full_name="Ruth Vale")
        special = a_service(session, ruth, title="Assessment")
        times = fay.get(f"/desk/bookings/new?patient_id={ana.id}&service_id={special.id}").text.partition('id="times"')[2]
        assert "Dr Ruth Vale" in times
        assert "Dr Jane Smith" not in times

    def test_online_only_means_services_that_can_be_online(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        address = f"/desk/bookings/new?patient_id={ana.id}&session_type=ONLINE"
        assert "No free times" in fay.get(address).text
        edit_service(session, service_of(session, jane), is_online=True)
        session.flush()
        assert 'name="slot"' in fay.get(address).text

    def test_times_when_the_patient_is_elsewhere_are_not_offered(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        an_appointment(session, patient=ana, starts_at=wall("2026-03-03 09:00"), at=NOW - timedelta(days=3))
        shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&on=2026-03-03").text
        assert slot_at(session, jane, "2026-03-03 09:00") not in shown

    def test_a_date_that_makes_no_sense_comes_back_with_words(
        self, fay: FlaskClient, jane: Clinician, ana: Patient
    ) -> None:
        shown = fay.get(f"/desk/bookings/new?patient_id={ana.id}&from_on=31.2.2026")
        assert shown.status_code == 422
        assert 'value="31.2.2026"' in shown.text
        assert "Enter a date" in errors_in(shown)

    def test_the_page_costs_a_fixed_number_of_queries(
        self, fay: FlaskClient, session: Session, riverside: Centre, ana: Patient
    ) -> None:
        for number in range(12):
            a_clinician(session, riverside, full_name=f"Jane {chr(65 + number)}")
        session.flush()
        with counted() as queries:
            assert fay.get(f"/desk/bookings/new?patient_id={ana.id}").status_code == 200
        assert len(queries) <= 8


class TestHolding:
    def test_a_chosen_time_is_held_at_once_and_read_back(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        held = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
        assert held.waiting_for == Waiting.HOLD
        assert held.hold_expires_at == NOW + timedelta(minutes=10)
        assert held.channel == Channel.DESK
        shown = fay.get(page_of(held)).text
        spoken = shown.partition('id="spoken"')[2].partition("</div>")[0]
        assert "Thursday 5 March, 10:00" in spoken
        assert "with Dr Jane Smith at Riverside" in spoken
        assert "£60.00, to be paid at the centre" in spoken
        assert "free of charge until Wednesday 4 March, 10:00" in spoken
        assert "data-countdown" in shown

    def test_a_time_from_the_board_is_held_as_soon_as_the_patient_is_chosen(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        slot = slot_at(session, jane, "2026-03-02 10:00")
        shown = fay.get(f"/desk/bookings/new?slot={slot}").text
        assert "Monday 2 March, 10:00" in shown
        found = fay.post("/desk/bookings/patients", data={"search": "silva", "slot": slot}).text
        assert '<form class="choices" method="post" action="/desk/bookings/holds"' in found
        assert take(fay, session, ana, slot).starts_at == wall("2026-03-02 10:00")

    def test_another_time_lets_the_first_one_go(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        first = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
        again = fay.get(f"/desk/bookings/new?patient_id={ana.id}&instead_of={first.uid}&on=2026-03-05").text
        assert slot_at(session, jane, "2026-03-05 11:00") in again
        second = take(fay, session, ana, slot_at(session, jane, "2026-03-05 11:00"), instead_of=first.uid)
        session.refresh(first)
        assert first.status == Status.CANCELLED
        assert second.is_hold

    def test_a_time_lost_meanwhile_leaves_the_first_one_held(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        first = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
        wanted = slot_at(session, jane, "2026-03-05 11:00")
        an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 11:00"))
        answer = fay.post(
            "/desk/bookings/holds", data={"patient_id": ana.id, "slot": wanted, "instead_of": first.uid}
        )
        assert answer.status_code == 409
        assert "Someone has just taken that time" in answer.text
        assert "Ana Silva" in answer.text
        session.refresh(first)
        assert first.is_hold

    def test_a_time_lost_meanwhile_offers_others_for_the_same_patient(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        wanted = slot_at(session, jane, "2026-03-05 11:00")
        an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 11:00"))
        answer = fay.post("/desk/bookings/holds", data={"patient_id": ana.id, "slot": wanted})
        assert answer.status_code == 409
        assert "Ana Silva" in answer.text
        assert slot_at(session, jane, "2026-03-05 12:00") in answer.text

    def test_the_caller_may_change_their_mind(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        held = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
        answer = fay.post(f"/desk/bookings/holds/{held.uid}/release")
        assert answer.headers["Location"] == f"/desk/bookings/new?patient_id={ana.id}"
        assert session.scalars(select(Occupancy)).all() == []

    def test_nobody_else_sees_what_fay_holds(
        self, fay: FlaskClient, cora: FlaskClient, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        held = take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))
        assert cora.get(page_of(held)).status_code == 404
        assert cora.post(f"/desk/bookings/holds/{held.uid}/confirmation").status_code == 404
        assert cora.post(f"/desk/bookings/holds/{held.uid}/release").status_code == 404

    def test_a_time_at_another_centre_is_refused(
        self, fay: FlaskClient, session: Session, ana: Patient
    ) -> None:
        ben = a_clinician(session, a_centre(session))
        slot = slot_at(session, ben, "2026-03-05 10:00")
        assert fay.post("/desk/bookings/holds", data={"patient_id": ana.id, "slot": slot}).status_code == 403

    @pytest.mark.parametrize(
        ("data", "status"),
        [({"patient_id": "1"}, 400), ({"slot": "1-1-1-1"}, 404), ({"patient_id": "999999", "slot": "1-1-1-1"}, 404)],
    )
    def test_half_a_request_holds_nothing(self, fay: FlaskClient, data: dict[str, str], status: int) -> None:
        assert fay.post("/desk/bookings/holds", data=data).status_code == status


class TestConfirming:
    @pytest.fixture
    def held(self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient) -> Appointment:
        return take(fay, session, ana, slot_at(session, jane, "2026-03-05 10:00"))

    def confirm(self, browser: FlaskClient, held: Appointment, **data: str) -> str:
        """The page after booking."""
        answer = browser.post(f"/desk/bookings/holds/{held.uid}/confirmation", data=data)
        assert answer.status_code == 303, answer.text
        return browser.get(answer.headers["Location"]).text

    def test_it_is_booked_and_said_once_more(self, fay: FlaskClient, session: Session, held: Appointment) -> None:
        shown = self.confirm(fay, held, patient_notes="Comes with a child", fee="60.00")
        assert "For Ana Silva" in shown
        assert "Thursday 5 March, 10:00" in shown
        session.refresh(held)
        assert held.status == Status.CONFIRMED
        assert held.patient_notes == "Comes with a child"
        assert held.fee_minor == 6000

    def test_staff_may_set_the_fee(self, fay: FlaskClient, session: Session, held: Appointment) -> None:
        assert "£25.50" in self.confirm(fay, held, fee="25.50")
        session.refresh(held)
        assert held.fee_minor == 2550

    @pytest.mark.parametrize("fee", ["much", "-5", "1.005", "99999999999"])
    def test_a_fee_that_makes_no_sense_comes_back_with_words(
        self, fay: FlaskClient, session: Session, held: Appointment, fee: str
    ) -> None:
        answer = fay.post(
            f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": fee, "patient_notes": "Kept"}
        )
        assert answer.status_code == 422
        assert f'value="{fee}"' in answer.text
        assert "Kept</textarea>" in answer.text
        assert "amount" in errors_in(answer)
        session.refresh(held)
        assert held.is_hold

    def test_a_service_that_can_be_both_may_be_changed_to_online(
        self, fay: FlaskClient, session: Session, jane: Clinician, held: Appointment
    ) -> None:
        edit_service(session, service_of(session, jane), is_online=True)
        session.flush()
        assert 'value="ONLINE"' in fay.get(page_of(held)).text
        assert "with Dr Jane Smith, online" in self.confirm(fay, held, session_type="ONLINE", fee="60")
        booked = session.scalars(select(Appointment).where(Appointment.status == Status.CONFIRMED)).one()
        assert booked.session_type == SessionType.ONLINE
        assert booked.starts_at == held.starts_at

    def test_a_hold_that_ran_out_is_booked_all_the_same_when_the_time_is_free(
        self, fay: FlaskClient, session: Session, held: Appointment
    ) -> None:
        with clock.travel_to(NOW + timedelta(minutes=20)):
            assert "no longer held" in fay.get(page_of(held)).text
            assert "Thursday 5 March, 10:00" in self.confirm(fay, held, fee="60")

    def test_a_time_gone_meanwhile_offers_others_and_keeps_what_was_typed(
        self, fay: FlaskClient, session: Session, jane: Clinician, held: Appointment
    ) -> None:
        with clock.travel_to(NOW + timedelta(minutes=20)):
            an_appointment(session, clinician=jane, starts_at=held.starts_at, at=NOW + timedelta(minutes=20))
            answer = fay.post(
                f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": "42", "patient_notes": "Kept"}
            )
            assert answer.status_code == 409
            assert "Someone has just taken that time" in answer.text
            assert "Kept</textarea>" in answer.text
            other = re.search(r'name="slot" value="([^"]+)"', answer.text)
            assert other is not None
            chosen = fay.post(
                f"/desk/bookings/holds/{held.uid}/confirmation",
                data={"fee": "42", "patient_notes": "Kept", "slot": other[1]},
            )
            shown = fay.get(chosen.headers["Location"]).text
            assert "Kept</textarea>" in shown
            assert 'value="42' in shown
            assert "Kept" not in chosen.headers["Location"]

    def test_booking_twice_books_once(self, fay: FlaskClient, session: Session, held: Appointment) -> None:
        self.confirm(fay, held, fee="60")
        self.confirm(fay, held, fee="60")
        assert len(session.scalars(select(Appointment).where(Appointment.status == Status.CONFIRMED)).all()) == 1
        answer = fay.get(page_of(held))
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/desk/bookings/{held.id}/booked"

    def test_a_time_let_go_in_another_tab_leads_back_to_the_times(
        self, fay: FlaskClient, held: Appointment
    ) -> None:
        fay.post(f"/desk/bookings/holds/{held.uid}/release")
        assert 'id="times"' in fay.get(page_of(held)).text
        answer = fay.post(f"/desk/bookings/holds/{held.uid}/confirmation", data={"fee": "60"})
        assert answer.status_code == 409
        assert "Ana Silva" in answer.text

    def test_booked_at_another_centre_is_refused_and_unknown_is_not_found(
        self, fay: FlaskClient, session: Session
    ) -> None:
        other = an_appointment(session)
        assert fay.get(f"/desk/bookings/{other.id}/booked").status_code == 403
        assert fay.get("/desk/bookings/999999/booked").status_code == 404
        assert fay.get("/desk/bookings/new?hold=7b7f7f7e-0000-4000-8000-000000000000").status_code == 404
        assert fay.get("/desk/bookings/new?hold=x").status_code == 404


class TestWhoMay:
    def test_clinicians_book_their_own_patients_with_themselves(
        self, browser_of: BrowserOf, session: Session, riverside: Centre, jane: Clinician
    ) -> None:
        ruth = a_clinician(session, riverside, full_name="Ruth Vale")
        visit = an_appointment(session, clinician=jane)
        patient = visit.patient
        assert patient is not None
        own = browser_of(account_of(session, jane))
        shown = own.get(f"/desk/bookings/new?patient_id={patient.id}").text
        assert "Dr Jane Smith" in shown
        assert "Ruth Vale" not in shown
        slot = slot_at(session, ruth, "2026-03-05 10:00")
        assert own.post("/desk/bookings/holds", data={"patient_id": patient.id, "slot": slot}).status_code == 403
        take(own, session, patient, slot_at(session, jane, "2026-03-06 10:00"))

    def test_a_clinician_does_not_find_the_patients_of_others(
        self, browser_of: BrowserOf, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        own = browser_of(account_of(session, jane))
        assert own.get(f"/desk/bookings/new?patient_id={ana.id}").status_code == 404
        assert "Ana Silva" not in own.post("/desk/bookings/patients", data={"search": "silva"}).text

    def test_patients_and_visitors_stay_outside(self, client: FlaskClient, browser_of: BrowserOf) -> None:
        assert client.get("/desk/bookings/new").status_code in {303, 401}
        patient = browser_of(Role.PATIENT)
        assert patient.get("/desk/bookings/new").status_code == 403
        assert patient.post("/desk/bookings/patients", data={"search": "silva"}).status_code == 403

    @pytest.mark.parametrize("query", ["patient_id=999999", "patient_id=x", "service_id=999999&patient_id={ana}"])
    def test_unknown_ids_are_not_found(self, fay: FlaskClient, jane: Clinician, ana: Patient, query: str) -> None:
        assert fay.get(f"/desk/bookings/new?{query.format(ana=ana.id)}").status_code == 404

    def test_another_centre_is_refused(self, fay: FlaskClient, session: Session, ana: Patient) -> None:
        other = a_centre(session)
        assert fay.get(f"/desk/bookings/new?patient_id={ana.id}&centre_id={other.id}").status_code == 403

    def test_an_administrator_sees_the_times_of_all_centres_with_their_zones(
        self, browser_of: BrowserOf, session: Session, jane: Clinician, ana: Patient
    ) -> None:
        boston = a_centre(session, name="Harbour", city="Boston", time_zone="America/New_York", currency="USD")
        a_clinician(session, boston, full_name="Ben Ortiz")
        session.flush()
        shown = browser_of(Role.ADMIN).get(f"/desk/bookings/new?patient_id={ana.id}&on=2026-03-03").text
        assert "New York time (GMT-5)" in shown
        assert "London time (GMT)" in shown


class TestOverbooking:
    DATA = {"on": "2026-03-05", "time": "10:00", "reason": "Urgent pain"}

    @pytest.fixture
    def taken(self, session: Session, jane: Clinician) -> Appointment:
        return an_appointment(session, clinician=jane, starts_at=wall("2026-03-05 10:00"))

    def data(self, session: Session, jane: Clinician, ana: Patient, riverside: Centre) -> dict[str, object]:
        service = service_of(session, jane)
        return {**self.DATA, "patient_id": ana.id, "service": service.id, "centre_id": riverside.id}

    def test_cora_books_over_a_taken_time_with_a_reason(
        self, cora: FlaskClient, session: Session, jane: Clinician, ana: Patient, riverside: Centre, taken: Appointment
    ) -> None:
        shown = cora.get(f"/desk/bookings/new?overbook=1&patient_id={ana.id}&clinician_id={jane.id}&from_on=2026-03-05")
        assert "Overbook this time" in shown.text
        answer = cora.post("/desk/bookings/overbookings", data=self.data(session, jane, ana, riverside))
        assert "Overbooked" in cora.get(answer.headers["Location"]).text
        made = session.scalars(select(Appointment).where(Appointment.patient_id == ana.id)).one()
        assert made.is_overbooked
        assert "Urgent pain" in made.clinician_notes
        audited = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == made.id)).all()
        assert "appointment.override-rule" in audited

    def test_fay_may_not(
        self, fay: FlaskClient, session: Session, jane: Clinician, ana: Patient, riverside: Centre, taken: Appointment
    ) -> None:
        assert "Overbook this time" not in fay.get(f"/desk/bookings/new?overbook=1&patient_id={ana.id}").text
        assert fay.post("/desk/bookings/overbookings", data=self.data(session, jane, ana, riverside)).status_code == 403

    @pytest.mark.parametrize("missing", ["reason", "time", "on", "service"])
    def test_what_is_missing_is_asked_for(
        self, cora: FlaskClient, session: Session, jane: Clinician, ana: Patient, riverside: Centre, missing: str
    ) -> None:
        data = self.data(session, jane, ana, riverside)
        answer = cora.post("/desk/bookings/overbookings", data={**data, missing: ""})
        assert answer.status_code == 422
        assert f'href="#{missing}"' in errors_in(answer)

    def test_nobody_is_in_two_places(
        self, cora: FlaskClient, session: Session, jane: Clinician, ana: Patient, riverside: Centre
    ) -> None:
        an_appointment(session, patient=ana, starts_at=wall("2026-03-05 10:00"))
        answer = cora.post("/desk/bookings/overbookings", data=self.data(session, jane, ana, riverside))
        assert answer.status_code == 409
        assert "The patient already has an appointment at that time" in answer.text
        assert "Urgent pain" in answer.text
