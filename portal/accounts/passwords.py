"""Passwords: the policy, and their hashes with argon2."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.errors import Invalid, _

SHORTEST, LONGEST = 8, 256

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hash_of_nobody: str | None = None


def configure(*, cheap: bool) -> None:
    """Choose the cost of hashing once, at start: `cheap` is for tests only."""
    global _hasher, _hash_of_nobody  # noqa: PLW0603  one process has one cost
    _hasher = PasswordHasher(
        time_cost=1 if cheap else 2, memory_cost=64 if cheap else 19 * 1024, parallelism=1
    )
    _hash_of_nobody = None


def check_policy(password: str, *, field: str = "password") -> None:
    """Raises Invalid unless the password is long enough and mixes four kinds of characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(details={field: _("Use 8 to 256 characters.")})
    kinds = (str.isupper, str.islower, str.isdigit, lambda character: not character.isalnum())
    if not all(any(map(kind, password)) for kind in kinds):
        raise Invalid(
            details={field: _("Use upper and lower case letters, a number and a special character.")}
        )


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Is it the password? Takes as long where there is no hash, so that time does not tell who has an account."""
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Was it made with another cost than today's?"""
    return _hasher.check_needs_rehash(password_hash)


def _nobody() -> str:
    global _hash_of_nobody  # noqa: PLW0603  made once a process, at today's cost
    if _hash_of_nobody is None:
        _hash_of_nobody = _hasher.hash("")
    return _hash_of_nobody
