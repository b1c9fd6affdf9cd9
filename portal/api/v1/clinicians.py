"""The directory of clinicians, each of them, and those who keep it."""

from collections.abc import Sequence

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.profile import change, new_facts
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
from portal.appointments.availability import Asking, first_free_by_clinician
from portal.appointments.commands import retire_clinician
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.delivery.access import check_may
from portal.people import commands
from portal.people.models import Clinician
from portal.people.queries import check_wholly_in_reach, search_clinicians
from portal.scheduling.directory import Offered, Wish, offers
from portal.scheduling.queries import services_of
from portal.scheduling.readiness import services_by_clinician

bp = Blueprint("api_clinicians", __name__, url_prefix="/clinicians")
MOST = 400
"""How many clinicians are looked through for those who have a free time."""


@bp.get("")
@endpoint("DIR-01", Listed[ClinicianCard], is_cacheable=True)
def index(query: ClinicianQuery) -> Paged[ClinicianCard]:
    """Search the directory: who can be booked, each with the next free time."""
    if query.approval_status is not None or query.is_active is not None:
        check_may((Permission.CLINICIAN_MANAGE,))
        return _managed(query)
    if query.min_rating is not None:
        return paged(Page([], query.page, query.limit_taken, 0), lambda card: card)
    return _free(query) if query.availability else _by_name(query)


@bp.post("")
@endpoint("DIR-04", Answer[ClinicianDetail], Permission.CLINICIAN_MANAGE, status=201, is_write=True)
def create(json: NewClinician) -> ClinicianDetail:
    """Add a clinician with an account to sign in with, approved at once."""
    facts, further = new_facts(json)
    made = commands.create_clinician(db.session, by=g.actor, at=clock.now(), **facts)
    commands.edit_presentation(db.session, made, by=g.actor, at=clock.now(), **further)
    return _detail(made)


@bp.get("/<string:clinician_id>")
@endpoint("DIR-02", Answer[ClinicianDetail], is_cacheable=True)
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
        is_online=None if query.session_type is None else query.session_type == "ONLINE",
        max_price=query.max_price,
    )


def _by_name(query: ClinicianQuery) -> Paged[ClinicianCard]:
    found = offers(db.session, _wish(query), page=query.page, limit=query.limit_taken)
    free = _first_free(found.items, query.centre_id)
    return paged(found, lambda one: clinician_card(one.clinician, free.get(one.clinician.id)))


def _free(query: ClinicianQuery) -> Paged[ClinicianCard]:
    """Those who have a free time at all, the earliest first."""
    everybody = offers(db.session, _wish(query), limit=MOST).items
    free = _first_free(everybody, query.centre_id)
    able = sorted(
        (one.clinician for one in everybody if one.clinician.id in free),
        key=lambda clinician: free[clinician.id].starts_at,
    )
    skipped = (query.page - 1) * query.limit_taken
    some = able[skipped : skipped + query.limit_taken]
    page = Page(some, query.page, query.limit_taken, len(able))
    return paged(page, lambda clinician: clinician_card(clinician, free[clinician.id]))


def _managed(query: ClinicianQuery) -> Paged[ClinicianCard]:
    """Whom the actor manages, listed or not."""
    status = query.approval_status
    found = search_clinicians(
        db.session,
        g.actor,
        search=query.search,
        centre_id=query.centre_id,
        is_active=query.is_active,
        is_approved=None if status is None else status is ApprovalStatus.APPROVED,
        page=query.page,
        limit=query.limit,
    )
    services = services_by_clinician(db.session, [clinician.id for clinician in found.items])
    asking = Asking(clock.now())
    free = first_free_by_clinician(db.session, found.items, services, asking, centre_id=query.centre_id)
    return paged(found, lambda clinician: clinician_card(clinician, free.get(clinician.id)))


def _first_free(items: Sequence[Offered], centre_id: int | None) -> dict[int, Slot]:
    services = {one.clinician.id: one.services for one in items}
    asking = Asking(clock.now(), patient_resource_id=g.actor.patient_resource_id)
    clinicians = [one.clinician for one in items]
    return first_free_by_clinician(db.session, clinicians, services, asking, centre_id=centre_id)


def _detail(clinician: Clinician) -> ClinicianDetail:
    services = services_of(db.session, clinician.id)
    first = first_free_by_clinician(
        db.session, [clinician], {clinician.id: services}, Asking(clock.now())
    ).get(clinician.id)
    is_known = g.actor.clinician_id == clinician.id if g.actor.clinician_id else g.actor.is_staff
    return clinician_detail(clinician, services, first, is_known=is_known)
