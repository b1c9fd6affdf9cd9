"""Places where the practice sees people."""

from typing import Annotated

from pydantic import Field

from portal.api.v1.representations.base import Body, Line, Listing, Shape, Text
from portal.centres.models import Centre


class CentreShape(Shape):
    id: int
    name: str
    city: str
    address: str
    phone: str | None
    email: str | None
    timezone: str = Field(description="IANA name")
    currency: str = Field(description="ISO 4217 code")
    is_active: bool


class CentreQuery(Listing):
    city: Annotated[str, Field(max_length=100, description="In any case.")] = ""


class NewCentre(Body):
    name: Line
    city: Line
    address: Text = ""
    phone: Line | None = Field(None, description="E.164")
    email: Line | None = None
    timezone: Line | None = Field(None, description="IANA name; the practice's own unless given.")
    currency: Line | None = Field(None, description="ISO 4217 code; the practice's own unless given.")


class CentreChanges(Body):
    """What is not given stays. Closing a centre leaves its coming appointments as they are."""

    name: Line = ""
    city: Line = ""
    address: Text = ""
    phone: Line | None = None
    email: Line | None = None
    timezone: Line = ""
    currency: Line = ""
    is_active: bool = True


def centre_shape(centre: Centre) -> CentreShape:
    return CentreShape(
        id=centre.id,
        name=centre.name,
        city=centre.city,
        address=centre.address,
        phone=centre.phone,
        email=centre.email,
        timezone=centre.time_zone,
        currency=centre.currency,
        is_active=centre.is_active,
    )
