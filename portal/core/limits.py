"""How often something may be tried. The counts are shared by all processes and outlive a rolled-back transaction."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import TooManyAttempts


@dataclass(frozen=True)
class Rule:
    """At most `amount` attempts of a key in `window`, which begins with the first of them.

    `is_cleared_by_success` says whether a success forgets the failures before it. It must not where an attacker
    could succeed with a key of their own, such as an address, in between.
    """

    name: str
    amount: int
    window: timedelta
    is_cleared_by_success: bool = False

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.amount, int(self.window.total_seconds()), namespace=self.name)


CODE_COOL_DOWN = Rule("code-cool-down", 1, timedelta(seconds=30))
CODE_SENT = Rule("code-sent", 3, timedelta(minutes=15))
CODES_OF_ADDRESS = Rule("codes-of-address", 60, timedelta(minutes=15))
CODE_FAILED_PHONE = Rule("code-failed-phone", 20, timedelta(hours=1))
PASSWORD_FAILED = Rule("password-failed", 5, timedelta(minutes=15), is_cleared_by_success=True)
ADDRESS_FAILED = Rule("address-failed", 50, timedelta(minutes=15))
SIGN_UPS_OF_ADDRESS = Rule("sign-ups-of-address", 20, timedelta(hours=1))
SIGN_UPS_OF_EMAIL = Rule("sign-ups-of-email", 10, timedelta(hours=1))
MAIL_SENT = Rule("mail-sent", 3, timedelta(minutes=15))
MAILS_OF_ADDRESS = Rule("mails-of-address", 30, timedelta(minutes=15))
HOLD_TAKEN = Rule("hold-taken", 30, timedelta(minutes=10))
PAYMENT_WRITTEN = Rule("payment-written", 10, timedelta(minutes=1))
WEBHOOK_TOLD = Rule("webhook-told", 6000, timedelta(minutes=1))
VISIT_LINK_WRONG = Rule("visit-link-wrong", 30, timedelta(minutes=15))
VISIT_LINK_CHANGED = Rule("visit-link-changed", 20, timedelta(hours=1))
MESSAGE_WRITTEN = Rule("message-written", 30, timedelta(minutes=1))


@dataclass(frozen=True)
class Allowance:
    """What is left of a rule in the present window, which ends at `resets_at` (seconds since 1970)."""

    limit: int
    used: int
    resets_at: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit


class Attempts:
    """Counts attempts in PostgreSQL, each in a short transaction of its own.

    Keys (a phone, an address, or several parts joined) are stored as keyed hashes: the table tells nobody who tried.
    """

    def __init__(self, engine: Engine, *, secret: str) -> None:
        self._storage = PostgresStorage(engine)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._secret = secret.encode()

    def hit(self, rule: Rule, key: str) -> None:
        """Count one attempt; raises TooManyAttempts when it is one too many."""
        if not self._limiter.hit(rule.item, self._hidden(key)):
            raise TooManyAttempts(retry_after_seconds=self._seconds_left(rule, key))

    def spend(self, rule: Rule, key: str) -> Allowance:
        """Count one attempt in one statement; the answer says whether it was one too many."""
        used, ends_at = self._storage.count(rule.item.key_for(self._hidden(key)), rule.item.get_expiry())
        return Allowance(rule.amount, used, int(ends_at))

    def is_spent(self, rule: Rule, key: str) -> bool:
        """Would the next attempt be one too many? Counts nothing."""
        return not self._limiter.test(rule.item, self._hidden(key))

    def clear(self, rule: Rule, key: str) -> None:
        """Forget the attempts of this key."""
        self._limiter.clear(rule.item, self._hidden(key))

    @contextmanager
    def counting_failures(self, *counted: tuple[Rule, str]) -> Iterator[None]:
        """Count a try before it is made and give it back if the block succeeds, so that only failures add up.

        Counting first makes a burst of parallel tries count in full. A refusal raised in the block is the failure;
        raises TooManyAttempts, and does not run the block, when a rule is used up.
        """
        for rule, key in counted:
            self.hit(rule, key)
        yield
        for rule, key in counted:
            if rule.is_cleared_by_success:
                self.clear(rule, key)
            else:
                self._storage.take_back(rule.item.key_for(self._hidden(key)))

    def _seconds_left(self, rule: Rule, key: str) -> int:
        ends_at = self._storage.get_expiry(rule.item.key_for(self._hidden(key)))
        return max(1, round(ends_at - clock.now().timestamp()))

    def _hidden(self, key: str) -> str:
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()


class PostgresStorage(Storage):
    """Fixed windows in the table rate_limit, for the `limits` library."""

    STORAGE_SCHEME = None  # built from an engine, never from an address

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the counter, or begin a new window of `expiry` seconds if the last is over; returns the count."""
        return self.count(key, expiry, amount)[0]

    def count(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """As `incr`, and when the window ends in seconds since 1970."""
        now = clock.now()
        row = self._run(_COUNT, key=key, amount=amount, now=now, until=now + timedelta(seconds=expiry))
        return (int(row["hits"]), row["expires_at"].timestamp()) if row else (amount, now.timestamp())

    def get(self, key: str) -> int:
        row = self._run(_READ, key=key, now=clock.now())
        return int(row["hits"]) if row else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970; now if there is none."""
        now = clock.now()
        row = self._run(_READ, key=key, now=now)
        ends_at: datetime = row["expires_at"] if row else now
        return ends_at.timestamp()

    def take_back(self, key: str) -> None:
        self._run(_TAKE_BACK, key=key)

    def clear(self, key: str) -> None:
        self._run(_CLEAR, key=key)

    def reset(self) -> None:
        self._run(_RESET)

    def check(self) -> bool:
        try:
            return self._run(_ASK) is not None
        except SQLAlchemyError:
            return False

    def _run(self, statement: TextClause, **values: Any) -> RowMapping | None:
        with self._engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.mappings().first() if result.returns_rows else None


def forget_expired(session: Session, *, at: datetime) -> None:
    """Remove the counters whose window is over."""
    session.execute(text("DELETE FROM rate_limit WHERE expires_at <= :at"), {"at": at})


# Put together once: the first is run for every request of a program.
_COUNT = text("""
INSERT INTO rate_limit AS counted (key, hits, expires_at) VALUES (:key, :amount, :until)
ON CONFLICT (key) DO UPDATE SET
    hits = CASE WHEN counted.expires_at <= :now THEN excluded.hits ELSE counted.hits + excluded.hits END,
    expires_at = CASE WHEN counted.expires_at <= :now THEN excluded.expires_at ELSE counted.expires_at END
RETURNING hits, expires_at
""")
_READ = text("SELECT hits, expires_at FROM rate_limit WHERE key = :key AND expires_at > :now")
_TAKE_BACK = text("UPDATE rate_limit SET hits = hits - 1 WHERE key = :key AND hits > 0")
_CLEAR = text("DELETE FROM rate_limit WHERE key = :key")
_RESET = text("DELETE FROM rate_limit")
_ASK = text("SELECT 1 AS answer")
