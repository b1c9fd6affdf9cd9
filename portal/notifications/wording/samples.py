"""Values that show what a message looks like before there is one."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.core.money import Money
from portal.notifications import policy
from portal.notifications.wording.defaults import catalogue, language_for
from portal.notifications.wording.placeholders import filled
from portal.notifications.wording.quotations import on_day
from portal.notifications.wording.visits import hour, sum_of, when

PATIENT, CLINICIAN, PLACE = "Ana Silva", "Dr Jane Smith", "Riverside, 1 High Street"
AHEAD = timedelta(days=7)
LINK = "kzgJ0m5rQ9eXv2hYwTqL8A.V7c1nFQ0pXoK3mZbR5sYt9dEuWg"  # as long as a real one


def sample_values(language: str | None, zone: ZoneInfo, at: datetime) -> dict[str, str]:
    """A value for every placeholder: a visit a week after `at`, told in the zone."""
    chosen = language_for(language)
    parts, day = catalogue(chosen).parts, clock.local_day(at + AHEAD, zone)
    starts_at, previous, later = (clock.at(day, time(wall), zone) for wall in (10, 9, 14))
    place = filled(parts["place"], {"place": PLACE})
    visits = (
        filled(parts["visit"], {"when": said, "clinician": CLINICIAN, "where": place})
        for said in (when(starts_at, zone, chosen), hour(later, zone, chosen))
    )
    return {
        "patient": PATIENT,
        "clinician": CLINICIAN,
        "when": when(starts_at, zone, chosen),
        "where": place,
        "previous": when(previous, zone, chosen),
        "reference": "7GK-2QX",
        "link": f"{policy.current().public_url}/b/{LINK}",
        "visits": "; ".join(visits),
        "count": "6",
        "dates": "; ".join(when(instant, zone, chosen) for instant in (starts_at, starts_at + AHEAD)),
        "sender": CLINICIAN,
        "amount": sum_of(Money(4500, "GBP"), chosen),
        "until": when(previous, zone, chosen),
        "quotation": "Q-2027-000007",
        "last_day": on_day(day, chosen),
        "code": "123456",
        "minutes": "10",
        "reason": parts["sample_reason"],
        "practice": policy.current().practice_name,
    }
