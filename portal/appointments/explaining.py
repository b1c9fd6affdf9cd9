"""Why a time is offered to patients, or is not: each rule by name, from the same function that decides."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability, around
from portal.appointments.queries import appointment_at
from portal.appointments.slots import SlotKey
from portal.core.permissions import Actor
from portal.people.models import Clinician
from portal.scheduling.models import Service
from portal.scheduling.rules import Refusal


class Rule(StrEnum):
    """What a time has to keep, in the order in which it is looked at."""

    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    COMPLETE = "COMPLETE"
    ACCEPTING = "ACCEPTING"
    SERVICE_OFFERED = "SERVICE_OFFERED"
    WORKS_THERE = "WORKS_THERE"
    PAST = "PAST"
    TOO_SOON = "TOO_SOON"
    TOO_FAR = "TOO_FAR"
    HOLIDAY = "HOLIDAY"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    LEAVE = "LEAVE"
    NOT_ON_GRID = "NOT_ON_GRID"
    TAKEN = "TAKEN"
    ENGAGED = "ENGAGED"


@dataclass(frozen=True)
class Finding:
    """A rule, and whether the time keeps it; None where another rule leaves nothing to look at."""

    rule: Rule
    is_kept: bool | None


@dataclass(frozen=True)
class Explanation:
    """The rules one by one. `appointment_id` is what takes the time, for those who may see it."""

    findings: list[Finding]
    appointment_id: int | None

    @property
    def is_offered(self) -> bool:
        """Exactly when the time is in the list that patients see."""
        return all(finding.is_kept for finding in self.findings)


def explain(
    session: Session, clinician: Clinician, service: Service, key: SlotKey, asking: Asking, *, by: Actor
) -> Explanation:
    """Every rule for that start, as it holds for whoever `asking` is; `by` reads it.

    Whether the patient is free is looked at where there is one.
    """
    near = around(session, clinician, key.starts_at, asking)
    findings = [*_of_people(clinician, service, key), *_of_time(near, service, key)]
    is_taken = Finding(Rule.TAKEN, is_kept=False) in findings
    return Explanation(findings, _taken_by(session, by, key, service) if is_taken else None)


def _of_people(clinician: Clinician, service: Service, key: SlotKey) -> list[Finding]:
    account, centres = clinician.account, {centre.id: centre for centre in clinician.centres}
    centre = centres.get(key.centre_id or 0)
    if key.centre_id is None:
        is_there = not centres and service.is_online
    else:
        is_there = centre is not None and centre.is_active and centre.deleted_at is None
    return [
        Finding(Rule.APPROVED, clinician.approved_at is not None),
        Finding(Rule.ACTIVE, clinician.is_active and account.is_active and account.deleted_at is None),
        Finding(Rule.COMPLETE, account.signed_up_at is None or _has_whole_profile(clinician)),
        Finding(Rule.ACCEPTING, clinician.is_accepting),
        Finding(Rule.SERVICE_OFFERED, service.is_active),
        Finding(Rule.WORKS_THERE, is_there),
    ]


def _has_whole_profile(clinician: Clinician) -> bool:
    """What the public asks of who signed up by themself."""
    return bool(clinician.bio and clinician.specialization and clinician.consultation_fee_minor > 0)


def _of_time(near: Availability, service: Service, key: SlotKey) -> list[Finding]:
    return [
        Finding(Rule(rule.value), is_kept)
        for rule, is_kept in near.verdicts(key, service).items()
        if rule is not Refusal.ENGAGED or near.asking.patient_resource_id
    ]


def _taken_by(session: Session, by: Actor, key: SlotKey, service: Service) -> int | None:
    """With the pauses that the visit would need; in the pauses of another visit there is none to name."""
    slot = key.with_length_of(service)
    before = timedelta(minutes=service.buffer_before_minutes)
    after = timedelta(minutes=service.buffer_after_minutes)
    return appointment_at(
        session, by, slot._replace(starts_at=slot.starts_at - before, ends_at=slot.ends_at + after)
    )
