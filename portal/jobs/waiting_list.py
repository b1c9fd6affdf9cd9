"""What runs by itself for the waiting list. While nobody waits each run is one query."""

from collections.abc import Callable

from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import in_transaction
from portal.jobs.schedule import Job
from portal.notifications import policy
from portal.notifications.rules import quiet_until
from portal.settings import Settings
from portal.waiting_list import offering
from portal.waiting_list.rules import Practice

MOST_LOOKS = 200


def jobs(settings: Callable[[], Settings]) -> tuple[Job, ...]:
    """The jobs of a practice, by the settings that are in force when they run."""
    return (
        Job("note_who_is_waited_for", IntervalTrigger(minutes=5), note_who_is_waited_for),
        Job(
            "offer_free_times", IntervalTrigger(seconds=5), offer_free_times(lambda: practice_of(settings()))
        ),
    )


def practice_of(settings: Settings) -> Practice:
    """How this practice offers times; its quiet hours are those of its messages."""
    return Practice(
        offer_minutes=settings.waiting_list_offer_minutes,
        offers_a_day=settings.waiting_list_daily_offers,
        quiet_until=lambda at, zone: quiet_until(at, zone, policy.current()),
    )


def note_who_is_waited_for(session: Session) -> None:
    """Look everywhere now and then: hours, leave and holidays change without a word of it."""
    in_transaction(session, lambda: offering.note_all(session, at=clock.now()))


def offer_free_times(practice: Callable[[], Practice]) -> Callable[[Session], None]:
    """As many clinicians as are noted, within reason, each in a transaction of its own."""

    def run(session: Session) -> None:
        for _ in range(MOST_LOOKS):
            if (
                in_transaction(session, lambda: offering.offer_next(session, practice(), at=clock.now()))
                is None
            ):
                return
            session.expunge_all()

    return run
