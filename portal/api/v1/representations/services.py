"""What a clinician does, with length, price and pauses."""

from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import KEPT, Amount, Body, Query, Shape, Text, amount
from portal.scheduling.models import Service

Title = Annotated[str, Field(min_length=1, max_length=120)]
Minutes = Annotated[int, Field(ge=5, le=480)]
Pause = Annotated[int, Field(ge=0, le=120)]


class ServiceShape(Shape):
    id: int
    title: str
    description: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    price: float
    currency: str
    is_online: bool
    is_in_person: bool
    is_active: bool


class ServiceQuery(Query):
    include_inactive: bool = Field(default=False, description="For those who may change them.")


class ServiceFacts(Body):
    title: Title = KEPT
    description: Text = ""
    duration_minutes: Minutes = 60
    buffer_before_minutes: Pause = 0
    buffer_after_minutes: Pause = 0


class ServiceChanges(ServiceFacts):
    """What is not given stays."""

    price: Amount = 0
    is_online: bool = False
    is_in_person: bool = True
    is_active: bool = True


class NewService(ServiceFacts):
    title: Title
    duration_minutes: Minutes
    price: Amount | None = Field(None, description="The clinician's consultation fee unless given.")
    is_online: bool | None = Field(None, description="Unless given, only for who works at no centre.")
    is_in_person: bool | None = Field(None, description="Unless given, for who works at a centre.")
    is_active: bool = True


def service_shape(service: Service, currency: str) -> ServiceShape:
    return ServiceShape(
        price=amount(service.price_minor, currency),
        currency=currency,
        **{
            name: getattr(service, name)
            for name in ServiceShape.model_fields
            if name not in {"price", "currency"}
        },
    )
