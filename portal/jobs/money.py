"""What runs by itself for payments. Without rows that are due each run is one query, and no provider is asked."""

from collections.abc import Callable
from datetime import datetime

from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from portal.core import clock
from portal.jobs.schedule import Job
from portal.payments import reconciling
from portal.payments.practice import Practice, practice_by
from portal.settings import Settings

MOST_BATCHES = 20


def jobs(settings: Callable[[], Settings]) -> tuple[Job, ...]:
    """The jobs of a practice, by the settings that are in force when they run."""
    practice = practice_by(settings)
    return (
        Job("handle_webhooks", IntervalTrigger(seconds=2), _all(practice, reconciling.handle_webhooks)),
        Job("send_refunds", IntervalTrigger(seconds=5), _all(practice, reconciling.send_refunds)),
        Job("reconcile_payments", IntervalTrigger(seconds=15), _all(practice, reconciling.reconcile)),
        Job(
            "follow_subscriptions",
            IntervalTrigger(seconds=15),
            _all(practice, reconciling.follow_subscriptions),
        ),
    )


def _all(practice: Callable[[], Practice], batch: Callable[..., int]) -> Callable[[Session], None]:
    """As many batches as it takes, within reason; each in its own transactions."""

    def run(session: Session) -> None:
        at: datetime = clock.now()
        for _ in range(MOST_BATCHES):
            if not batch(session, practice(), at=at):
                return
            session.expunge_all()

    return run
