"""What messages say of a series: how many visits, with whom, where, and when each of them is."""

from collections.abc import Sequence

from portal.appointments.links import Purpose, link_token
from portal.appointments.models import Appointment
from portal.notifications import policy
from portal.notifications.wording.defaults import language_for
from portal.notifications.wording.visits import appointment_values, when
from portal.people.models import Patient


def series_values(
    visits: Sequence[Appointment],
    *,
    language: str | None,
    to_clinician: bool = False,
    reader: Patient | None = None,
) -> dict[str, str]:
    """The values of the placeholders for several visits of one series, in order of time; its link leads to all."""
    first, chosen = visits[0], language_for(language)
    values = appointment_values(first, language=language, to_clinician=to_clinician, reader=reader)
    dates = "; ".join(when(visit.starts_at, visit.zone, chosen) for visit in visits)
    rules = policy.current()
    path = f"series/{first.series_id}"
    if not to_clinician:
        # A link ends some days after its visit: the last one's lasts as long as there is something to come.
        path = f"b/series/{link_token(rules.secret, visits[-1], Purpose.SERIES)}"
    link = f"{rules.public_url}/{path}"
    return {**values, "count": str(len(visits)), "dates": dates, "link": link}
