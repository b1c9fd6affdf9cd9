"""Eight weeks of visits: which of the times that the product offers are taken, by whom, and what is to become of them."""

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
from portal.demo.people import DEMO_PATIENT
from portal.demo.practice import Practice, Seen
from portal.scheduling.intervals import Interval, overlaps_any
from portal.scheduling.models import Service
from portal.scheduling.queries import shape_of

WEEKS = 4  # back, and as many ahead
PANEL = 45  # patients whom one clinician sees
CANCELLED = 0.055
MISSED = 0.042
UNANSWERED = 0.4
TRIES = 25

AGES: dict[str, Callable[[Seen, int], bool]] = {
    "adults": lambda _, age: age >= 16,
    "children": lambda _, age: age < 16,
    "everyone": lambda _, __: True,
    "over 40": lambda _, age: age >= 40,
    "women": lambda patient, age: patient.person.is_female and age >= 16,
}


class Fate(Enum):
    """What becomes of a visit once its time comes, or before."""

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
    """The visits of the practice. Nobody, patient or clinician, is in two places at once: patients come once a day."""

    def __init__(self, session: Session, practice: Practice, random: Random, at: datetime) -> None:
        self.practice, self.random, self.at = practice, random, at
        self.visits: list[Visit] = []
        self._days_of: dict[int, set[date]] = defaultdict(set)
        first, last = at.date() - timedelta(weeks=WEEKS), at.date() + timedelta(weeks=WEEKS, days=-1)
        self._days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        # Asked as staff would have asked before the first day: then the past is offered as well.
        asking = Asking(clock.midnight(first - timedelta(days=1), clock.zone("UTC")), is_staff=True)
        clinicians = [working.clinician for working in practice.working]
        self._availability = Availability(session, clinicians, first, last, asking)

    def fill(self) -> None:
        """Give everybody who works their visits."""
        for working in self.practice.working:
            if working.clinician.is_active:
                self._fill(working)

    def _fill(self, working: Working) -> None:
        offers, panel = self._offers(working), self._panel(working)
        taken: list[Interval] = []
        self._see_demo_patient(working, offers, taken)
        wanted = booked = 0.0
        for day in self._days:
            wanted += working.about["full"] * self._working_minutes(working, day)
            for slot, service in self._shuffled(offers[day], working):
                length = shape_of(service).step.total_seconds() / 60
                if booked + length / 2 > wanted:
                    break
                patient = self._somebody(panel, day)
                if patient and self._take(
                    working, slot, service, patient, self._fate(working, patient, slot), taken
                ):
                    booked += length
                    self._maybe_cancelled(working, offers[day], panel, day)

    def _offers(self, working: Working) -> dict[date, list[Offered]]:
        offers: dict[date, list[Offered]] = defaultdict(list)
        for service in working.services:
            for slot in self._availability.free(service):
                offers[clock.local_day(slot.starts_at, working.clinician.zone)].append((slot, service))
        return offers

    def _panel(self, working: Working) -> list[Seen]:
        fits = AGES[working.about.get("panel", "adults")]
        clinician = working.clinician
        centre_ids = {centre.id for centre in clinician.centres}
        near = [
            patient
            for patient in self.practice.patients
            if patient.person.phone != DEMO_PATIENT[1]
            and (
                patient.centre.id in centre_ids
                or (not centre_ids and patient.centre.currency == clinician.currency)
            )
            and fits(patient, patient.person.age(self.at.date()))
        ]
        return self.random.sample(near, min(PANEL, len(near)))

    def _working_minutes(self, working: Working, day: date) -> float:
        return sum(
            (opening.end - opening.start).total_seconds() / 60
            for (clinician_id, _), timetable in self._availability.timetables.items()
            if clinician_id == working.clinician.id
            for opening, _ in timetable.openings(day)
        )

    def _shuffled(self, offers: Iterable[Offered], working: Working) -> list[Offered]:
        """In random order, with times of the first service more often at the front."""
        order = {service.id: number for number, service in enumerate(working.services)}
        return sorted(offers, key=lambda offer: self.random.random() * (1 + order[offer[1].id]))

    def _somebody(self, panel: list[Seen], day: date) -> Seen | None:
        tried = (self.random.choice(panel) for _ in range(TRIES))
        return next((patient for patient in tried if day not in self._days_of[patient.id]), None)

    def _fate(self, working: Working, patient: Seen, slot: Slot) -> Fate:
        if slot.ends_at <= self.at:
            return Fate.IS_MISSED if self.random.random() < MISSED else Fate.TAKES_PLACE
        is_asked = working.clinician.requires_acceptance and patient.actor is not None
        is_far_off = slot.starts_at > self.at + timedelta(days=2)
        if is_asked and is_far_off and self.random.random() < UNANSWERED:
            return Fate.IS_UNANSWERED
        return Fate.TAKES_PLACE

    def _take(
        self, working: Working, slot: Slot, service: Service, patient: Seen, fate: Fate, taken: list[Interval]
    ) -> bool:
        """Note the visit unless the clinician's time is given away already."""
        time = shape_of(service).occupied(Interval(slot.starts_at, slot.ends_at))
        if overlaps_any(taken, time):
            return False
        insort(taken, time)
        self._note(Visit(working, service, slot, patient, fate))
        return True

    def _maybe_cancelled(self, working: Working, offers: list[Offered], panel: list[Seen], day: date) -> None:
        """Somebody else had a time on that day and let it go; it may have been booked again since."""
        patient = self._somebody(panel, day)
        if patient and self.random.random() < CANCELLED / (1 - CANCELLED):
            slot, service = self.random.choice(offers)
            self._note(Visit(working, service, slot, patient, Fate.IS_CANCELLED))

    def _see_demo_patient(
        self, working: Working, offers: dict[date, list[Offered]], taken: list[Interval]
    ) -> None:
        patient = self.practice.patients[0]
        for days, fate in DEMO_VISITS.get(working.about["name"], ()):
            first = self.at + timedelta(days=days)
            coming = (
                slot
                for day in self._days
                for slot, service in offers[day]
                if service is working.services[0]
                and slot.starts_at > first
                and day not in self._days_of[patient.id]
            )
            slot = min(coming, key=lambda slot: slot.starts_at)
            if fate is Fate.IS_CANCELLED:
                self._note(Visit(working, working.services[0], slot, patient, fate))
            else:
                self._take(working, slot, working.services[0], patient, fate, taken)

    def _note(self, visit: Visit) -> None:
        day = clock.local_day(visit.slot.starts_at, visit.working.clinician.zone)
        self._days_of[visit.patient.id].add(day)
        self.visits.append(visit)
