"""What messages say of appointments: who, when and where, in the reader's language. Never why."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import format_currency

from portal.appointments.links import Purpose, link_token
from portal.appointments.models import Appointment, SessionType
from portal.appointments.references import reference_of
from portal.core import clock
from portal.core.money import Money
from portal.notifications import policy
from portal.notifications.wording.defaults import catalogue, language_for
from portal.notifications.wording.placeholders import filled
from portal.people.models import Patient

NARROW_SPACE, FIXED_SPACE = "\u202f", "\u00a0"
LONGEST_ZONE = 5  # BST, MESZ: what is longer is no name that people use


def appointment_values(
    appointment: Appointment,
    *,
    language: str | None,
    previous: datetime | None = None,
    to_clinician: bool = False,
    reader: Patient | None = None,
) -> dict[str, str]:
    """The values of an appointment's placeholders, for its patient or its clinician.

    `reader` is somebody who looks after the patient: then it says for whom the visit is.
    `previous` is the instant at which it was to begin before it moved. Online, patients also read their own time.
    """
    chosen = language_for(language)
    patient = appointment.patient
    values = {
        "patient": patient.full_name if patient else "",
        "clinician": appointment.clinician.full_name,
        "when": when(appointment.starts_at, appointment.zone, chosen),
        "where": where(appointment, chosen),
        "link": _link(f"appointments/{appointment.id}") if to_clinician else visit_link(appointment),
        "reference": reference_of(appointment),
        "practice": policy.current().practice_name,
    }
    if reader is not None and patient is not None and reader.id != patient.id:
        named = {"clinician": values["clinician"], "name": patient.full_name}
        values |= {"patient": reader.full_name, "clinician": filled(catalogue(chosen).parts["for"], named)}
    if previous is not None:
        values["previous"] = when(previous, appointment.zone, chosen)
    if not to_clinician:
        values["when"] = _and_own_time(values["when"], appointment, chosen)
    return values


def visits_values(
    appointments: Sequence[Appointment], *, language: str | None, reader: Patient | None = None
) -> dict[str, str]:
    """The values for a message that tells a patient of several visits of one day; its link leads to all of them."""
    first = appointment_values(appointments[0], language=language, reader=reader)
    said, patient = visits_value(appointments, language), appointments[0].patient
    if reader is not None and patient is not None and reader.id != patient.id:
        named = {"clinician": said, "name": patient.full_name}
        said = filled(catalogue(language_for(language)).parts["for"], named)
    return {**first, "visits": said, "link": _day_link(appointments[0])}


def visits_value(appointments: Sequence[Appointment], language: str | None) -> str:
    """Several visits in one line, in order of time; a day that was named is not named again."""
    chosen = language_for(language)
    said, told_day = [], None
    for visit in sorted(appointments, key=lambda one: one.starts_at):
        on = clock.local_day(visit.starts_at, visit.zone)
        start = hour if on == told_day else when
        told_day = on
        own = _and_own_time(start(visit.starts_at, visit.zone, chosen), visit, chosen, apart=", ")
        facts = {"when": own, "clinician": visit.clinician.full_name, "where": where(visit, chosen)}
        said.append(filled(catalogue(chosen).parts["visit"], facts))
    return "; ".join(said)


def when(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """Friday 4 June, 10:00 (BST): wall time in the zone, which is named; with the year when it is another."""
    local = clock.local(instant, zone)
    is_this_year = local.year == clock.local(clock.now(), zone).year
    parts = catalogue(language).parts
    pattern = parts["day" if is_this_year else "day_with_year"]
    facts = {"day": _day(local.date(), pattern, language), "time": _time(local, language)}
    return filled(parts["when"], {**facts, "zone": _zone_name(local, language)})


def hour(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """10:00 (BST)"""
    local = clock.local(instant, zone)
    facts = {"time": _time(local, language), "zone": _zone_name(local, language)}
    return filled(catalogue(language).parts["hour"], facts)


def sum_of(money: Money, language: str) -> str:
    """£45.00; in German 45,00 £"""
    shown = format_currency(money.amount, money.currency, locale=_locale(language))
    return shown.replace(FIXED_SPACE, " ").replace(NARROW_SPACE, " ")


def where(appointment: Appointment, language: str) -> str:
    """online; at Riverside, 1 High Street"""
    parts, centre = catalogue(language).parts, appointment.centre
    if appointment.session_type == SessionType.ONLINE or centre is None:
        return parts["online"]
    lines = [centre.name, *centre.address.splitlines()]
    place = ", ".join(line for line in (one.strip(" ,") for one in lines) if line)
    return filled(parts["place"], {"place": place})


def _and_own_time(said: str, appointment: Appointment, language: str, apart: str = "; ") -> str:
    """With what the patient's own clock shows, for a visit online, if that is another time."""
    own = _own_zone(appointment)
    if own is None:
        return said
    starts_at = appointment.starts_at
    there, here = clock.local(starts_at, appointment.zone), clock.local(starts_at, own)
    if there.utcoffset() == here.utcoffset():
        return said
    same_day = there.date() == here.date()
    shown = hour(starts_at, own, language) if same_day else when(starts_at, own, language)
    return said + apart + filled(catalogue(language).parts["own"], {"own": shown})


def _own_zone(appointment: Appointment) -> ZoneInfo | None:
    patient = appointment.patient
    if appointment.session_type != SessionType.ONLINE or patient is None or not patient.time_zone:
        return None
    try:
        return clock.zone(patient.time_zone)
    except ValueError:  # a zone that this machine does not know
        return None


def visit_link(appointment: Appointment) -> str:
    """Where its patient manages the visit, without signing in."""
    return _link(f"b/{link_token(policy.current().secret, appointment)}")


def _day_link(first: Appointment) -> str:
    return _link(f"b/day/{link_token(policy.current().secret, first, Purpose.DAY)}")


def _link(path: str) -> str:
    return f"{policy.current().public_url}/{path}"


# The same few days, times and zones are written over and over, and CLDR's patterns are slow to apply.
@lru_cache(maxsize=1000)
def _day(on: date, pattern: str, language: str) -> str:
    return format_date(on, pattern, locale=_locale(language))


def _time(local: datetime, language: str) -> str:
    return format_time(local.time(), "short", locale=_locale(language)).replace(NARROW_SPACE, " ")


def _zone_name(local: datetime, language: str) -> str:
    """BST, MESZ where people have such a name, else GMT+5:30."""
    name = get_timezone_name(local, width="short", locale=_locale(language))
    if name.isalpha() and len(name) <= LONGEST_ZONE:
        return name
    minutes = round((local.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "GMT" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


@lru_cache
def _locale(language: str) -> Locale:
    return Locale("en", "GB") if language == "en" else Locale.parse(language)
