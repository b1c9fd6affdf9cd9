"""A clinician's page: who they are, what they offer, and the calendar of their free times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, request, url_for

from portal.appointments.models import SessionType
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.errors import Invalid
from portal.delivery.access import public
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.people.models import Clinician
from portal.people.queries import get_listed
from portal.people.skills import by_category, skills_of
from portal.scheduling.models import Service
from portal.scheduling.queries import services_of
from portal.web import arguments
from portal.web.picker import Times, pick, times_of
from portal.web.public import bp
from portal.web.public.kept_quotations import kept_if_known
from portal.web.public.looking import asking, session_type
from portal.web.rendering import page, wants_fragment


@dataclass(frozen=True)
class Choice:
    """What is to be booked: the service, the centre where it takes place, and the time that a link has named.

    With a quotation it is what that offers, at its price.
    """

    clinician: Clinician
    service: Service
    centre: Centre | None
    centres: Sequence[Centre]
    wanted: SlotKey | None
    quotation: Quotation | None = None

    @property
    def zone(self) -> ZoneInfo:
        return self.centre.zone if self.centre else self.clinician.zone

    @property
    def ways(self) -> list[SessionType]:
        """How one may meet; with more than one the picker asks."""
        ways = [SessionType.IN_PERSON] if self.service.is_in_person and self.centre else []
        return [*ways, SessionType.ONLINE] if self.service.is_online else ways

    def address(self, **changes: Any) -> str:
        """This page with the same choice; what is changed stands in `changes`."""
        kept: dict[str, Any] = {
            "service_id": self.service.id,
            "centre_id": self.centre.id if self.centre and len(self.centres) > 1 else None,
            "session_type": session_type(),
            "quotation": self.quotation.id if self.quotation else None,
        }
        said = {name: value for name, value in {**kept, **changes}.items() if value is not None}
        page = url_for("public.clinician", clinician_id=self.clinician.slug)
        return f"{page}?{urlencode(said)}"


@bp.get("/clinicians/<string:clinician_id>")
@public
def clinician(clinician_id: str) -> Response:
    """By slug or id. ?service_id=, ?centre_id=, ?month=, ?day= choose; ?slot= opens the page at a time.

    ?quotation= chooses what an accepted quotation offers, and nothing else.
    """
    shown = get_listed(db.session, clinician_id)
    quotation = _quotation(shown)
    services = services_of(db.session, shown.id)
    if quotation is not None:
        services = [service for service in services if service.id == quotation.service_id]
    choice = _choice(shown, sorted(services, key=lambda service: service.id), quotation)
    day = _day_alone() if choice else None
    picker = _look(choice, day) if choice else None
    return page(
        "public/clinician.html",
        fragment="availability/_times.html" if day else "availability/_picker.html",
        clinician=shown,
        services=services,
        choice=choice,
        picker=picker,
        chosen=_chosen(choice, picker) if choice and picker else None,
        skills=[] if wants_fragment() else by_category(skills_of(db.session, shown.id)),
        way=session_type(),
        has_chosen_day="day" in request.args,
        shown_at={name: request.args.get(name) for name in ("month", "day", "slot")},
    )


def _quotation(clinician: Clinician) -> Quotation | None:
    """The one that the address names, if it is this clinician's and was accepted."""
    found = kept_if_known(request.args.get("quotation"))
    if found is None or found.clinician_id != clinician.id:
        return None
    return found if found.status == QuotationStatus.ACCEPTED else None


def _choice(clinician: Clinician, services: list[Service], quotation: Quotation | None) -> Choice | None:
    """What the address chooses, else the usual; None for a clinician who offers nothing."""
    if not services:
        return None
    wanted = _wanted(clinician)
    service_id = arguments.whole_number("service_id") or (wanted.service_id if wanted else None)
    service = next((one for one in services if one.id == service_id), services[0])
    centres = [one for one in clinician.centres if one.is_active and one.deleted_at is None]
    if not service.is_in_person:
        return Choice(clinician, service, None, [], wanted, quotation)
    ids = (
        wanted.centre_id if wanted else None,
        arguments.whole_number("centre_id"),
        clinician.primary_centre_id,
    )
    at = (centre for centre_id in ids for centre in centres if centre.id == centre_id)
    return Choice(clinician, service, next(at, centres[0] if centres else None), centres, wanted, quotation)


def _wanted(clinician: Clinician) -> SlotKey | None:
    try:
        key = SlotKey.parse(request.args.get("slot", ""))
    except Invalid:
        return None
    return key if key.clinician_id == clinician.id else None


def _day_alone() -> date | None:
    """Another day of a month that htmx shows already."""
    is_shown = wants_fragment() and request.headers.get("HX-Target") == "times"
    return arguments.day("day") if is_shown else None


def _look(choice: Choice, day: date | None) -> Times:
    """All to choose from, or the times of that day alone."""
    whose = (db.session, choice.clinician, choice.service, asking())
    centre_id = choice.centre.id if choice.centre else None
    if day:
        return times_of(*whose, day, zone=choice.zone, centre_id=centre_id)
    return pick(
        *whose,
        zone=choice.zone,
        centre_id=centre_id,
        opening_on=clock.local_day(choice.wanted.starts_at, choice.zone) if choice.wanted else None,
    )


def _chosen(choice: Choice, picker: Times) -> Slot | None:
    """The time that the address names, if it is free."""
    wanted = choice.wanted
    return next((slot for slot in picker.slots if wanted and slot.starts_at == wanted.starts_at), None)
