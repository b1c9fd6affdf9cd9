"""The envelope of every failure."""

from typing import Literal

from pydantic import Field

from portal.api.v1.representations.base import Shape
from portal.api.v1.representations.slots import OtherTime
from portal.scheduling.rules import Refusal


class Problem(Shape):
    """`code` is for programs, `message` for people, `details` has a message by field."""

    code: str = Field(examples=["SLOT_UNAVAILABLE"])
    message: str
    details: dict[str, str | int] = Field(description="By field; `retryAfter` is a number of seconds.")
    broken_rules: list[Refusal] | None = Field(
        None, description="For staff: all rules that the time breaks, as `override.rules` names them."
    )
    alternatives: list[OtherTime] | None = Field(
        None, description="Other free times, when the one that was asked for cannot be had."
    )


class Refused(Shape):
    success: Literal[False] = False
    error: Problem
