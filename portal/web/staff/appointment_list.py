"""Appointments as a list: between two days, of a centre or a clinician, in one state."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, g, request
from flask_babel import gettext

from portal.appointments import queries
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import Filters
from portal.appointments.references import reference_of
from portal.bootstrap import db
from portal.centres.queries import visible_centres
from portal.core import clock
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.exports import each, list_file, named, rows_of
from portal.people.listing import names_listed_to
from portal.web.arguments import check_is_page, page_number, whole_number
from portal.web.labels import status_label
from portal.web.periods import Days
from portal.web.rendering import page
from portal.web.staff import bp


@dataclass(frozen=True)
class Asked:
    """What the address asks for; from today on, unless it says otherwise."""

    days: Days
    centre_id: int | None
    clinician_id: int | None
    status: Status | None

    @classmethod
    def of_address(cls) -> "Asked":
        wanted = request.args.get("status", "")
        return cls(
            days=Days.of_address(usual_first=_today() if not request.args else None),
            centre_id=whole_number("centre_id"),
            clinician_id=whole_number("clinician_id"),
            status=Status(wanted) if wanted in set(Status) else None,
        )

    @property
    def filters(self) -> Filters:
        """Days are those of each appointment's own place."""
        return Filters(
            status=self.status,
            centre_id=self.centre_id,
            clinician_id=self.clinician_id,
            first_on=self.days.first,
            last_on=self.days.last,
        )

    @property
    def values(self) -> dict[str, Any]:
        """For the address of the next page, and of the same list as a file."""
        return {
            **self.days.values,
            "centre_id": self.centre_id,
            "clinician_id": self.clinician_id,
            "status": self.status,
        }


@bp.get("/staff/appointments")
@requires(Permission.DAY_BOARD_VIEW)
def appointments() -> Response:
    """Those that the person may see, in the order of their beginning."""
    asked = Asked.of_address()
    found = queries.search(db.session, g.actor, asked.filters, at=clock.now(), page=page_number())
    check_is_page(found)
    return page(
        "staff/appointments/index.html",
        fragment="staff/appointments/_list.html",
        status=422 if asked.days.errors else 200,
        found=found,
        asked=asked,
        centres=visible_centres(db.session, g.actor),
        clinicians=names_listed_to(db.session, g.actor),
        statuses=[(str(status), status_label(status)) for status in Status],
    )


@bp.get("/staff/appointments.csv")
@requires(Permission.EXPORT_RUN)
def appointments_file() -> Response:
    """The same list, all of it, for a spreadsheet."""
    asked = Asked.of_address()
    heads = (
        gettext("Reference"), gettext("Date"), gettext("Time"), gettext("Time zone"), gettext("Minutes"),
        gettext("Patient"), gettext("Clinician"), gettext("Service"), gettext("Centre"), gettext("Status"),
        gettext("Currency"), gettext("Fee"),
    )  # fmt: skip
    rows = rows_of(queries.listed(g.actor, asked.filters, clock.now()), each(_cells))
    return list_file("appointments", heads, rows, of=Permission.DAY_BOARD_VIEW, filters=named(asked.values))


def _today() -> date:
    return clock.local_day(clock.now(), clock.zone(settings().default_time_zone))


def _cells(one: Appointment) -> list[object]:
    starts = clock.local(one.starts_at, one.zone)
    return [
        reference_of(one),
        starts.date(),
        f"{starts:%H:%M}",
        one.time_zone,
        int((one.ends_at - one.starts_at).total_seconds() // 60),
        one.patient.full_name if one.patient else None,
        one.clinician.full_name,
        one.service.title,
        one.centre.name if one.centre else None,
        status_label(one.status, one.waiting_for),
        one.currency,
        Money(one.fee_minor, one.currency).amount,
    ]
