"""Messages that left the house, or should have, as they go out; and what may be asked of them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Body, Id, Listing, Query, Shape, Upper
from portal.api.v1.representations.slots import Day
from portal.core.contact import masked
from portal.notifications.history import TYPES, Figures, State, notification_type, state_of, total
from portal.notifications.models import Channel, Delivery

NotificationType = StrEnum("NotificationType", {name: name for name in TYPES})  # type: ignore[misc]  # one list of words


class ByHand(StrEnum):
    """What staff send at once."""

    APPOINTMENT_CONFIRMATION = "APPOINTMENT_CONFIRMATION"
    APPOINTMENT_REMINDER = "APPOINTMENT_REMINDER"


class DeliveryShape(Shape):
    id: int
    patient_id: int | None
    appointment_id: int | None
    notification_type: str
    channel: Channel
    recipient: str = Field(description="Masked: +44 ••• 123, j•••@example.org.")
    status: State
    error: str | None = Field(description="What the provider said of the last attempt.")
    reason: str | None = Field(description="Why it was not sent: a word such as REFUSED, OPTED_OUT or OVER.")
    attempts: int
    sent_at: datetime | None
    created_at: datetime


class DeliveryQuery(Listing):
    patient_id: Id | None = None
    appointment_id: Id | None = None
    notification_type: Annotated[NotificationType, Upper] | None = None
    status: Annotated[State, Upper] | None = Field(
        None, description="SKIPPED was not to be sent any more, MISSED could not be in time."
    )
    start_date: Day | None = Field(None, description="Written on or after that day, in the practice's zone.")
    end_date: Day | None = Field(None, description="Included.")


class StatisticsQuery(Query):
    start_date: Day | None = Field(None, description="Written on or after that day, in the practice's zone.")
    end_date: Day | None = Field(None, description="Included.")


class Statistics(Shape):
    total_sent: int = Field(description="Attempts: messages that were sent or failed.")
    total_failed: int
    success_rate: float | None = Field(
        description="Percent of the attempts, with one decimal; null without any."
    )
    by_type: dict[str, int] = Field(description="Attempts by notificationType.")


class SendNow(Body):
    type: Annotated[ByHand, Upper]


def delivery_shape(delivery: Delivery) -> DeliveryShape:
    """Without its words: what a message said is for whoever got it."""
    same = ("id", "patient_id", "appointment_id", "attempts", "sent_at", "created_at")
    return DeliveryShape(
        notification_type=notification_type(delivery.kind),
        channel=Channel(delivery.channel),
        recipient=masked(delivery.recipient),
        status=state_of(delivery),
        error=delivery.error or None,
        reason=delivery.reason or None,
        **{name: getattr(delivery, name) for name in same},
    )


def statistics(of_types: Mapping[str, Figures]) -> Statistics:
    """Only what was tried counts."""
    whole = total(of_types)
    return Statistics(
        total_sent=whole.attempts,
        total_failed=whole.failed,
        success_rate=whole.success_rate,
        by_type={name: figures.attempts for name, figures in of_types.items() if figures.attempts},
    )
