"""Booking around the rules on purpose: which a start breaks, who may, and why they do. The one place for all doors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.offering import Offer, look, not_offered
from portal.appointments.errors import NOT_OFFERED, TooSoonOrTooFar
from portal.appointments.events import RulesOverridden
from portal.appointments.models import AppointmentChange
from portal.appointments.rules import WINDOW
from portal.core.errors import Forbidden, Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor, Permission
from portal.scheduling.rosters import BookingRules
from portal.scheduling.rules import STAFF_GRACE, STAFF_HORIZON, Refusal, Window

NEEDS = {
    Refusal.TOO_SOON: Permission.APPOINTMENT_BOOK_FOR_OTHERS,
    Refusal.TOO_FAR: Permission.APPOINTMENT_BOOK_FOR_OTHERS,
    Refusal.HOLIDAY: Permission.APPOINTMENT_OVERBOOK,
    Refusal.OUTSIDE_HOURS: Permission.APPOINTMENT_OVERBOOK,
    Refusal.LEAVE: Permission.APPOINTMENT_OVERBOOK,
    Refusal.NOT_ON_GRID: Permission.APPOINTMENT_OVERBOOK,
    Refusal.TAKEN: Permission.APPOINTMENT_OVERBOOK,
    Refusal.ENGAGED: Permission.APPOINTMENT_OVERBOOK,
}
"""The rules that staff may book around, and what they need for it. Nobody books in the past."""

OTHERS = frozenset(NEEDS) - WINDOW
OF_THE_TIME = frozenset(NEEDS) - {Refusal.ENGAGED}
"""All that has to do with the clinician's time alone."""


@dataclass(frozen=True)
class Override:
    """Rules that a colleague books around on purpose, and why. More may be named than are broken."""

    rules: frozenset[Refusal]
    reason: str


def may_override(by: Actor, rules: Iterable[Refusal]) -> bool:
    """May they book around all of these?"""
    return by.is_staff and all(rule in NEEDS and by.may(NEEDS[rule]) for rule in rules)


def check_rules(
    session: Session,
    near: Availability,
    offer: Offer,
    by: Actor,
    override: Override | None,
    *,
    freely: frozenset[Refusal] = frozenset(),
) -> tuple[Refusal, ...]:
    """The rules that are booked around there: none at a time that is offered to patients.

    Those in `freely` staff need not name, nor give a reason for.
    Raises SlotTaken or TooSoonOrTooFar, naming all rules that are in the way; Forbidden for whoever may not override
    them; Invalid without a reason.
    """
    asking, refusal = near.asking, near.refusal(offer.key, offer.service)
    if not by.is_staff:
        if override is not None and override.rules:
            raise Forbidden
        if refusal:
            raise not_offered(session, offer, refusal, asking)
        return ()
    beyond = _beyond(offer.key.starts_at, asking)
    if beyond:
        raise not_offered(session, offer, beyond, asking)
    broken = broken_at(near, offer)
    named = freely | (override.rules if override else frozenset())
    meant = tuple(rule for rule in broken if rule in named)
    if not may_override(by, meant):
        raise Forbidden
    left = tuple(rule for rule in broken if rule not in meant)
    if left:
        first = refusal if refusal in left else left[0]
        raise not_offered(session, offer, first, asking, rules=left)
    check_reason(set(broken) - freely, override)
    return broken


def check_offered(session: Session, offer: Offer, asking: Asking) -> None:
    """Raises SlotTaken or TooSoonOrTooFar, with other times, for a time that is not free, notice of staff aside."""
    near = look(session, offer, asking)
    refusal = near.refusal(offer.key, offer.service)
    if refusal:
        rules = broken_at(near, offer) if asking.is_staff else ()
        raise not_offered(session, offer, refusal, asking, rules=rules)


def broken_at(near: Availability, offer: Offer) -> tuple[Refusal, ...]:
    """The rules that a visit there would break, as patients have to keep them."""
    rules, verdicts = near.rules.get(offer.clinician.id), near.verdicts(offer.key, offer.service)
    window = outside_window(rules, offer.key.starts_at, near.asking.at) if rules else ()
    others = (rule for rule, is_kept in verdicts.items() if is_kept is False and rule in OTHERS)
    return (*window, *others)


def in_the_way(near: Availability, offer: Offer, *, freely: frozenset[Refusal]) -> tuple[Refusal, ...]:
    """What staff would have to name to have that time, as it looks now.

    Raises TooSoonOrTooFar for what is for nobody.
    """
    beyond = _beyond(offer.key.starts_at, near.asking)
    if beyond:
        raise TooSoonOrTooFar(NOT_OFFERED[beyond], refusal=beyond)
    return tuple(rule for rule in broken_at(near, offer) if rule not in freely)


def outside_window(rules: BookingRules, starts_at: datetime, at: datetime) -> tuple[Refusal, ...]:
    """Of notice and horizon, what a time breaks at an instant; what has just begun keeps the notice as before."""
    window = Window.for_patients(at, rules.notice_hours, rules.advance_days)
    if starts_at < window.opens_at - STAFF_GRACE:
        return (Refusal.TOO_SOON,)
    return (Refusal.TOO_FAR,) if starts_at >= window.closes_at else ()


def check_reason(broken: Iterable[Refusal], override: Override | None) -> None:
    """Raises Invalid where rules are booked around and nobody says why."""
    if any(broken) and not (override and override.reason.strip()):
        raise Invalid(details={"reason": SAY_WHY})


def record_override(session: Session, line: AppointmentChange, rules: Iterable[Refusal], by: Actor) -> None:
    """Keep with the line of history what was booked around, and say so."""
    names = [rule.value for rule in rules]
    if names:
        line.overridden, at = names, line.changed_at
        publish(session, RulesOverridden(line.appointment_id, by, at, rules=tuple(names), reason=line.reason))


def _beyond(starts_at: datetime, asking: Asking) -> Refusal | None:
    """What nobody books around: the past, but for what has just begun, and years ahead."""
    if starts_at < asking.at - STAFF_GRACE:
        return Refusal.PAST
    return Refusal.TOO_FAR if starts_at >= asking.at + STAFF_HORIZON else None


SAY_WHY = _("Say why it is done all the same.")
