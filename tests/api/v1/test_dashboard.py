"""Dashboards by the API: ANA-01 to ANA-04. It is Monday 2 March 2026, 9:00."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment, Status
from tests.api.client import data_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment, wall
from tests.payments.paying import a_paid


class TestPatients:
    def test_what_is_next_what_was_paid_and_how_much_in_all(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        payment = a_paid(session, cast)
        an_appointment(
            session,
            clinician=cast.clinician,
            patient=cast.patient,
            starts_at=NOW - timedelta(days=7),
            status=Status.COMPLETED,
        )
        an_appointment(session, clinician=cast.clinician, patient=cast.stranger)
        found = data_of(program(cast.ana).get("/dashboard"))
        assert (found["role"], found["totalAppointments"], found["unreadMessages"]) == ("PATIENT", 2, 0)
        assert [one["id"] for one in found["upcomingAppointments"]] == [payment.appointment_id]
        assert [one["id"] for one in found["recentPayments"]] == [payment.id]
        assert found["totalSpent"] == [{"currency": "GBP", "amount": 60.0}]

    def test_nothing_yet_is_no_failure(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        found = data_of(program(cast.zora).get("/dashboard"))
        assert (found["upcomingAppointments"], found["recentPayments"], found["totalSpent"]) == ([], [], [])

    def test_charts_and_activity_are_for_clinicians(self, cast: Cast, program: ProgramOf) -> None:
        for path in ("/dashboard/charts", "/dashboard/activity"):
            assert program(cast.ana).get(path).status_code == 403
        assert program(cast.fay).get("/dashboard").status_code == 403


class TestClinicians:
    def test_the_figures_of_the_moment(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        payment = a_paid(session, cast)
        visit = session.get_one(Appointment, payment.appointment_id)
        appointments.complete(session, visit, by=cast.bo, at=visit.ends_at)
        an_appointment(session, clinician=cast.clinician, patient=cast.stranger)
        found = data_of(program(cast.bo).get("/dashboard"))
        assert found == {
            "role": "CLINICIAN",
            "timezone": "Europe/London",
            "todaysSessions": 0,
            "upcomingSessions": 1,
            "pendingRequests": 0,
            "completedSessions": 1,
            "totalPatients": 2,
            "revenueThisMonth": [{"currency": "GBP", "amount": 60.0}],
            "averageRating": None,
            "unreadMessages": 0,
            "openQuotations": 0,
        }

    def test_the_charts_of_a_period(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        before = wall("2026-02-20 10:00")
        for patient, starts_at in ((cast.patient, before), (cast.patient, None), (cast.stranger, None)):
            an_appointment(session, clinician=cast.clinician, patient=patient, starts_at=starts_at)
        an_appointment(session, clinician=cast.clinician, patient=cast.stranger, status=Status.CANCELLED)
        found = data_of(program(cast.bo).get("/dashboard/charts", period="week"))
        assert (found["startDate"], found["endDate"]) == ("2026-03-02", "2026-03-08")
        assert sum(day["appointments"] for day in found["appointmentsPerDay"]) == 2
        assert len(found["appointmentsPerDay"]) == 7
        assert {one["status"]: one["count"] for one in found["statusSplit"] if one["count"]} == {
            "CONFIRMED": 2,
            "CANCELLED": 1,
        }
        assert found["patients"] == {"new": 1, "returning": 1}
        assert [one["month"] for one in found["revenuePerMonth"]][0::11] == ["2025-04", "2026-03"]
        assert program(cast.bo).get("/dashboard/charts", period="decade").status_code == 400

    def test_what_happened_lately_without_a_word_of_why(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        payment = a_paid(session, cast)
        found = data_of(program(cast.bo).get("/dashboard/activity"))
        assert {one["type"]: one["text"] for one in found} == {
            "confirmed": "Ana Silva is booked",
            "paid": "Ana Silva has paid",
        }
        assert {one["relatedId"] for one in found} == {payment.appointment_id}
        assert all(
            set(one) >= {"id", "type", "text", "actorName", "relatedType", "createdAt"} for one in found
        )
        assert len(data_of(program(cast.bo).get("/dashboard/activity", limit=1))) == 1
        assert data_of(program(cast.zoe).get("/dashboard/activity")) == []
