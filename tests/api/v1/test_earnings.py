"""Earnings, payouts and plans by the API: ANA-05, RFD-03, SUB-03. It is Monday 2 March 2026, 9:00."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.models import Appointment
from portal.payments import ledger
from portal.payments.models import Payment
from portal.payments.rules import split_fee
from tests.api.client import data_of, details_of, refusal_of
from tests.api.conftest import ProgramOf
from tests.cast import Cast
from tests.conftest import NOW
from tests.payments.paying import FEE, a_paid, a_payout


def earned(session: Session, cast: Cast, **changes: Any) -> Payment:
    payment = a_paid(session, cast, **changes)
    ledger.record_earned(session, payment, split_fee(FEE), clinician_id=cast.clinician.id, at=NOW)
    return payment


class TestEarnings:
    def test_the_documented_fields(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        payment = a_paid(session, cast)
        visit = session.get_one(Appointment, payment.appointment_id)
        appointments.complete(session, visit, by=cast.bo, at=visit.ends_at)
        answer = data_of(program(cast.bo).get("/clinicians/me/earnings", period="week"))
        daily = answer.pop("dailyEarnings")
        assert answer == {
            "clinicianId": cast.clinician.id,
            "startDate": "2026-03-02",
            "endDate": "2026-03-08",
            "timezone": "Europe/London",
            "currency": "GBP",
            "currencies": ["GBP"],
            "totalEarnings": 60.0,
            "totalBookings": 1,
            "completedSessions": 1,
            "pendingPayouts": 60.0,
            "averageSessionValue": 60.0,
            "byService": [
                {
                    "serviceId": visit.service_id,
                    "serviceTitle": "Consultation",
                    "bookings": 1,
                    "earnings": 60.0,
                }
            ],
        }
        assert [day["date"] for day in daily] == [f"2026-03-0{number}" for number in range(2, 9)]
        assert {"date": "2026-03-03", "earnings": 60.0, "bookings": 1} in daily

    def test_a_period_or_days_may_be_named(self, cast: Cast, program: ProgramOf) -> None:
        bo = program(cast.bo)

        def bounds(**query: Any) -> tuple[str, str]:
            found = data_of(bo.get("/clinicians/me/earnings", **query))
            return found["startDate"], found["endDate"]

        assert bounds() == ("2026-03-01", "2026-03-31")
        assert bounds(period="year") == ("2026-01-01", "2026-12-31")
        assert bounds(startDate="2026-02-10", endDate="2026-02-11") == ("2026-02-10", "2026-02-11")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"period": "decade"}, "period"),
            ({"startDate": "2026-03-01"}, "endDate"),
            ({"endDate": "2026-03-01"}, "startDate"),
            ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, "endDate"),
            ({"startDate": "2025-01-01", "endDate": "2026-03-01"}, "endDate"),
            ({"currency": "EUR"}, "currency"),
            ({"currency": "pounds"}, "currency"),
        ],
    )
    def test_what_makes_no_sense_is_named(
        self, cast: Cast, program: ProgramOf, query: dict[str, str], field: str
    ) -> None:
        answer = program(cast.bo).get("/clinicians/me/earnings", **query)
        assert answer.status_code == 400
        assert set(details_of(answer)) == {field}

    def test_another_currency_has_figures_of_its_own(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        earned(session, cast)
        earned(session, cast, currency="EUR")
        address = f"/clinicians/{cast.clinician.slug}/earnings"
        for currency in ("GBP", "eur"):
            found = data_of(program(cast.max).get(address, currency=currency))
            assert (found["currency"], found["totalEarnings"]) == (currency.upper(), 60.0)
            assert found["currencies"] == ["GBP", "EUR"]

    def test_who_has_left_is_still_owed(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        earned(session, cast)
        cast.clinician.deleted_at = NOW
        session.flush()
        found = data_of(program(cast.ada).get(f"/clinicians/{cast.clinician.id}/earnings"))
        assert found["pendingPayouts"] == 60.0
        made = program(cast.ada).post("/payouts", {"clinicianId": cast.clinician.id})
        assert made.status_code == 201


class TestPayouts:
    def test_all_that_is_owed_is_paid_out(self, session: Session, cast: Cast, program: ProgramOf) -> None:
        payment = earned(session, cast)
        answer = program(cast.max).post(
            "/payouts", {"clinicianId": cast.clinician.id, "reference": "BACS 17"}
        )
        assert answer.status_code == 201
        made = data_of(answer)
        known = {
            "id": made["id"],
            "statementNumber": "S-2026-000001",
            "clinicianId": cast.clinician.id,
            "clinicianName": "Dr Bo Larsen",
            "amount": 60.0,
            "currency": "GBP",
            "reference": "BACS 17",
            "createdAt": "2026-03-02T09:00:00Z",
        }
        assert made == known
        bo = program(cast.bo)
        assert data_of(bo.get("/payouts")) == [known]
        shown = data_of(bo.get(f"/payouts/{made['id']}"))
        [line] = shown.pop("lines")
        assert shown == {**known, "broughtForward": 0.0, "earned": 60.0, "stillOwed": 0.0}
        assert line == {
            "earnedAt": "2026-03-02T09:00:00Z",
            "isRefund": False,
            "appointmentId": payment.appointment_id,
            "startAt": "2026-03-03T09:00:00Z",
            "serviceTitle": "Consultation",
            "amount": 60.0,
            "taxes": 0.0,
            "practiceShare": 0.0,
            "clinicianShare": 60.0,
        }

    def test_a_part_may_be_named_and_no_more_than_is_owed(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        earned(session, cast)
        max_ = program(cast.max)
        wanted = {"clinicianId": cast.clinician.id, "amount": 20.5}
        assert data_of(max_.post("/payouts", wanted))["amount"] == 20.5
        assert refusal_of(max_.post("/payouts", {**wanted, "amount": 39.51})) == (409, "CONFLICT")
        assert data_of(max_.post("/payouts", {**wanted, "amount": 39.5}))["amount"] == 39.5
        assert refusal_of(max_.post("/payouts", {"clinicianId": cast.clinician.id})) == (409, "CONFLICT")

    def test_a_payout_that_is_sent_twice_is_made_once(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        earned(session, cast)
        max_ = program(cast.max)
        wanted = {"clinicianId": cast.clinician.id, "amount": 10}
        first, second = (max_.post("/payouts", wanted, key="once") for _ in range(2))
        assert first.json == second.json
        assert data_of(max_.get("/payouts")) == [data_of(first)]

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({}, "clinicianId"),
            ({"amount": 0}, "amount"),
            ({"amount": 1.005}, "amount"),
            ({"amount": -1}, "amount"),
            ({"currency": "£"}, "currency"),
            ({"reference": "x" * 101}, "reference"),
        ],
    )
    def test_what_makes_no_sense_is_named(
        self, session: Session, cast: Cast, program: ProgramOf, wanted: dict[str, Any], field: str
    ) -> None:
        earned(session, cast)
        body = {"clinicianId": cast.clinician.id, **wanted} if wanted else {}
        answer = program(cast.max).post("/payouts", body)
        assert answer.status_code == 400
        assert set(details_of(answer)) == {field}

    def test_nobody_is_no_clinician(self, cast: Cast, program: ProgramOf) -> None:
        assert refusal_of(program(cast.max).post("/payouts", {"clinicianId": 10**9})) == (404, "NOT_FOUND")

    def test_payouts_are_found_by_clinician_and_day(
        self, session: Session, cast: Cast, program: ProgramOf
    ) -> None:
        made = a_payout(session, cast, cast.clinician)
        max_ = program(cast.max)

        def found(**query: Any) -> list[int]:
            return [one["id"] for one in data_of(max_.get("/payouts", **query))]

        assert found() == found(clinicianId=cast.clinician.id) == [made.id]
        assert found(startDate="2026-03-02", endDate="2026-03-02") == [made.id]
        assert found(startDate="2026-03-03") == found(endDate="2026-03-01") == []
        assert found(clinicianId=cast.zoe.clinician_id) == []
        answer = max_.get("/payouts", startDate="2026-03-02", endDate="2026-03-01")
        assert set(details_of(answer)) == {"endDate"}


class TestPlans:
    def test_an_administrator_changes_the_plan_and_the_clinician_sees_it(
        self, cast: Cast, program: ProgramOf
    ) -> None:
        address = f"/clinicians/{cast.clinician.id}"
        wanted = {"plan": "pro", "planExpiresAt": "2027-03-01T00:00:00Z"}
        assert program(cast.ada).patch(address, wanted).status_code == 200
        for actor in (cast.bo, cast.mia):
            shown = data_of(program(actor).get(address))
            assert (shown["plan"], shown["planExpiresAt"]) == ("PRO", "2027-03-01T00:00:00Z")
        assert program(cast.ada).patch(address, {"plan": "FREE"}).status_code == 200
        shown = data_of(program(cast.bo).get("/clinicians/me"))
        assert (shown["plan"], shown["planExpiresAt"]) == ("FREE", None)

    def test_an_end_may_be_changed_or_taken_away_alone(self, cast: Cast, program: ProgramOf) -> None:
        address, ada = f"/clinicians/{cast.clinician.id}", program(cast.ada)
        ada.patch(address, {"plan": "PRO", "planExpiresAt": "2027-03-01T00:00:00Z"})
        shown = data_of(ada.patch(address, {"planExpiresAt": "2028-03-01T00:00:00Z"}))
        assert (shown["plan"], shown["planExpiresAt"]) == ("PRO", "2028-03-01T00:00:00Z")
        shown = data_of(ada.patch(address, {"planExpiresAt": None}))
        assert (shown["plan"], shown["planExpiresAt"]) == ("PRO", None)

    def test_an_end_that_has_passed_is_refused(self, cast: Cast, program: ProgramOf) -> None:
        wanted = {"plan": "PRO", "planExpiresAt": "2026-03-02T08:59:59Z"}
        answer = program(cast.ada).patch(f"/clinicians/{cast.clinician.id}", wanted)
        assert set(details_of(answer)) == {"planExpiresAt"}

    def test_nobody_else_changes_a_plan_and_the_public_sees_none(
        self, cast: Cast, program: ProgramOf
    ) -> None:
        address = f"/clinicians/{cast.clinician.id}"
        for actor in (cast.bo, cast.max, cast.mia):
            assert program(actor).patch(address, {"plan": "PRO"}).status_code == 403
        shown = data_of(program(cast.ana).get(address))
        assert (shown["plan"], shown["planExpiresAt"]) == (None, None)
