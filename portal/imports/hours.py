"""Weekly hours from a file. They are added to the hours that are there; nothing is taken away."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.errors import _
from portal.core.permissions import Actor
from portal.imports.columns import Column, Entry, Setting, a_number, a_text, a_time, a_weekday
from portal.imports.places import Centres, fold
from portal.imports.problems import BadCell, shown
from portal.people.models import Clinician, ClinicianCentre
from portal.people.queries import clinician_visible_to
from portal.scheduling.commands import WeeklyHours, lock_schedules, replace_hours
from portal.scheduling.models import WeeklyRule

COLUMNS = (
    Column(
        "clinician",
        _("Email, username or name. The clinician must be there already."),
        a_text(200),
        is_needed=True,
    ),
    Column("weekday", _("Monday, or Mon, or 1."), a_weekday, is_needed=True),
    Column("start_time", _("In the centre’s own time: 09:00."), a_time, is_needed=True),
    Column("end_time", _("Later on the same day: 17:30."), a_time, is_needed=True),
    Column("centre", _("Needed for those who work at several."), a_text(200)),
    Column("week_of_month", _("1 to 5 for hours of one week of the month only."), a_number(1, 5)),
    Column(
        "slot_minutes",
        _("Minutes from one start to the next, if not the usual ones: 5 to 480."),
        a_number(5, 480),
    ),
)
EXAMPLE = (
    {
        "clinician": "jane@example.org",
        "weekday": "Monday",
        "start_time": "09:00",
        "end_time": "12:30",
        "centre": "Riverside",
    },
    {
        "clinician": "jane@example.org",
        "weekday": "Monday",
        "start_time": "13:30",
        "end_time": "17:00",
        "centre": "Riverside",
    },
    {
        "clinician": "jane@example.org",
        "weekday": "Thu",
        "start_time": "9",
        "end_time": "12",
        "week_of_month": "1",
    },
)


@dataclass(frozen=True)
class Person:
    """A clinician, and the centres where they work."""

    id: int
    centre_ids: frozenset[int]


@dataclass
class Week:
    """What somebody's week holds already, and which line gave the rest."""

    there: list[WeeklyHours] = field(default_factory=list)
    added: list[tuple[int, WeeklyHours]] = field(default_factory=list)


def check(session: Session, entries: Sequence[Entry], setting: Setting) -> None:
    """Compare the file with itself and with the hours there are, in three queries; a final check locks those."""
    people = _People(session, setting.by)
    centres = Centres(session, setting.by)
    for entry in entries:
        _check_order(entry)
        _find(entry, people, centres)
    ids = sorted({entry.found["clinician_id"] for entry in entries if "clinician_id" in entry.found})
    if setting.is_final:
        lock_schedules(session, ids)
    weeks = _weeks(session, ids)
    for entry in entries:
        if not entry.problems:
            _compare(entry, weeks[entry.found["clinician_id"]])


def write(session: Session, entries: Sequence[Entry], *, by: Actor, at: datetime) -> None:
    """Each clinician's whole week again, with what is new in it."""
    added: dict[int, list[WeeklyHours]] = defaultdict(list)
    for entry in entries:
        added[entry.found["clinician_id"]].append(_window(entry))
    weeks = _weeks(session, sorted(added))
    for clinician in session.scalars(
        select(Clinician).where(Clinician.id.in_(added)).order_by(Clinician.id)
    ).all():
        replace_hours(session, clinician, [*weeks[clinician.id].there, *added[clinician.id]], at=at, by=by)


