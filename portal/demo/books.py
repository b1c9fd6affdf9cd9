"""The books of the demo: payments and refunds, the ledger, receipts in a row, and two rounds of payouts.

Written in bulk. What each act writes is said by `postings`, as for the product's own commands.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.money import Money
from portal.core.permissions import Actor
from portal.demo.bulk import insert_all, insert_numbered
from portal.demo.money import Attempt
from portal.payments import policy, postings
from portal.payments.book_models import Document, DocumentNumber, LedgerEntry, Reason, Receipt
from portal.payments.models import Payment, Refund
from portal.payments.payout_models import Payout, PayoutLine
from portal.payments.postings import Entry
from portal.payments.receipts import year_of
from portal.payments.rules import WHOLE, Split, split_fee

PAID_OUT_DAYS_AGO = (17, 10)
FORGOTTEN = 5  # every so many clinicians has not been paid out yet
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Act:
    """One transaction of the ledger."""

    at: datetime
    reason: Reason
    entries: tuple[Entry, ...]
    payment_id: int | None = None
    refund_id: int | None = None


class Books:
    """What happened until `at`, written by `admin` where somebody has to."""

    def __init__(self, session: Session, random: Random, admin: Actor, at: datetime) -> None:
        self.session, self.random, self.admin, self.at = session, random, admin, at
        self.practice = policy.current()

    def write(self, attempts: Sequence[Attempt]) -> None:
        """The payments, their refunds, and everything that is derived from them."""
        ids = insert_numbered(self.session, Payment, [attempt.row for attempt in attempts])
        paid = [(number, one) for number, one in zip(ids, attempts, strict=True) if one.row["paid_at"]]
        refund_ids = self._write_refunds(paid)
        acts = [act for number, one in paid for act in self._acts(number, one, refund_ids)]
        self._write_payouts(self._write_ledger(sorted(acts, key=lambda act: act.at)))
        self._write_receipts(sorted(paid, key=lambda one: one[1].row["paid_at"]))

    def _write_refunds(self, paid: Iterable[tuple[int, Attempt]]) -> dict[uuid.UUID, int]:
        """Their ids by their keys."""
        by = {"by_account_id": self.admin.account_id, "by_name": self.admin.full_name}
        rows = [one | {"payment_id": number} | by for number, attempt in paid for one in attempt.refunds]
        ids = insert_numbered(self.session, Refund, rows)
        return {row["key"]: number for row, number in zip(rows, ids, strict=True)}

    def _acts(self, payment_id: int, attempt: Attempt, refund_ids: dict[uuid.UUID, int]) -> Iterator[Act]:
        """What happened to the money of one payment."""
        payment, clinician_id = Payment(id=payment_id, **attempt.row), attempt.story.row["clinician_id"]
        split = self._split(attempt.kept_minor)
        yield Act(attempt.row["paid_at"], Reason.PAID, postings.paid(payment), payment_id)
        if attempt.earned_at:
            entries = postings.earned(payment, clinician_id, split)
            yield Act(attempt.earned_at, Reason.EARNED, entries, payment_id)
        for refund in attempt.refunds:
            minor, when, about = refund["amount_minor"], refund["settled_at"], refund_ids[refund["key"]]
            yield Act(when, Reason.REFUNDED, postings.refunded(payment, minor), payment_id, about)
            if attempt.earned_at:
                entries = postings.earning_returned(payment, _owed(clinician_id, split), minor)
                yield Act(when, Reason.EARNING_RETURNED, entries, payment_id, about)

    def _split(self, minor: int) -> Split:
        share = self.practice.platform_fee_percent * (WHOLE // 100)
        return split_fee(minor, taxes=self.practice.tax_rates, platform_basis_points=share)

    def _write_ledger(self, acts: Iterable[Act]) -> Rows:
        """The lines, with their ids."""
        rows = [row for act in acts for row in self._lines(act)]
        ids = insert_numbered(self.session, LedgerEntry, rows)
        return [row | {"id": number} for row, number in zip(rows, ids, strict=True)]

    def _lines(self, act: Act) -> Rows:
        about = {
            "transaction_key": self._key(),
            "reason": act.reason,
            "payment_id": act.payment_id,
            "refund_id": act.refund_id,
            "created_at": act.at,
        }
        return [
            {"account": one.account, "currency": one.money.currency, "amount_minor": one.money.minor, **about}
            for one in postings.merged(act.entries)
        ]

    def _write_payouts(self, lines: Rows) -> None:
        """Twice all that a clinician had earned by then; with the lines that each statement lists."""
        open_lines: dict[tuple[int, str], Rows] = defaultdict(list)
        for line in lines:
            kind, _, number = line["account"].partition(":")
            if kind == "clinician" and int(number) % FORGOTTEN:
                open_lines[int(number), line["currency"]].append(line)
        made = [
            (payout, listed)
            for days_ago in PAID_OUT_DAYS_AGO
            for payout, listed in self._round(open_lines, self.at - timedelta(days=days_ago))
        ]
        numbers = _Numbers(self.practice)
        rows = [payout | numbers.of(payout["made_at"]) for payout, _listed in made]
        ids = insert_numbered(self.session, Payout, rows)
        listed = [
            {"payout_id": number, "entry_id": line["id"]}
            for number, (_payout, of_it) in zip(ids, made, strict=True)
            for line in of_it
        ]
        insert_all(self.session, PayoutLine, listed)
        numbers.write(self.session, Document.STATEMENT)

    def _round(
        self, open_lines: dict[tuple[int, str], Rows], made_at: datetime
    ) -> Iterator[tuple[dict[str, Any], Rows]]:
        """Pay everybody out who is owed something; what is listed is open no longer."""
        for (clinician_id, currency), lines in sorted(open_lines.items()):
            listed = [line for line in lines if line["created_at"] < made_at]
            minor = -sum(line["amount_minor"] for line in listed)
            if minor > 0:
                open_lines[clinician_id, currency] = lines[len(listed) :]
                yield self._payout(clinician_id, Money(minor, currency), made_at), listed

    def _payout(self, clinician_id: int, money: Money, made_at: datetime) -> dict[str, Any]:
        entries = postings.paid_out(clinician_id, money)
        [first, *_] = self._write_ledger([Act(made_at, Reason.PAID_OUT, entries)])
        return {
            "clinician_id": clinician_id,
            "amount_minor": money.minor,
            "currency": money.currency,
            "reference": f"Transfer of {made_at.date()}",
            "transaction_key": first["transaction_key"],
            "made_by_id": self.admin.account_id,
            "made_by_name": self.admin.full_name,
            "made_at": made_at,
        }

    def _write_receipts(self, paid: Iterable[tuple[int, Attempt]]) -> None:
        numbers = _Numbers(self.practice)
        places = {centre.id: _address(centre) for centre in self.session.scalars(select(Centre))}
        rows = [
            {
                "payment_id": number,
                "issuer_name": self.practice.name,
                "issuer_address": self.practice.address or places.get(one.row["centre_id"], ""),
                "issuer_tax_number": self.practice.tax_number,
                "issued_to": one.story.visit.patient.person.full_name,
                "description": _description(one),
                "amount_minor": one.row["amount_minor"],
                "currency": one.row["currency"],
                "tax_lines": [asdict(line) for line in self._split(one.row["amount_minor"]).tax_lines],
                "issued_at": one.row["paid_at"],
                **numbers.of(one.row["paid_at"]),
            }
            for number, one in paid
        ]
        insert_all(self.session, Receipt, rows)
        numbers.write(self.session, Document.RECEIPT)

    def _key(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)


class _Numbers:
    """Numbers without gaps, in each year from 1."""

    def __init__(self, practice: policy.Policy) -> None:
        self._zone, self._last = practice.zone, defaultdict[int, int](int)

    def of(self, at: datetime) -> dict[str, int]:
        year = year_of(at, self._zone)
        self._last[year] += 1
        return {"year": year, "number": self._last[year]}

    def write(self, session: Session, kind: Document) -> None:
        """The next one that the product gives follows."""
        rows = [{"kind": kind, "year": year, "last": last} for year, last in self._last.items()]
        insert_all(session, DocumentNumber, rows)


def _owed(clinician_id: int, split: Split) -> dict[str, int]:
    """What a visit has brought to whom."""
    parts = {
        postings.clinician(clinician_id): split.clinician_minor,
        postings.PLATFORM: split.platform_minor,
        postings.TAX: split.tax_minor,
    }
    return {account: minor for account, minor in parts.items() if minor}


def _description(attempt: Attempt) -> str:
    visit = attempt.story.visit
    return f"{visit.service.title}, {visit.working.clinician.full_name}"


def _address(centre: Centre) -> str:
    return "\n".join(filter(None, (centre.name, centre.address, centre.city)))
