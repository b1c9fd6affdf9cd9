"""The only place where instants, dates, money and phone numbers become words."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from babel.numbers import format_currency
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from portal.appointments.references import reference_for
from portal.appointments.rules import reason_for
from portal.core import clock, contact
from portal.core.money import Money
from portal.delivery import settings
from portal.web import (
    audit_labels,
    import_labels,
    labels,
    message_labels,
    money_labels,
    quotation_labels,
    rule_labels,
    timegrid,
)

NARROW_SPACE = "\u202f"
BRITISH = Locale("en", "GB")


class Timed(Protocol):
    @property
    def starts_at(self) -> datetime: ...


def init_app(app: Flask) -> None:
    """Register every filter under its function's name."""
    own = (
        time, wall_time, day, day_with_year, birthday, day_short, date_time, date_time_there, weekday, weekday_short,
        month_name, month_short, day_number, relative_day, iso, zone_name, same_clock, both_zones, for_viewer,
        by_part_of_day, local_day, money, duration, phone, masked_phone, initials, short_name, tint,
    )  # fmt: skip
    others = (
        labels.status_label, labels.look, labels.look_label, labels.role_label, labels.change_label,
        labels.plan_label, labels.proficiency_label, labels.cancellation_sentence,
        audit_labels.audit_label, audit_labels.subject_label, audit_labels.audit_detail,
        message_labels.kind_label, message_labels.type_label, message_labels.channel_label,
        message_labels.state_look, message_labels.why, contact.masked,
        money_labels.standing_label, money_labels.standing_look, money_labels.payment_label,
        money_labels.payment_look, money_labels.refund_label, money_labels.refund_look,
        money_labels.purpose_label, money_labels.method_label, money_labels.provider_label,
        money_labels.failure_label, money_labels.kept_late, money_labels.credit_label,
        quotation_labels.quotation_status, timegrid.rows_from, timegrid.hours_until, timegrid.placed, reason_for,
        rule_labels.broken_rule, import_labels.import_title, import_labels.import_state, import_labels.import_look,
        import_labels.import_outcome, import_labels.import_count, import_labels.problem_words, import_labels.sort_of,
    )  # fmt: skip
    app.jinja_env.filters.update({function.__name__: function for function in (*own, *others)})
    app.jinja_env.filters["appointment_reference"] = reference_for


def locale() -> Locale:
    """The viewer's locale; English without a country is British."""
    chosen = get_locale() or BRITISH
    return BRITISH if chosen.language == "en" and not chosen.territory else chosen


def time(instant: datetime, zone: ZoneInfo | str) -> str:
    """10:42; 01:30 (GMT+1) where the clocks go back that night and show that time twice."""
    local = _local(instant, zone)
    shown = _time_of_day(local.hour, local.minute, locale())
    if not clock.is_repeated(local):
        return shown
    return str(gettext("%(time)s (%(offset)s)", time=shown, offset=_offset(instant, _zone(zone))))


def wall_time(value: wall) -> str:
    """09:30, of hours that come back each week and so belong to no instant."""
    return format_time(value, "short", locale=locale()).replace(NARROW_SPACE, " ")


