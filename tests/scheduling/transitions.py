"""Every change of the clocks in the years 2026 and 2027, found by looking at the zones themselves."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
CHANGING = ["Europe/London", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]


@dataclass(frozen=True)
class Change:
    """The clocks jump by `shift` at the instant `at`: forward when it is positive."""

    zone_name: str
    at: datetime
    shift: timedelta

    def __str__(self) -> str:
        return f"{self.zone_name} {self.day}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @property
    def day(self) -> date:
        return (self.at - MINUTE).astimezone(self.zone).date()


def changes(zone_name: str) -> list[Change]:
    """The changes of one zone, in order."""
    zone, found = ZoneInfo(zone_name), []
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at < datetime(2028, 1, 1, tzinfo=UTC):
        following = at + timedelta(hours=1)
        shift = offset(following, zone) - offset(at, zone)
        if shift:
            moment = next(
                at + MINUTE * n for n in range(1, 61) if offset(at + MINUTE * n, zone) != offset(at, zone)
            )
            found.append(Change(zone_name, moment, shift))
        at = following
    return found


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


ALL = [change for zone_name in CHANGING for change in changes(zone_name)]
FORWARD = [change for change in ALL if change.shift > timedelta(0)]
BACK = [change for change in ALL if change.shift < timedelta(0)]
