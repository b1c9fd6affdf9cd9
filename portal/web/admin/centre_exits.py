"""Closing a centre for new bookings, or for good."""

from flask import Response, g, request
from flask_babel import gettext

from portal.appointments.commands import coming_appointments, retire_centre, switch_centre
from portal.appointments.commands.weighing import Scope
from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.centres.commands import set_centre_active
from portal.centres.models import Centre
from portal.centres.queries import get_visible
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.placement import clinicians_at
from portal.web.admin import bp
from portal.web.admin.saving import with_consent
from portal.web.rendering import changed, page
from portal.web.staff.schedules.stranding import Checked, checked_all, is_checking


@bp.route("/centres/<int:centre_id>/activation", methods=["GET", "POST"])
@requires(Permission.CENTRE_SWITCH)
def centre_activation(centre_id: int) -> Response:
    """What switching a centre off or on means, then doing it. Coming appointments stay, if that is said yes to."""
    centre = get_visible(db.session, g.actor, centre_id)
    coming = _coming(centre_id) if centre.is_active else []
    if request.method == "GET":
        return page("admin/centres/activation.html", centre=centre, coming=coming)
    is_active = request.form.get("is_active") == "yes"
    if is_checking():
        check = _weighed(centre, is_active=is_active)
        return page("admin/centres/activation.html", centre=centre, coming=coming, check=check)

    def switch() -> list[Appointment]:
        switch_centre(db.session, centre, by=g.actor, is_active=is_active, at=clock.now())
        return [] if is_active else _coming(centre_id)

    left = with_consent(switch)
    if left:
        return page("admin/centres/activation.html", centre=centre, coming=left, status=409)
    message = (
        gettext("The centre takes bookings.") if is_active else gettext("The centre takes no new bookings.")
    )
    return changed(then="admin.centre", values={"centre_id": centre_id}, message=message)


@bp.route("/centres/<int:centre_id>/deletion", methods=["GET", "POST"])
@requires(Permission.CENTRE_DELETE)
def centre_deletion(centre_id: int) -> Response:
    """Remove a centre for good; refused while anybody is booked there."""
    centre = get_visible(db.session, g.actor, centre_id)
    coming = _coming(centre_id)
    if request.method == "POST" and not coming:
        try:
            in_transaction(db.session, lambda: retire_centre(db.session, centre, by=g.actor, at=clock.now()))
            return changed(then="admin.centres", message=gettext("The centre is deleted."))
        except WouldStrand:
            coming = _coming(centre_id)
    return page(
        "admin/centres/deletion.html",
        centre=centre,
        coming=coming,
        clinicians=clinicians_at(db.session, centre_id),
        status=409 if coming else 200,
    )


def _weighed(centre: Centre, *, is_active: bool) -> Checked:
    """For those who work there, at that centre."""
    return checked_all(
        Scope(clinicians_at(db.session, centre.id), centre),
        lambda: set_centre_active(db.session, centre, by=g.actor, is_active=is_active, at=clock.now()),
    )


def _coming(centre_id: int) -> list[Appointment]:
    return coming_appointments(db.session, at=clock.now(), centre_id=centre_id)
