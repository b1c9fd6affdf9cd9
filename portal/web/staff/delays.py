"""A clinician runs late: said with one press, by themself or by the desk, and taken back the same way."""

from flask import Response, flash, g, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.commands import place_of, set_delay
from portal.appointments.delay_models import MOST_MINUTES
from portal.appointments.delays import delays_of
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Forbidden
from portal.core.permissions import Permission, Role
from portal.delivery.access import requires
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.web import arguments
from portal.web.forms import Form, Needed, WholeNumberField
from portal.web.rendering import page, redirect_to_address
from portal.web.staff import bp

USUAL = (10, 20, 30, 45, 60, 90)


class DelayForm(Form):
    minutes = WholeNumberField(
        _("Another number of minutes"), [Needed(_("Enter the minutes"))], most=MOST_MINUTES
    )


@bp.route("/clinicians/<int:clinician_id>/delay", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_DELAY)
def delay(clinician_id: int) -> Response:
    """?centre_id= says where; without it, at their first centre. Then back to the board, or to their own day."""
    clinician = get_manageable(db.session, g.actor, clinician_id)
    place = place_of(clinician, arguments.whole_number("centre_id"))
    if g.actor.role is not Role.CLINICIAN and not g.actor.may_at(place):
        raise Forbidden
    form = DelayForm()
    if request.method == "GET" or not form.validate():
        return _show(clinician, place, form)
    minutes = form.minutes.data or 0
    at = clock.now()
    in_transaction(
        db.session, lambda: set_delay(db.session, clinician, minutes, centre_id=place, by=g.actor, at=at)
    )
    flash(_said(clinician, minutes), "success")
    return redirect_to_address(_back(place))


def _show(clinician: Clinician, place: int | None, form: DelayForm) -> Response:
    said = delays_of(db.session, [clinician.id], clock.now()).get((clinician.id, place))
    centre = next((centre for centre in clinician.centres if centre.id == place), None)
    return page(
        "staff/delays/show.html",
        clinician=clinician,
        place=place,
        zone=centre.zone if centre else clinician.zone,
        centres=[centre for centre in clinician.centres if _is_theirs(centre.id)],
        said=said,
        form=form,
        usual=USUAL,
        back=_back(place),
        status=422 if form.errors else 200,
    )


def _is_theirs(centre_id: int) -> bool:
    return bool(g.actor.role is Role.CLINICIAN or g.actor.may_at(centre_id))


def _back(place: int | None) -> str:
    if g.actor.role is Role.CLINICIAN or place is None:
        return url_for("clinician.day" if g.actor.role is Role.CLINICIAN else "desk.day")
    return url_for("desk.day", centre_id=place)


def _said(clinician: Clinician, minutes: int) -> str:
    if not minutes:
        return str(gettext("%(name)s is on time again.", name=clinician.full_name))
    return str(
        gettext("%(name)s is running about %(num)s minutes late.", name=clinician.full_name, num=minutes)
    )