class _People:
    """Clinicians by whatever people call them."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._by_name: dict[str, set[Person]] = defaultdict(set)
        statement = (
            select(Clinician.id, Account, func.array_agg(ClinicianCentre.centre_id))
            .join(Account, Clinician.account_id == Account.id)
            .outerjoin(ClinicianCentre, ClinicianCentre.clinician_id == Clinician.id)
            .where(clinician_visible_to(actor))
            .group_by(Clinician.id, Account.id)
        )
        for clinician_id, account, centre_ids in session.execute(statement):
            person = Person(clinician_id, frozenset(filter(None, centre_ids)))
            names = (
                account.email,
                account.username,
                account.full_name,
                f"{account.title} {account.full_name}",
            )
            for name in filter(None, names):
                self._by_name[fold(name)].add(person)

    def one(self, text: str) -> Person:
        found = self._by_name.get(fold(text), set())
        if len(found) > 1:
            raise BadCell(
                "AMBIGUOUS_CLINICIAN", _("Several clinicians are called so. Write the email address.")
            )
        if not found:
            raise BadCell("UNKNOWN_CLINICIAN", _("There is no clinician “%(name)s”."), name=shown(text))
        return next(iter(found))


def _check_order(entry: Entry) -> None:
    start, end = entry.values["start_time"], entry.values["end_time"]
    if start and end and end <= start:
        entry.refuse("end_time", "END_BEFORE_START", _("The end must be after the start."))


def _find(entry: Entry, people: _People, centres: Centres) -> None:
    """Whose hours, and where."""
    column = "clinician"
    try:
        if entry.values["clinician"]:
            person = people.one(entry.values["clinician"])
            entry.found["clinician_id"], column = person.id, "centre"
            entry.found["centre_id"] = _where(person, entry.values["centre"], centres)
    except BadCell as fault:
        entry.refuse(column, fault.code, fault.message, **fault.values)


def _where(person: Person, text: str | None, centres: Centres) -> int | None:
    """The centre that is named, or the only one; None for who works online and at none."""
    if text is None:
        if len(person.centre_ids) > 1:
            raise BadCell("EMPTY_CELL", _("This clinician works at several centres. Write which is meant."))
        return next(iter(person.centre_ids), None)
    centre = centres.one(text)
    if centre.id not in person.centre_ids:
        raise BadCell("WRONG_CENTRE", _("This clinician does not work at that centre."))
    return centre.id


def _weeks(session: Session, clinician_ids: Sequence[int]) -> dict[int, Week]:
    weeks = {clinician_id: Week() for clinician_id in clinician_ids}
    for rule in session.scalars(select(WeeklyRule).where(WeeklyRule.clinician_id.in_(clinician_ids))):
        facts = {name: getattr(rule, name) for name in WeeklyHours.__slots__}
        weeks[rule.clinician_id].there.append(WeeklyHours(**facts))
    return weeks


def _window(entry: Entry) -> WeeklyHours:
    values = entry.values
    return WeeklyHours(
        values["weekday"],
        values["start_time"],
        values["end_time"],
        entry.found["centre_id"],
        values["week_of_month"],
        values["slot_minutes"],
    )


def _compare(entry: Entry, week: Week) -> None:
    window = _window(entry)
    line = next((line for line, other in week.added if _overlap(window, other)), None)
    if line is not None:
        entry.refuse(
            "start_time", "HOURS_OVERLAP", _("These hours overlap with those of line %(line)s."), line=line
        )
        return
    week.added.append((entry.line, window))
    entry.is_known = window in week.there
    other = next((one for one in week.there if _overlap(window, one)), None)
    if other is not None and not entry.is_known:
        hours = f"{other.start_time:%H:%M}–{other.end_time:%H:%M}"
        entry.refuse("start_time", "HOURS_OVERLAP", OVERLAP, hours=hours)


def _overlap(one: WeeklyHours, other: WeeklyHours) -> bool:
    """Hours of one week of the month meet those of every week on the same weekday."""
    same_week = None in (one.week_of_month, other.week_of_month) or one.week_of_month == other.week_of_month
    is_same_day = one.weekday == other.weekday and same_week
    return is_same_day and one.start_time < other.end_time and other.start_time < one.end_time


OVERLAP = _("These hours overlap with hours that are there already: %(hours)s.")
