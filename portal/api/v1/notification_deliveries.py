"""What was sent to whom, what became of it, and how much of it arrived."""

from datetime import date
from typing import Any

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Listed, Paged, paged
from portal.api.v1.representations.notification_deliveries import (
    DeliveryQuery,
    DeliveryShape,
    Statistics,
    StatisticsQuery,
    delivery_shape,
    statistics,
)
from portal.bootstrap import db
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery.looks import note_look
from portal.delivery.periods import instants
from portal.notifications import history
from portal.notifications.history import Filters

bp = Blueprint("api_notification_deliveries", __name__, url_prefix="/notification-deliveries")


@bp.get("")
@endpoint("NTF-07", Listed[DeliveryShape], Permission.DELIVERY_LIST)
def index(query: DeliveryQuery) -> Paged[DeliveryShape]:
    """List deliveries, newest first. What messages said is not told."""
    filters = Filters(
        patient_id=query.patient_id,
        appointment_id=query.appointment_id,
        notification_type=query.notification_type or "",
        state=query.status,
        **_period(query.start_date, query.end_date),
    )
    found = history.search(db.session, g.actor, filters, page=query.page, limit=query.limit)
    return paged(found, delivery_shape)


@bp.get("/stats")
@endpoint("NTF-08", Answer[Statistics], Permission.DELIVERY_LIST)
def stats(query: StatisticsQuery) -> Statistics:
    """Count what was sent in a period, and what failed, by type."""
    filters = Filters(**_period(query.start_date, query.end_date))
    return statistics(history.figures(db.session, g.actor, filters))


@bp.get("/<int:delivery_id>")
@endpoint("NTF-07", Answer[DeliveryShape], Permission.DELIVERY_VIEW)
def show(delivery_id: int) -> DeliveryShape:
    """Read one; centre managers those of their centre's appointments. What staff read of a patient is audited."""
    shown = history.get_visible(db.session, g.actor, delivery_id)
    note_look("message", shown.id, shown.patient_id)
    return delivery_shape(shown)


def _period(first: date | None, last: date | None) -> dict[str, Any]:
    """The instants between which those days lie on the practice's calendar; raises Invalid."""
    if first and last and last < first:
        raise Invalid(details={"end_date": _("The end must not be before the start.")})
    start, end = instants(first, last)
    return {"created_from": start, "created_before": end}
