"""Working hours: the week, replaced as a whole."""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, request
from flask_babel import gettext, ngettext

from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.errors import BadHours
from portal.scheduling.models import WeeklyRule
from portal.scheduling.queries import weekly_rules
from portal.web.rendering import changed
from portal.web.staff.schedules import bp
from portal.web.staff.schedules.hours_form import HoursForm
from portal.web.staff.schedules.scope import centres_in_reach, show, the_clinician
from portal.web.staff.schedules.stranding import Checked, change_hours, checked, is_checking


@bp.route("/hours", methods=["GET", "POST"])
@requires(Permission.AVAILABILITY_EDIT)
def hours(clinician_id: int) -> Response:
    """The week as it is; or a row more or less, which saves nothing yet; or the rows as the week from now on."""
    clinician = the_clinician(clinician_id)
    centres = centres_in_reach(clinician)
    if request.method == "GET":
        own, elsewhere = _parted(weekly_rules(db.session, clinician.id), centres)
        return _show(clinician, HoursForm.of(own, centres), elsewhere)
    form = HoursForm()
    form.offer(centres)
    if request.form.get("add_row"):
        return _show_again(clinician, form, focus=form.add(request.form["add_row"]))
    if request.form.get("remove_row"):
        return _show_again(clinician, form, focus=form.remove(request.form["remove_row"]))
    return _save(clinician, form) if form.validate() else _show_again(clinician, form, status=422)


def _save(clinician: Clinician, form: HoursForm) -> Response:
    wanted = [row.form.hours for row in form.rows]
    at = clock.now()

    def replace() -> None:
        commands.replace_hours(db.session, clinician, wanted, at=at, by=g.actor)

    try:
        if is_checking():
            return _show_again(clinician, form, check=checked(clinician, replace))
        is_saved, stranded = change_hours(clinician, replace)
    except BadHours as error:
        row = form.rows[error.position or 0].form
        row.start_time.errors = [gettext(error.message)]
        return _show_again(clinician, form, status=422)
    if not is_saved:
        return _show_again(clinician, form, stranded=stranded, status=409)
    return changed(then="schedules.hours", values={"clinician_id": clinician.id}, message=saved(stranded))


def saved(stranded: Sequence[Appointment]) -> str:
    """What to say after a change to hours."""
    if not stranded:
        return str(gettext("Saved."))
    return str(
        ngettext(
            "Saved. %(num)s appointment outside the hours stays booked.",
            "Saved. %(num)s appointments outside the hours stay booked.",
            len(stranded),
        )
    )


def _show_again(clinician: Clinician, form: HoursForm, **context: Any) -> Response:
    centres = centres_in_reach(clinician)
    _, elsewhere = _parted(weekly_rules(db.session, clinician.id), centres)
    return _show(clinician, form, elsewhere, **context)


def _show(
    clinician: Clinician,
    form: HoursForm,
    elsewhere: Sequence[WeeklyRule],
    *,
    status: int = 200,
    focus: Any = None,
    stranded: Sequence[Appointment] = (),
    check: Checked | None = None,
) -> Response:
    """`focus` is a row just added, or the weekday from which one was removed."""
    return show(
        "staff/schedules/hours.html",
        clinician,
        fragment="staff/schedules/_hours.html",
        status=status,
        form=form,
        elsewhere=elsewhere,
        centres=centres_in_reach(clinician),
        focus=focus,
        stranded=stranded,
        check=check,
    )


def _parted(
    rules: Sequence[WeeklyRule], centres: Sequence[Centre]
) -> tuple[list[WeeklyRule], list[WeeklyRule]]:
    """The hours that may be changed here, and those at other centres. Who works at none has hours at none."""
    reach: set[int | None] = {centre.id for centre in centres} or {None}
    own = [rule for rule in rules if rule.centre_id in reach]
    return own, [rule for rule in rules if rule.centre_id not in reach]
