"""Eight weeks of visits: which of the times that the product offers are taken, by whom, and what becomes of them."""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from random import Random

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.slots import Slot
from portal.core import clock
from portal.demo.clinicians import Working
from portal.demo.practice import Practice, Seen
from portal.scheduling.intervals import START, Interval, overlaps_any
from portal.scheduling.models import Service
from portal.scheduling.queries import shape_of

WEEKS = 4  # back, and as many ahead
PANEL = 60  # patients whom one clinician sees
CANCELLED, MISSED, UNANSWERED = 0.055, 0.042, 0.4  # shares of the visits; the last of those that can be
FAR_OFF = timedelta(days=2)
TRIES = 25
MINUTE = timedelta(minutes=1)

AGES: dict[str, Callable[[Seen, int], bool]] = {
    "adults": lambda _, age: age >= 16,
    "children": lambda _, age: age < 16,
    "everyone": lambda _, __: True,
    "over 40": lambda _, age: age >= 40,
    "women": lambda patient, age: patient.person.is_female and age >= 16,
}


class Fate(Enum):
    """What becomes of a visit when its time comes, or before."""

    TAKES_PLACE = auto()
    IS_MISSED = auto()
    IS_CANCELLED = auto()
    IS_UNANSWERED = auto()


@dataclass(frozen=True)
class Visit:
    """A patient in a time that was offered."""

    working: Working
    service: Service
    slot: Slot
    patient: Seen
    fate: Fate


# The visits of the documented patient: with whom, how many days from today at least, and what becomes of them.
DEMO_VISITS = {
    "Dr Amara Osei": ((-19, Fate.TAKES_PLACE), (2, Fate.TAKES_PLACE)),
    "Tomasz Zieliński": ((-9, Fate.TAKES_PLACE), (5, Fate.TAKES_PLACE)),
    "Dr Hannah Lindqvist": ((-14, Fate.IS_CANCELLED),),
    "Dr Leila Haddad": ((7, Fate.IS_UNANSWERED),),
}

Offered = tuple[Slot, Service]


class Diary:
    """The visits of the practice. Nobody is in two places at once; patients come once a day at most."""

    def __init__(self, session: Session, practice: Practice, random: Random, at: datetime) -> None:
        self.practice, self.random, self.at = practice, random, at
        self.visits: list[Visit] = []
        self._days_of: dict[int, set[date]] = defaultdict(set)
        first, last = at.date() - timedelta(weeks=WEEKS), at.date() + timedelta(weeks=WEEKS, days=-1)
        self.days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        # Asked as staff would have asked before the first day: then the past is offered as well.
        asking = Asking(clock.midnight(first - timedelta(days=1), clock.zone("UTC")), is_staff=True)
        clinicians = [working.clinician for working in practice.working]
        self.availability = Availability(session, clinicians, first, last, asking)

    def fill(self) -> None:
        """Give everybody who works their visits."""
        for working in self.practice.working:
            if working.clinician.is_active:
                Days(self, working).fill()

    def is_free(self, patient: Seen, day: date) -> bool:
        return day not in self._days_of[patient.id]

    def note(self, visit: Visit) -> None:
        day = clock.local_day(visit.slot.starts_at, visit.working.clinician.zone)
        self._days_of[visit.patient.id].add(day)
        self.visits.append(visit)


