"""The directory of clinicians, each of them, and those who keep it."""

from collections.abc import Sequence

from flask import Blueprint, g
from flask_babel import gettext
from sqlalchemy import ColumnElement

from portal.api.v1.endpoint import endpoint
from portal.api.v1.profile import change, make
from portal.api.v1.representations.base import Answer, Done, Listed, Paged, paged
from portal.api.v1.representations.clinicians import (
    ApprovalStatus,
    ClinicianCard,
    ClinicianChanges,
    ClinicianDetail,
    ClinicianQuery,
    NewClinician,
    Removal,
    clinician_card,
    clinician_detail,
)
from portal.api.v1.who import manageable_clinician, readable_clinician
from portal.appointments.availability import Asking
from portal.appointments.commands import retire_clinician
from portal.appointments.nearest import alternatives, first_free_by_clinician
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.pagination import Page
from portal.core.permissions import Permission, Role
from portal.delivery.access import check_may
from portal.people.approvals import rejected_among
from portal.people.models import Clinician
from portal.people.queries import check_wholly_in_reach, clinicians_of
from portal.scheduling.directory import Offered, Wish, offers
from portal.scheduling.queries import services_of

bp = Blueprint("api_clinicians", __name__, url_prefix="/clinicians")
MOST = 400
"""How many clinicians are looked through for those who have a free time."""
NEXT_SLOTS = 5
STATES: dict[ApprovalStatus | None, dict[str, bool]] = {
    None: {},
    ApprovalStatus.APPROVED: {"is_approved": True},
    ApprovalStatus.PENDING: {"is_approved": False, "is_decided": False},
    ApprovalStatus.REJECTED: {"is_approved": False, "is_decided": True},
}


@bp.get("")
@endpoint("DIR-01", Listed[ClinicianCard], is_cacheable=True, also=(401, 403))
def index(query: ClinicianQuery) -> Paged[ClinicianCard]:
    """Search the directory by name, each clinician with the next free time."""
    among = _among(query)
    if query.min_rating is not None:
        return paged(Page([], query.page, query.limit_taken, 0), lambda one: one)
    return _free(query, among) if query.availability else _by_name(query, among)


@bp.post("")
@endpoint("DIR-04", Answer[ClinicianDetail], Permission.CLINICIAN_MANAGE, status=201, is_write=True)
def create(json: NewClinician) -> ClinicianDetail:
    """Add a clinician with an account to sign in with, approved at once."""
    return _detail(make(json))


@bp.get("/<string:clinician_id>")
@endpoint("DIR-02", Answer[ClinicianDetail], is_cacheable=True, also=(401,))
def show(clinician_id: str) -> ClinicianDetail:
    """Read about a clinician, by id, by slug, or oneself as `me`."""
    return _detail(readable_clinician(clinician_id))


@bp.patch("/<string:clinician_id>")
@endpoint(
    "DIR-04",
    Answer[ClinicianDetail],
    Permission.CLINICIAN_MANAGE,
    Permission.CLINICIAN_PROFILE_OWN,
    is_write=True,
)
def update(clinician_id: str, json: ClinicianChanges) -> ClinicianDetail:
    """Change a clinician in part: managers all of it, clinicians what they say of themselves."""
    clinician = manageable_clinician(clinician_id)
    change(clinician, json)
    return _detail(clinician)


@bp.delete("/<string:clinician_id>")
@endpoint("DIR-04", Done, Permission.CLINICIAN_MANAGE, is_write=True)
def delete(clinician_id: str, query: Removal) -> Done:
    """Remove a clinician for good. Refused while appointments are to come, unless `force` cancels them."""
    clinician = manageable_clinician(clinician_id)
    check_wholly_in_reach(g.actor, clinician)
    cancelled = retire_clinician(
        db.session, clinician, by=g.actor, force=query.force, at=clock.now(), reason=query.reason
    )
    return Done(message=gettext("The clinician is deleted. Cancelled: %(count)s.", count=len(cancelled)))


