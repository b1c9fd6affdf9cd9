"""What a client needs to know of the practice."""

from flask import Blueprint, g
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Shape
from portal.delivery import settings
from portal.settings import LateCancellation

bp = Blueprint("api_settings", __name__, url_prefix="/settings")


class Practice(Shape):
    """Durations carry their unit in the name."""

    name: str
    default_timezone: str
    default_currency: str
    default_region: str
    hold_minutes: int
    code_minutes: int
    late_cancellation: LateCancellation | None = Field(description="For staff; null for others.")
    front_desk_can_reschedule: bool | None = Field(description="For staff; null for others.")


@bp.get("")
@endpoint("API-04", Answer[Practice])
def show() -> Practice:
    """Read the practice's name, its usual zone and currency, and the rules that clients meet."""
    known = settings()
    return Practice(
        name=known.portal_name,
        default_timezone=known.default_time_zone,
        default_currency=known.default_currency,
        default_region=known.default_region,
        hold_minutes=known.hold_minutes,
        code_minutes=known.code_minutes,
        late_cancellation=known.late_cancellation if g.actor.is_staff else None,
        front_desk_can_reschedule=known.front_desk_can_reschedule if g.actor.is_staff else None,
    )