class Days:
    """The days of one clinician."""

    def __init__(self, diary: Diary, working: Working) -> None:
        self.diary, self.working, self.random = diary, working, diary.random
        self.panel = self._panel()
        self.taken: list[Interval] = []
        self.offers: dict[date, list[Offered]] = defaultdict(list)
        for service in working.services:
            for slot in diary.availability.free(service):
                self.offers[clock.local_day(slot.starts_at, working.clinician.zone)].append((slot, service))

    def fill(self) -> None:
        """Book free times in random order until the days are as full as is said of the clinician."""
        for days, fate in DEMO_VISITS.get(self.working.about["name"], ()):
            self._see_demo_patient(self.diary.at + timedelta(days=days), fate)
        wanted = booked = 0.0
        for day in self.diary.days:
            wanted += self.working.about["full"] * self._working_minutes(day)
            for slot, service in self._shuffled(self.offers[day]):
                minutes = shape_of(service).step / MINUTE
                if booked + minutes / 2 > wanted:
                    break
                if self._book(day, slot, service):
                    booked += minutes

    def _panel(self) -> list[Seen]:
        """Patients who live near one of the clinician's centres, if there is one, and need this kind of help."""
        clinician, fits = self.working.clinician, AGES[self.working.about.get("panel", "adults")]
        near = {centre.id for centre in clinician.centres}
        found = [
            patient
            for patient in self.diary.practice.patients[1:]
            if patient.centre.currency == clinician.currency
            and (not near or patient.centre.id in near)
            and fits(patient, patient.person.age(self.diary.at.date()))
        ]
        return self.random.sample(found, min(PANEL, len(found)))

    def _working_minutes(self, day: date) -> float:
        return sum(
            (opening.end - opening.start) / MINUTE
            for (clinician_id, _), timetable in self.diary.availability.timetables.items()
            if clinician_id == self.working.clinician.id
            for opening, _ in timetable.openings(day)
        )

    def _shuffled(self, offers: Iterable[Offered]) -> list[Offered]:
        """In random order, with times of the first service more often at the front."""
        order = {service.id: number for number, service in enumerate(self.working.services)}
        return sorted(offers, key=lambda offer: self.random.random() * (1 + order[offer[1].id]))

    def _book(self, day: date, slot: Slot, service: Service) -> bool:
        """Give the time to somebody, unless it overlaps what is given away or nobody can come."""
        patient = self._somebody(day)
        time = shape_of(service).occupied(Interval(slot.starts_at, slot.ends_at))
        if patient is None or overlaps_any(self.taken, time):
            return False
        insort(self.taken, time, key=START)
        self.diary.note(Visit(self.working, service, slot, patient, self._fate(patient, slot)))
        self._cancel_another(day)
        return True

    def _somebody(self, day: date) -> Seen | None:
        tried = (self.random.choice(self.panel) for _ in range(TRIES))
        return next((patient for patient in tried if self.diary.is_free(patient, day)), None)

    def _fate(self, patient: Seen, slot: Slot) -> Fate:
        at = self.diary.at
        if slot.ends_at <= at:
            return Fate.IS_MISSED if self.random.random() < MISSED else Fate.TAKES_PLACE
        can_ask = self.working.clinician.requires_acceptance and patient.actor is not None
        if can_ask and slot.starts_at > at + FAR_OFF and self.random.random() < UNANSWERED:
            return Fate.IS_UNANSWERED
        return Fate.TAKES_PLACE

    def _cancel_another(self, day: date) -> None:
        """Now and then somebody had a time on that day and let it go; it may have been booked again since."""
        patient = self._somebody(day)
        if patient and self.random.random() < CANCELLED:
            slot, service = self.random.choice(self.offers[day])
            self.diary.note(Visit(self.working, service, slot, patient, Fate.IS_CANCELLED))

    def _see_demo_patient(self, since: datetime, fate: Fate) -> None:
        """In the first time of the first service from that instant on; the days are still empty."""
        patient, [service, *_] = self.diary.practice.patients[0], self.working.services
        slot = next(
            slot
            for day in self.diary.days
            for slot, offered in self.offers[day]
            if offered is service and slot.starts_at >= since and self.diary.is_free(patient, day)
        )
        if fate is not Fate.IS_CANCELLED:
            insort(self.taken, shape_of(service).occupied(Interval(slot.starts_at, slot.ends_at)), key=START)
        self.diary.note(Visit(self.working, service, slot, patient, fate))
