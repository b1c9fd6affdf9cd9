"""The figures that charts are drawn from, against plain Python, around the nights on which clocks change."""

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from portal.analytics.charts import charts_of
from portal.appointments.models import Appointment, Channel, SessionType, Status
from portal.core import clock
from portal.payments.periods import Period, Span
from tests.factories import a_clinician, a_patient, service_of, wall

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
OVER = (Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED)
# Half hours of the two weeks around the change in London, and the days before and after.
STARTS = st.integers(0, 16 * 48).map(lambda half: wall("2026-03-21 00:00") + timedelta(minutes=30 * half))
VISITS = st.lists(st.tuples(st.integers(0, 2), STARTS, st.sampled_from(OVER)), max_size=12)


def test_days_statuses_and_who_is_new_agree_with_plain_python(session: Session) -> None:
    clinician = a_clinician(session)
    service = service_of(session, clinician)
    patients = [a_patient(session).id for _ in range(3)]
    session.flush()

    def row(patient: int, starts_at: datetime, status: Status) -> dict[str, object]:
        is_cancelled = status is Status.CANCELLED
        return {
            "patient_id": patients[patient], "clinician_id": clinician.id, "centre_id": clinician.primary_centre_id,
            "service_id": service.id, "session_type": SessionType.IN_PERSON, "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=30), "time_zone": "Europe/London", "status": status,
            "fee_minor": 0, "currency": "GBP", "channel": Channel.DESK, "booked_at": starts_at,
            "cancelled_at": starts_at if is_cancelled else None, "cancelled_by": "CENTRE" if is_cancelled else None,
            "created_at": starts_at, "updated_at": starts_at,
        }  # fmt: skip

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(visits=VISITS, zone=st.sampled_from(ZONES), span=st.sampled_from((Span.WEEK, Span.MONTH)))
    def agree(visits: list[tuple[int, datetime, Status]], zone: str, span: Span) -> None:
        session.execute(delete(Appointment).where(Appointment.clinician_id == clinician.id))
        if visits:
            session.execute(insert(Appointment), [row(*visit) for visit in visits])
        clinician.time_zone = zone
        session.flush()
        at = wall("2026-03-29 12:00")
        found = charts_of(session, clinician, span, at=at)
        where = clock.zone(zone)
        period = Period.around(at.astimezone(where).date(), span)
        inside = [
            (who, starts_at.astimezone(where).date(), status)
            for who, starts_at, status in visits
            if period.first <= starts_at.astimezone(where).date() <= period.last
        ]
        stands = [(who, on) for who, on, status in inside if status is not Status.CANCELLED]
        days: Counter[date] = Counter(on for _, on in stands)
        assert found.by_day == {on: days[on] for on in period.days}
        statuses = Counter(status for *_, status in inside)
        assert found.by_status == {status: statuses[status] for status in Status}
        seen = {who for who, _ in stands}
        before = {
            who
            for who, starts_at, status in visits
            if status is not Status.CANCELLED and starts_at.astimezone(where).date() < period.first
        }
        assert (found.new, found.returning) == (len(seen - before), len(seen & before))

    agree()


def test_revenue_is_by_month_of_the_zone_and_twelve_of_them(session: Session) -> None:
    clinician = a_clinician(session)
    session.flush()
    found = charts_of(session, clinician, Span.YEAR, at=wall("2026-01-31 23:30"))
    assert list(found.by_month)[0::11] == [date(2025, 2, 1), date(2026, 1, 1)]
    assert set(found.by_month.values()) == {0}
    assert len(found.by_day) == 365
