"""The figures that charts are drawn from, against plain Python, around the nights on which clocks change."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from portal.analytics.charts import charts_of
from portal.appointments.models import Appointment, Channel, SessionType, Status
from portal.core import clock
from portal.payments.periods import Period, Span
from tests.factories import a_clinician, a_patient, service_of, wall

Visit = tuple[int, datetime, Status]
ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
OVER = (Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED)
# Half hours of the two weeks around the change in London, and the days before and after.
STARTS = st.integers(0, 16 * 48).map(lambda half: wall("2026-03-21 00:00") + timedelta(minutes=30 * half))
VISITS = st.lists(st.tuples(st.integers(0, 2), STARTS, st.sampled_from(OVER)), max_size=12)


def by_hand(visits: list[Visit], period: Period, where: ZoneInfo) -> tuple[object, ...]:
    """The same figures, one visit after the other."""
    days, statuses = Counter[date](), Counter[Status]()
    seen, before = set(), set()
    for who, starts_at, status in visits:
        on = starts_at.astimezone(where).date()
        stands, is_inside = status is not Status.CANCELLED, period.first <= on <= period.last
        if is_inside:
            statuses[status] += 1
        if stands and is_inside:
            days[on] += 1
            seen.add(who)
        if stands and on < period.first:
            before.add(who)
    by_day = {on: days[on] for on in period.days}
    by_status = {status: statuses[status] for status in Status}
    return by_day, by_status, len(seen - before), len(seen & before)


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
    def agree(visits: list[Visit], zone: str, span: Span) -> None:
        session.execute(delete(Appointment).where(Appointment.clinician_id == clinician.id))
        if visits:
            session.execute(insert(Appointment), [row(*visit) for visit in visits])
        clinician.time_zone = zone
        session.flush()
        at = wall("2026-03-29 12:00")
        found = charts_of(session, clinician, span, at=at)
        assert (found.by_day, found.by_status, found.new, found.returning) == by_hand(
            visits, found.period, clock.zone(zone)
        )

    agree()


def test_revenue_is_by_month_of_the_zone_and_twelve_of_them(session: Session) -> None:
    clinician = a_clinician(session)
    session.flush()
    found = charts_of(session, clinician, Span.YEAR, at=wall("2026-01-31 23:30"))
    assert list(found.by_month)[0::11] == [date(2025, 2, 1), date(2026, 1, 1)]
    assert set(found.by_month.values()) == {0}
    assert len(found.by_day) == 365
