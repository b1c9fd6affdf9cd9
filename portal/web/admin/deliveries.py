"""What was sent to whom, one of them, and how much of it arrived."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, g, request

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.looks import note_look
from portal.delivery.periods import instants
from portal.notifications import history
from portal.notifications.history import TYPES, Filters, State
from portal.web.admin import bp
from portal.web.admin.saving import text
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.message_labels import STATES, type_label
from portal.web.periods import Days
from portal.web.rendering import page

USUAL_DAYS = 30


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    notification_type: str
    state: State | None
    days: Days
    patient_id: int | None
    appointment_id: int | None

    @classmethod
    def of_address(cls) -> "Asked":
        return cls(
            notification_type=text("type") if text("type") in TYPES else "",
            state=State(text("status")) if text("status") in set(State) else None,
            days=Days.of_address(),
            patient_id=whole_number("patient_id"),
            appointment_id=whole_number("appointment_id"),
        )

    @property
    def errors(self) -> dict[str, str]:
        return self.days.errors

    @property
    def filters(self) -> Filters:
        """Days are those of the practice's calendar."""
        start, end = self.days.instants
        return Filters(
            patient_id=self.patient_id,
            appointment_id=self.appointment_id,
            notification_type=self.notification_type,
            state=self.state,
            created_from=start,
            created_before=end,
        )

    @property
    def values(self) -> dict[str, Any]:
        """For the address of the next page."""
        return {
            "type": self.notification_type or None,
            "status": self.state,
            **self.days.values,
            "patient_id": self.patient_id,
            "appointment_id": self.appointment_id,
        }


@bp.get("/deliveries")
@requires(Permission.DELIVERY_LIST)
def deliveries() -> Response:
    """The history, newest first, by type, status, days, patient or appointment."""
    asked = Asked.of_address()
    found = history.search(db.session, g.actor, asked.filters, page=page_number())
    check_is_page(found)
    return page(
        "admin/deliveries/index.html",
        fragment="admin/deliveries/_list.html",
        status=422 if asked.errors else 200,
        found=found,
        asked=asked,
        typed=request.args,
        types=[(name, type_label(name)) for name in TYPES],
        states=[(str(state), words) for state, (words, *_) in STATES.items()],
        zone=clock.zone(settings().default_time_zone),
    )


@bp.get("/deliveries/<int:delivery_id>")
@requires(Permission.DELIVERY_VIEW)
def delivery(delivery_id: int) -> Response:
    """All that is kept of one, but its words."""
    shown = history.get_visible(db.session, g.actor, delivery_id)
    note_look("message", shown.id, shown.patient_id)
    return page(
        "admin/deliveries/show.html",
        delivery=shown,
        appointment=db.session.get(Appointment, shown.appointment_id) if shown.appointment_id else None,
        handled_by=db.session.get(Account, shown.handled_by_id) if shown.handled_by_id else None,
        zone=clock.zone(settings().default_time_zone),
    )


@bp.get("/deliveries/statistics")
@requires(Permission.DELIVERY_LIST)
def delivery_statistics() -> Response:
    """How much of what was sent in a period arrived; the last thirty days unless others are named."""
    asked = Asked.of_address()
    today = clock.local_day(clock.now(), clock.zone(settings().default_time_zone))
    last = asked.days.last or today
    first = asked.days.first or last - timedelta(days=USUAL_DAYS - 1)
    start, end = instants(first, last)
    of_types = history.figures(db.session, g.actor, Filters(created_from=start, created_before=end))
    return page(
        "admin/deliveries/statistics.html",
        status=422 if asked.errors else 200,
        errors=asked.errors,
        typed=request.args,
        first=first,
        last=last,
        of_types=of_types,
        total=history.total(of_types),
    )