def _wish(query: ClinicianQuery) -> Wish:
    return Wish(
        text=query.search,
        centre_id=query.centre_id,
        language=query.language,
        specialization=query.specialization,
        category_id=query.category_id,
        is_online=None if query.session_type is None else query.session_type == "ONLINE",
        max_price=query.max_price,
    )


def _among(query: ClinicianQuery) -> ColumnElement[bool] | None:
    """Whom the actor may see, listed or not, if a state is asked for; raises Forbidden for the public."""
    status = query.approval_status
    if status is None and query.is_active is None:
        return None
    check_may((Permission.CLINICIAN_APPROVE if status else Permission.CLINICIAN_MANAGE,))
    return clinicians_of(g.actor, is_active=query.is_active, **STATES[status])


def _by_name(query: ClinicianQuery, among: ColumnElement[bool] | None) -> Paged[ClinicianCard]:
    found = offers(db.session, _wish(query), among=among, page=query.page, limit=query.limit_taken)
    free = _first_free(found.items, query.centre_id)
    known = _known([one.clinician for one in found.items])
    return paged(
        found,
        lambda one: clinician_card(one.clinician, free.get(one.clinician.id), known.get(one.clinician.id)),
    )


def _free(query: ClinicianQuery, among: ColumnElement[bool] | None) -> Paged[ClinicianCard]:
    """Those who have a free time at all, the earliest first."""
    everybody = offers(db.session, _wish(query), among=among, limit=MOST).items
    free = _first_free(everybody, query.centre_id)
    able = sorted(
        (one.clinician for one in everybody if one.clinician.id in free),
        key=lambda clinician: free[clinician.id].starts_at,
    )
    skipped = (query.page - 1) * query.limit_taken
    some = able[skipped : skipped + query.limit_taken]
    page, known = Page(some, query.page, query.limit_taken, len(able)), _known(some)
    return paged(
        page, lambda clinician: clinician_card(clinician, free[clinician.id], known.get(clinician.id))
    )


def _first_free(items: Sequence[Offered], centre_id: int | None = None) -> dict[int, Slot]:
    services = {one.clinician.id: one.services for one in items}
    clinicians = [one.clinician for one in items if _is_bookable(one.clinician)]
    return first_free_by_clinician(db.session, clinicians, services, _asking(), centre_id=centre_id)


def _asking() -> Asking:
    return Asking(clock.now(), patient_resource_id=g.actor.patient_resource_id)


def _is_bookable(clinician: Clinician) -> bool:
    return clinician.approved_at is not None and clinician.is_active and clinician.is_accepting


def _known(clinicians: Sequence[Clinician]) -> dict[int, ApprovalStatus]:
    """Of whom the actor may know more than the public, and how far the practice has approved of each."""
    known = [clinician for clinician in clinicians if _is_known(clinician)]
    waiting = [clinician.id for clinician in known if clinician.approved_at is None]
    rejected = rejected_among(db.session, waiting) if waiting else set()
    return {
        clinician.id: ApprovalStatus.APPROVED
        if clinician.approved_at
        else (ApprovalStatus.REJECTED if clinician.id in rejected else ApprovalStatus.PENDING)
        for clinician in known
    }


def _is_known(clinician: Clinician) -> bool:
    """To staff, and to themself; clinicians are no more than anybody else to one another."""
    if g.actor.role is Role.CLINICIAN:
        return bool(g.actor.clinician_id == clinician.id)
    return bool(g.actor.is_staff)


def _detail(clinician: Clinician) -> ClinicianDetail:
    services = services_of(db.session, clinician.id)
    slots = _next_slots(Offered(clinician, services))
    return clinician_detail(clinician, services, slots, _known([clinician]).get(clinician.id))


def _next_slots(offered: Offered) -> list[Slot]:
    """The first times of the service that is free first."""
    first = _first_free([offered]).get(offered.clinician.id)
    if first is None:
        return []
    service = next(service for service in offered.services if service.id == first.service_id)
    return alternatives(db.session, offered.clinician, service, first.starts_at, _asking(), count=NEXT_SLOTS)
