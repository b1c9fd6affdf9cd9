"""What time it is, and where. The only module that asks the machine's clock or converts between zones.

Instants are aware datetimes in UTC. Wall times belong to an IANA zone and become instants here and nowhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_travelled_to: datetime | None = None


def now() -> datetime:
    """The present instant, in UTC."""
    return _travelled_to or datetime.now(UTC)


@contextmanager
def travel_to(instant: datetime) -> Iterator[None]:
    """Stop the clock of this process at an aware instant, for all its threads, until the block ends."""
    global _travelled_to  # noqa: PLW0603  one process has one clock
    before, _travelled_to = _travelled_to, in_utc(instant)
    try:
        yield
    finally:
        _travelled_to = before


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC; raises ValueError for a naive value, which names no instant."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return instant.astimezone(UTC)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone: {name}") from None


def at(day: date, wall: time, where: ZoneInfo) -> datetime:
    """Wall-clock time in a zone as a UTC instant.

    A time that the spring change skips moves forward by the gap; of a time that the autumn change
    repeats, `wall.fold` picks one, the first unless told otherwise (PEP 495).
    """
    return datetime.combine(day, wall, where).astimezone(UTC)


def midnight(day: date, where: ZoneInfo) -> datetime:
    """The instant at which that date begins in the zone."""
    return at(day, time.min, where)


def day_bounds(day: date, where: ZoneInfo) -> tuple[datetime, datetime]:
    """First instant of the date and first instant of the next: 23, 24 or 25 hours apart, rarely another length."""
    return midnight(day, where), midnight(day + timedelta(days=1), where)


def local(instant: datetime, where: ZoneInfo) -> datetime:
    """The instant as wall time in the zone."""
    return in_utc(instant).astimezone(where)


def local_day(instant: datetime, where: ZoneInfo) -> date:
    """The date on the wall calendar of the zone at that instant."""
    return local(instant, where).date()


def is_repeated(wall: datetime) -> bool:
    """Does the clock of its zone show the wall time of that instant twice, because clocks go back?"""
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
