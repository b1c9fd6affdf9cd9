"""The waiting list as the desk keeps it: who waits, since when, for what; adding a caller, ending an entry."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import queries as appointments
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.waiting_list import commands, queries
from portal.web.admin.saving import saved
from portal.web.arguments import check_is_page, page_number
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.waiting_list_forms import EarlierForm


@bp.get("/staff/waiting-list")
@requires(Permission.WAITING_LIST_MANAGE)
def waiting_list() -> Response:
    """Those who wait, in the order in which they are asked."""
    found = queries.waiting(db.session, g.actor, page=page_number())
    check_is_page(found)
    return page(
        "staff/waiting_list/index.html", found=found, offers=queries.offers_made(db.session, found.items)
    )


@bp.route("/staff/waiting-list/<int:entry_id>/end", methods=["GET", "POST"])
@requires(Permission.WAITING_LIST_MANAGE)
def end_waiting(entry_id: int) -> Response:
    """Somebody waits no longer, once it was said what that means; what is being offered to them goes to the next."""
    entry = queries.get_visible(db.session, g.actor, entry_id)
    if request.method == "GET":
        return page("staff/waiting_list/end.html", entry=entry)
    in_transaction(db.session, lambda: commands.leave(db.session, entry, by=g.actor, at=clock.now()))
    flash(
        gettext("%(name)s is no longer on the waiting list for this.", name=entry.patient.full_name),
        "success",
    )
    return redirect_to("staff.waiting_list")


@bp.route("/staff/appointments/<int:appointment_id>/earlier", methods=["GET", "POST"])
@requires(Permission.WAITING_LIST_MANAGE)
def earlier(appointment_id: int) -> Response:
    """Put a caller on the list for an earlier time of a visit."""
    visit = appointments.get_visible(db.session, g.actor, appointment_id)
    form = EarlierForm()
    status = 200
    if request.method == "POST":
        if form.validate() and saved(form, lambda: _join(visit.id, form)):
            flash(gettext("They are told as soon as something earlier is free."), "success")
            return redirect_to("staff.waiting_list")
        status = 422
    return page(
        "staff/waiting_list/earlier.html",
        appointment=visit,
        entry=queries.entry_of(db.session, visit),
        has_others=queries.has_others(db.session, visit),
        form=form,
        status=status,
    )


def _join(appointment_id: int, form: EarlierForm) -> Any:
    visit = appointments.get_visible(db.session, g.actor, appointment_id)
    return commands.join_for_earlier(
        db.session, visit, form.when(), any_clinician=form.any_clinician.data, by=g.actor, at=clock.now()
    )
