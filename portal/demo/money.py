"""What was paid for the demo's visits, how, and what went back of it: as rows that the commands would have written."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from portal.appointments.models import Party, SessionType, Status
from portal.demo import texts
from portal.demo.stories import Story
from portal.payments.gateways import Provider, RefundState
from portal.payments.gateways.registry import provider_for
from portal.payments.models import Method, PaymentStatus, Purpose
from portal.payments.rules import Paid, status_of

BEFOREHAND, BY_TERMINAL, UNPAID, DECLINED, COMPLAINT = 0.45, 0.65, 0.03, 0.05, 0.02
HOURS_TO_REFUND = 5
MINUTE = timedelta(minutes=1)
PAGES = {Provider.STRIPE: "cs", Provider.RAZORPAY: "order"}
INSTRUMENTS = {Provider.STRIPE: "card", Provider.RAZORPAY: "upi"}


@dataclass
class Attempt:
    """A payment of a visit with its refunds; `earned_at` is when what was kept of it was earned, if it was."""

    story: Story
    row: dict[str, Any]
    refunds: list[dict[str, Any]] = field(default_factory=list)
    earned_at: datetime | None = None

    @property
    def kept_minor(self) -> int:
        """What had not gone back when it was earned."""
        until = self.earned_at
        back: int = sum(one["amount_minor"] for one in self.refunds if until and one["created_at"] <= until)
        return int(self.row["amount_minor"]) - back


def paid_for(told: Sequence[tuple[int, Story]], random: Random, at: datetime) -> list[Attempt]:
    """The payments of all visits until now, in the order in which they were begun."""
    attempts = [one for number, story in told for one in Paying(number, story, random, at).attempts()]
    return sorted(attempts, key=lambda one: one.row["created_at"])


class Paying:
    """How one visit was paid: on the internet when it was booked, or at the centre on the day."""

    def __init__(self, appointment_id: int, story: Story, random: Random, at: datetime) -> None:
        self.appointment_id, self.story, self.random, self.at = appointment_id, story, random, at
        self.visit = story.row

    def attempts(self) -> list[Attempt]:
        """Nothing for a visit that is free, that the clinician has yet to accept, or that nobody has paid."""
        if self.visit["fee_minor"] <= 0 or self.visit["status"] is Status.PENDING:
            return []
        if self.visit["starts_at"] > self.at:
            return self._paid_beforehand() if self._happens(BEFOREHAND) else []
        is_online = self.visit["session_type"] is SessionType.ONLINE or self.visit["centre_id"] is None
        if is_online or self._happens(BEFOREHAND):
            return self._paid_beforehand()
        return self._paid_at_centre()

    def _paid_beforehand(self) -> list[Attempt]:
        """Some cards are declined at first."""
        begun_at = self.visit["booked_at"]
        failed = [self._failed(begun_at)] if self._happens(DECLINED) else []
        begun_at += 3 * MINUTE * len(failed)
        provider = provider_for(self.visit["currency"], None)
        paid_at = min(self.at, begun_at + self.random.randint(1, 2) * MINUTE)
        attempt = self._paid(min(self.at, begun_at), paid_at, Method.ONLINE, provider)
        self._settle(attempt)
        return [*failed, attempt]

    def _paid_at_centre(self) -> list[Attempt]:
        """After the visit, by whoever came; a few have yet to pay."""
        if self.visit["status"] is not Status.COMPLETED or self._happens(UNPAID):
            return []
        paid_at = min(self.at, self.visit["ended_at"] + self.random.randint(1, 6) * MINUTE)
        method = Method.TERMINAL if self._happens(BY_TERMINAL) else Method.CASH
        attempt = self._paid(paid_at, paid_at, method, None)
        attempt.row["taken_by_id"] = self.story.desk.account_id
        self._settle(attempt)
        return [attempt]

    def _settle(self, attempt: Attempt) -> None:
        """It is earned by the visit, or kept of it; or it went back, all or after a complaint in part."""
        match self.visit["status"]:
            case Status.COMPLETED:
                attempt.earned_at = max(attempt.row["paid_at"], self.visit["ended_at"])
                if self._happens(COMPLAINT):
                    self._complain(attempt)
            case Status.NO_SHOW:
                attempt.earned_at = self.visit["updated_at"]
            case Status.CANCELLED if self._was_late():
                attempt.earned_at = self.visit["cancelled_at"]
            case Status.CANCELLED:
                self._give_back(
                    attempt, self.visit["fee_minor"], self.visit["cancel_reason"], self.visit["cancelled_at"]
                )

    def _was_late(self) -> bool:
        deadline = self.visit["starts_at"] - timedelta(hours=self.story.visit.working.rules.deadline_hours)
        return self.visit["cancelled_by"] is Party.PATIENT and self.visit["cancelled_at"] > deadline

    def _complain(self, attempt: Attempt) -> None:
        since = attempt.earned_at or self.at
        half = self.visit["fee_minor"] // 2
        self._give_back(attempt, half, self.random.choice(texts.REFUND_REASONS), since + timedelta(days=2))

    def _give_back(self, attempt: Attempt, minor: int, reason: str, when: datetime) -> None:
        settled_at = min(self.at, when + self.random.randint(1, HOURS_TO_REFUND) * timedelta(hours=1))
        if when > self.at:
            return
        attempt.refunds.append(
            {
                "key": self._key(),
                "amount_minor": minor,
                "reason": reason,
                "status": RefundState.DONE,
                "due_at": when,
                "created_at": when,
                "settled_at": settled_at,
            }
        )
        paid = Paid(attempt.row["amount_minor"], returned_minor=minor)
        attempt.row |= {"status": status_of(paid), "updated_at": settled_at}

    def _failed(self, begun_at: datetime) -> Attempt:
        facts = {
            "status": PaymentStatus.FAILED,
            "failure": texts.DECLINED,
            "updated_at": begun_at + 2 * MINUTE,
        }
        return Attempt(
            self.story, self._row(begun_at, Method.ONLINE, provider_for(self.visit["currency"], None)) | facts
        )

    def _paid(
        self, begun_at: datetime, paid_at: datetime, method: Method, provider: Provider | None
    ) -> Attempt:
        row = self._row(begun_at, method, provider) | {
            "status": PaymentStatus.PAID,
            "paid_at": paid_at,
            "updated_at": paid_at,
        }
        if provider:
            row |= {
                "transaction_id": self._transaction(provider),
                "instrument": INSTRUMENTS[provider],
            }
        return Attempt(self.story, row)

    def _row(self, begun_at: datetime, method: Method, provider: Provider | None) -> dict[str, Any]:
        patient = self.story.visit.patient
        return {
            "key": self._key(),
            "purpose": Purpose.APPOINTMENT,
            "appointment_id": self.appointment_id,
            "patient_id": patient.id,
            "account_id": patient.actor.account_id if patient.actor else None,
            "centre_id": self.visit["centre_id"],
            "method": method,
            "provider": provider,
            "amount_minor": self.visit["fee_minor"],
            "currency": self.visit["currency"],
            "provider_payment_id": f"{PAGES[provider]}_{self.random.getrandbits(64):016x}"
            if provider
            else None,
            "transaction_id": "",
            "instrument": "",
            "failure": "",
            "taken_by_id": None,
            "paid_at": None,
            "created_at": begun_at,
        }

    def _transaction(self, provider: Provider) -> str:
        """It says to the stand-ins, which were not there, what was paid: so it can be given back."""
        prefix = "pi" if provider is Provider.STRIPE else "pay"
        facts = self.visit["currency"].lower(), self.visit["fee_minor"], f"{self.random.getrandbits(64):016x}"
        return "_".join(map(str, (prefix, "demo", *facts)))

    def _key(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    def _happens(self, share: float) -> bool:
        return self.random.random() < share