def day(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """Friday 4 June; with the year when that is not the present one. An instant needs the zone that is meant."""
    if not _is_this_year(value, zone):
        return day_with_year(value, zone)
    return _dated(value, zone, "EEEE d MMMM", "MMMMEEEEd")


def day_with_year(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """Friday 4 June 2027"""
    return _dated(value, zone, "EEEE d MMMM y", "yMMMMEEEEd")


def birthday(on: date) -> str:
    """4 June 1980: a date of birth, on whichever day of the week it fell."""
    return format_date(on, "long", locale=locale())


def day_short(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """Fri 4 Jun; Fri 4 Jun 2027 in another year."""
    if not _is_this_year(value, zone):
        return _dated(value, zone, "EEE d MMM y", "yMMMEd")
    return _dated(value, zone, "EEE d MMM", "MMMEd")


def date_time(instant: datetime, zone: ZoneInfo | str) -> str:
    """Friday 4 June, 10:42; with the year when that is not the present one."""
    return str(gettext("%(day)s, %(time)s", day=day(instant, zone), time=time(instant, zone)))


def date_time_there(instant: datetime, zone: ZoneInfo | str, viewer: ZoneInfo | str) -> str:
    """Friday 4 June, 10:42; followed by the zone where the viewer's clock shows another time."""
    there = date_time(instant, zone)
    if same_clock(instant, zone, viewer):
        return there
    return str(gettext("%(when)s, %(zone)s", when=there, zone=zone_name(instant, zone)))


def weekday(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """Friday"""
    return _dated(value, zone, "EEEE", "EEEE")


def weekday_short(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """Fri"""
    return format_date(_date(value, zone), "EEE", locale=locale())


def month_name(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """June 2027"""
    return format_date(_date(value, zone), "LLLL y", locale=locale())


def month_short(value: date | datetime, zone: ZoneInfo | str | None = None) -> str:
    """Jun"""
    return format_date(_date(value, zone), "LLL", locale=locale())


def day_number(value: date | datetime, zone: ZoneInfo | str | None = None) -> int:
    """4"""
    return _date(value, zone).day


def relative_day(value: date | datetime, zone: ZoneInfo | str) -> str:
    """Today, Tomorrow, or Fri 4 Jun, by the calendar of the zone."""
    on = _date(value, zone)
    today = local_day(clock.now(), zone)
    if on == today:
        return str(gettext("Today"))
    if on == today + timedelta(days=1):
        return str(gettext("Tomorrow"))
    return day_short(on)


def iso(instant: datetime) -> str:
    """2027-06-04T09:42:00Z, for machines (datetime attributes, scripts)."""
    return clock.in_utc(instant).isoformat(timespec="seconds").replace("+00:00", "Z")


def local_day(instant: datetime, zone: ZoneInfo | str) -> date:
    """The date of the instant on the zone's calendar, as a date."""
    return clock.local_day(instant, _zone(zone))


def zone_name(instant: datetime, zone: ZoneInfo | str, until: datetime | None = None) -> str:
    """London time (GMT+1): the offset is that of the instant. London time (GMT+1, then GMT), if it changes `until`."""
    place = _zone(zone)
    city = get_timezone_location(place, locale=locale(), return_city=True)
    offset, later = _offset(instant, place), _offset(until or instant, place)
    if later != offset:
        offset = gettext("%(offset)s, then %(later)s", offset=offset, later=later)
    return str(gettext("%(city)s time (%(offset)s)", city=city, offset=offset))


def same_clock(instant: datetime, one: ZoneInfo | str, other: ZoneInfo | str) -> bool:
    """Do clocks in both zones show the same time at that instant?"""
    return _local(instant, one).utcoffset() == _local(instant, other).utcoffset()


def both_zones(instant: datetime, zone: ZoneInfo | str, viewer: ZoneInfo | str) -> str:
    """Friday 4 June, 10:00, London time (GMT+1); and what that is for a viewer whose clock shows another time."""
    there = gettext("%(when)s, %(zone)s", when=date_time(instant, zone), zone=zone_name(instant, zone))
    here = for_viewer(instant, zone, viewer)
    return str(gettext("%(there)s. %(here)s", there=there, here=here)) if here else there


def for_viewer(instant: datetime, zone: ZoneInfo | str, viewer: ZoneInfo | str) -> str:
    """For you: 14:30, Kolkata time (GMT+5:30). Empty when both clocks show the same; with the day when that differs."""
    if same_clock(instant, zone, viewer):
        return ""
    same_day = local_day(instant, zone) == local_day(instant, viewer)
    here = time(instant, viewer) if same_day else date_time(instant, viewer)
    return str(gettext("For you: %(here)s, %(zone)s", here=here, zone=zone_name(instant, viewer)))


def by_part_of_day(slots: Iterable[Timed], zone: ZoneInfo | str) -> list[tuple[str, list[Timed]]]:
    """Slots grouped as morning, afternoon (from 12:00) and evening (from 17:00), empty parts left out."""
    parts: dict[str, list[Timed]] = {gettext("Morning"): [], gettext("Afternoon"): [], gettext("Evening"): []}
    names = list(parts)
    for slot in slots:
        hour = _local(slot.starts_at, zone).hour
        parts[names[0 if hour < 12 else 1 if hour < 17 else 2]].append(slot)
    return [(name, times) for name, times in parts.items() if times]


def money(minor: int, currency: str) -> str:
    """£45.00, ¥5,000: with the decimals the currency has."""
    return format_currency(Money(minor, currency).amount, currency, locale=locale())


def duration(minutes: int) -> str:
    """45 minutes; 1 hour; 1 hour 30 minutes"""
    hours, rest = divmod(minutes, 60)
    words = []
    if hours:
        words.append(ngettext("%(num)s hour", "%(num)s hours", hours))
    if rest or not hours:
        words.append(ngettext("%(num)s minute", "%(num)s minutes", rest))
    return " ".join(words)


def phone(e164: str | None) -> str:
    """A phone number as people write it: without the country code at home, with it from abroad."""
    number = _parsed(e164)
    if number is None:
        return e164 or ""
    at_home = number.country_code == phonenumbers.country_code_for_region(settings().default_region)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


def masked_phone(e164: str | None) -> str:
    """+44 ••• 123: enough to recognise one's own number, no more."""
    return contact.masked(e164 or "") if _parsed(e164) else ""


@lru_cache(maxsize=2000)
def initials(name: str) -> str:
    """AW for Dr Amelia Wong: first and last word, forms of address left out."""
    words = [
        word for word in name.split() if word[0].isalpha() and word.rstrip(".").lower() not in labels.ADDRESS
    ]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


def short_name(full_name: str) -> str:
    """Ana S.: enough to know whose it is, for a page that is not only read by its owner."""
    first, *others = full_name.split() or [""]
    return f"{first} {others[-1][0]}." if others else first


@lru_cache(maxsize=2000)
def tint(name: str) -> str:
    """The avatar's colour class: the same for a name on every page and in every process."""
    return f"tint-{hashlib.sha256(name.encode()).digest()[0] % 6}"


# A page says the same few hours and dates many times over, and CLDR's patterns are slow to apply.
@lru_cache(maxsize=2000)
def _time_of_day(hour: int, minute: int, chosen: Locale) -> str:
    return format_time(wall(hour, minute), "short", locale=chosen).replace(NARROW_SPACE, " ")


@lru_cache(maxsize=2000)
def _formatted(on: date, british: str, skeleton: str, chosen: Locale) -> str:
    if chosen.language == "en" and chosen.territory != "US":
        return format_date(on, british, locale=chosen)  # CLDR would put a comma after the weekday
    return format_skeleton(skeleton, datetime(on.year, on.month, on.day, tzinfo=UTC), locale=chosen)


def _dated(value: date | datetime, zone: ZoneInfo | str | None, british: str, skeleton: str) -> str:
    return _formatted(_date(value, zone), british, skeleton, locale())


def _date(value: date | datetime, zone: ZoneInfo | str | None) -> date:
    if not isinstance(value, datetime):
        return value
    if zone is None:
        raise ValueError("an instant has no date without a zone")
    return local_day(value, zone)


def _is_this_year(value: date | datetime, zone: ZoneInfo | str | None) -> bool:
    return _date(value, zone).year == local_day(clock.now(), zone or "UTC").year


def _local(instant: datetime, zone: ZoneInfo | str) -> datetime:
    return clock.local(instant, _zone(zone))


def _zone(zone: Any) -> ZoneInfo:
    return zone if isinstance(zone, ZoneInfo) else clock.zone(zone)


def _offset(instant: datetime, zone: ZoneInfo) -> str:
    """GMT, GMT+1, GMT-3:30: only hours, unless the zone has minutes as well."""
    offset = _local(instant, zone).utcoffset() or timedelta()
    minutes = round(offset / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "GMT" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def _parsed(e164: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164) if e164 else None
    except phonenumbers.NumberParseException:
        return None
