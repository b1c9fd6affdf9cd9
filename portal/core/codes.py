"""Words of ours that stand in rows, addresses and answers: roles, permissions, statuses."""

from enum import StrEnum


class Code(StrEnum):
    """A StrEnum that is looked up as fast as its text.

    Enum's own hash is written in Python, and a page asks hundreds of times what somebody may and how far a visit is.
    """

    __hash__ = str.__hash__
