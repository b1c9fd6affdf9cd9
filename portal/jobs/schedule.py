"""What runs by itself, and how often. Every job asks what is due, so a missed run only makes the next one longer."""

from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from portal.accounts import commands as accounts
from portal.accounts import idempotency, links, tokens
from portal.appointments import commands as appointments
from portal.core import clock, limits
from portal.core.db import in_transaction
from portal.imports import commands as imports
from portal.notifications import commands as outbox
from portal.notifications.delays import tell_due
from portal.notifications.planning import plan_reminders as plan_batch


@dataclass(frozen=True)
class Job:
    """`function` gets a session of its own, and makes its own transactions."""

    name: str
    trigger: BaseTrigger
    function: Callable[[Session], object]


def expire_holds(session: Session) -> None:
    in_transaction(session, lambda: appointments.expire_due(session, at=clock.now()))


def plan_reminders(session: Session) -> None:
    """As many batches as it takes."""
    at = clock.now()
    while in_transaction(session, lambda: plan_batch(session, at=at)):
        session.expunge_all()


def tell_delays(session: Session) -> None:
    in_transaction(session, lambda: tell_due(session, at=clock.now()))


def sweep_occupancy(session: Session) -> None:
    in_transaction(session, lambda: appointments.sweep_past(session, at=clock.now()))


def forget_old_codes(session: Session) -> None:
    in_transaction(session, lambda: accounts.forget_old_codes(session, at=clock.now()))
    in_transaction(session, lambda: outbox.forget_old_codes(session, at=clock.now()))


def forget_old_answers(session: Session) -> None:
    in_transaction(session, lambda: tokens.forget_old_tokens(session, at=clock.now()))
    in_transaction(session, lambda: links.forget_old_links(session, at=clock.now()))
    in_transaction(session, lambda: idempotency.forget_old_answers(session, at=clock.now()))


def forget_old_attempts(session: Session) -> None:
    in_transaction(session, lambda: limits.forget_expired(session, at=clock.now()))


def forget_old_files(session: Session) -> None:
    in_transaction(session, lambda: imports.forget_old_lines(session, at=clock.now()))


SCHEDULE = (
    Job("expire_holds", IntervalTrigger(seconds=30), expire_holds),
    Job("plan_reminders", IntervalTrigger(seconds=10), plan_reminders),
    Job("tell_delays", IntervalTrigger(seconds=60), tell_delays),
    Job("sweep_occupancy", IntervalTrigger(hours=1, jitter=120), sweep_occupancy),
    Job("forget_old_codes", IntervalTrigger(hours=1, jitter=120), forget_old_codes),
    Job("forget_old_answers", IntervalTrigger(hours=1, jitter=120), forget_old_answers),
    Job("forget_old_files", IntervalTrigger(hours=1, jitter=120), forget_old_files),
    Job("forget_old_attempts", IntervalTrigger(hours=1, jitter=120), forget_old_attempts),
)
