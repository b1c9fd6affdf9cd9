"""What Bo has earned in a week, a month, a year: from the books, in his own days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core.errors import Invalid, NotFound
from portal.payments import earnings, ledger
from portal.payments.earnings import Earnings
from portal.payments.models import Payment
from portal.payments.paying_out import pay_out
from portal.payments.periods import Period, Span
from portal.payments.rules import split_fee
from portal.payments.standings import standings, totals
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import a_clinician, a_service, an_appointment
from tests.payments.paying import FEE, a_paid, a_refund, settle
from tests.web.helpers import counted

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
DAY = timedelta(days=1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


def seen(session: Session, cast: Cast, at: datetime = NOW, **changes: int) -> Payment:
    """Ana was seen and had paid; it was earned at that instant."""
    payment = a_paid(session, cast, **changes)
    visit = session.get_one(Appointment, payment.appointment_id)
    visit.status, visit.starts_at, visit.ends_at = Status.COMPLETED, at, at + timedelta(hours=1)
    session.flush()
    ledger.record_earned(session, payment, split_fee(FEE), clinician_id=visit.clinician_id, at=at)
    return payment


def march(session: Session, cast: Cast) -> Earnings:
    return earnings.earnings_of(session, cast.clinician, MARCH, "GBP")


def by_day(found: Earnings) -> dict[date, tuple[int, int]]:
    return {one.on: (one.minor, one.bookings) for one in found.by_day if one.minor or one.bookings}


class TestPeriods:
    @pytest.mark.parametrize(
        ("span", "first", "last"),
        [
            (Span.WEEK, date(2026, 2, 23), date(2026, 3, 1)),
            (Span.MONTH, date(2026, 3, 1), date(2026, 3, 31)),
            (Span.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
        ],
    )
    def test_the_one_around_a_day(self, span: Span, first: date, last: date) -> None:
        found = Period.around(date(2026, 3, 1), span)
        assert found == Period(first, last)
        assert found.span is span
        assert (found.before.last, found.after.first) == (first - DAY, last + DAY)
        assert found.before.span is found.after.span is span

    def test_other_days_move_by_their_own_length(self) -> None:
        ten = Period(date(2026, 3, 11), date(2026, 3, 20))
        assert ten.span is None
        assert ten.before == Period(date(2026, 3, 1), date(2026, 3, 10))
        assert ten.after == Period(date(2026, 3, 21), date(2026, 3, 30))
        assert ten.after.before == ten

    def test_days_that_make_no_period_are_refused(self) -> None:
        day = date(2026, 3, 1)
        assert Period.between(None, None) is None
        assert Period.between(day, day) == Period(day, day)
        for first, last, field in (
            (None, day, "start_date"),
            (day, None, "end_date"),
            (day, day - DAY, "end_date"),
            (day, day + 366 * DAY, "end_date"),
        ):
            with pytest.raises(Invalid) as refusal:
                Period.between(first, last)
            assert set(refusal.value.details) == {field}

    def test_the_night_on_which_clocks_change_belongs_to_it_whole(self) -> None:
        begins, ends = Period(date(2026, 3, 29), date(2026, 3, 29)).bounds(ZoneInfo("Europe/London"))
        assert ends - begins == timedelta(hours=23)


def test_what_was_earned_counts_on_its_day_and_visits_on_theirs(session: Session, cast: Cast) -> None:
    seen(session, cast, NOW - DAY)
    seen(session, cast, NOW)
    seen(session, cast, NOW - 2 * DAY)
    an_appointment(session, clinician=cast.clinician, starts_at=NOW + 2 * DAY)
    found = march(session, cast)
    assert (found.minor, found.bookings, found.completed) == (2 * FEE, 3, 2)
    assert (found.average_minor, found.owed_minor) == (FEE, 3 * FEE)
    assert by_day(found) == {
        date(2026, 3, 1): (FEE, 1),
        date(2026, 3, 2): (FEE, 1),
        date(2026, 3, 4): (0, 1),
    }
    assert len(found.by_day) == 31


def test_a_refund_is_taken_off_on_its_own_day(session: Session, cast: Cast) -> None:
    payment = seen(session, cast, NOW - 3 * DAY)
    settle(session, a_refund(session, payment, 2000))
    found = march(session, cast)
    assert (found.minor, found.average_minor, found.owed_minor) == (-2000, None, FEE - 2000)


def test_a_payout_earns_nothing(session: Session, cast: Cast) -> None:
    seen(session, cast)
    pay_out(session, cast.clinician.id, currency="GBP", by=cast.ada, at=NOW)
    found = march(session, cast)
    assert (found.minor, found.owed_minor) == (FEE, 0)


def test_each_service_has_its_own_figures_the_best_first(session: Session, cast: Cast) -> None:
    seen(session, cast)
    service = a_service(session, cast.clinician)
    payment = a_paid(session, cast)
    visit = session.get_one(Appointment, payment.appointment_id)
    visit.service_id = service.id
    ledger.record_earned(session, payment, split_fee(1000), clinician_id=cast.clinician.id, at=NOW)
    found = march(session, cast)
    assert [(one.title, one.minor, one.bookings) for one in found.by_service] == [
        ("Consultation", FEE, 1),
        ("Follow-up", 1000, 1),
    ]


def test_days_are_those_of_the_clinicians_zone(session: Session, cast: Cast) -> None:
    asha = a_clinician(session, None, time_zone="Asia/Kolkata")
    late = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    payment = a_paid(session, cast)
    ledger.record_earned(session, payment, split_fee(FEE), clinician_id=asha.id, at=late)
    assert by_day(earnings.earnings_of(session, asha, MARCH, "GBP")) == {date(2026, 3, 2): (FEE, 0)}


def test_currencies_are_never_added_up(session: Session, cast: Cast) -> None:
    seen(session, cast)
    seen(session, cast, currency="EUR")  # type: ignore[arg-type]
    assert earnings.currencies_of(session, cast.clinician) == ["GBP", "EUR"]
    assert march(session, cast).minor == FEE
    assert [(one.currency, one.minor) for one in earnings.owed_to(session, cast.clinician)] == [
        ("GBP", FEE),
        ("EUR", FEE),
    ]


def test_figures_take_as_many_queries_however_much_was_earned(session: Session, cast: Cast) -> None:
    for _ in range(4):
        seen(session, cast)
    with counted() as queries:
        march(session, cast)
    assert len(queries) == 3


def test_whose_earnings_one_may_see(session: Session, cast: Cast) -> None:
    for actor in (cast.bo, cast.max, cast.ada):
        assert earnings.get_earner(session, actor, cast.clinician.id) is cast.clinician
    for actor in (cast.zoe, cast.ana, cast.fay, cast.mia):
        with pytest.raises(NotFound):
            earnings.get_earner(session, actor, cast.clinician.id)


def test_the_practice_sees_what_each_earned_and_is_owed(session: Session, cast: Cast) -> None:
    zoe = cast.zoe.clinician_id
    seen(session, cast, NOW - 2 * DAY)
    seen(session, cast)
    ledger.record_earned(session, a_paid(session, cast), split_fee(FEE), clinician_id=zoe, at=NOW)
    pay_out(session, cast.clinician.id, currency="GBP", by=cast.ada, at=NOW)
    everybody = standings(session, MARCH)
    assert [(one.clinician.id, one.earned_minor, one.owed_minor) for one in everybody.items] == [
        (cast.clinician.id, FEE, 0),
        (zoe, FEE, FEE),
    ]
    assert [one.clinician.id for one in standings(session, only_owed=True).items] == [zoe]
    assert [(one.currency, one.earned_minor, one.owed_minor) for one in totals(session, MARCH)] == [
        ("GBP", 2 * FEE, FEE)
    ]
    assert standings(session, MARCH, page=2, limit=1).items[0].clinician.id == zoe
    assert standings(session, MARCH, limit=1).total == 2
