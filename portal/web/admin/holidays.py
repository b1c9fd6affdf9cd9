"""The dates on which a whole centre is closed."""

from collections.abc import Sequence

from flask import Response, g, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms.validators import ValidationError

from portal.appointments.commands import guarded
from portal.appointments.commands.weighing import Scope
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.centres import commands
from portal.centres.models import Centre, Holiday
from portal.centres.queries import get_visible, holidays_of
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.placement import clinicians_at
from portal.scheduling.rules import FURTHEST_AHEAD
from portal.web.admin import bp
from portal.web.admin.saving import accepted_ids, refuse, with_consent
from portal.web.arguments import whole_number
from portal.web.forms import DateField, Form, Needed, Required, TextField
from portal.web.rendering import changed, page
from portal.web.staff.schedules.stranding import Checked, checked_all, is_checking


class HolidayForm(Form):
    holiday_on = DateField(_("Date"), [Needed(_("Enter the date"))])
    name = TextField(
        _("Name"), [Required(_("Enter a name"))], longest=100, description=_("For example New Year’s Day.")
    )

    def validate_holiday_on(self, field: DateField) -> None:
        if field.data is not None and field.data < self.today:
            raise ValidationError(_("This day is over"))
        if field.data is not None and field.data > self.today + FURTHEST_AHEAD:
            raise ValidationError(_("Enter a day within the next five years"))


@bp.route("/centres/<int:centre_id>/holidays", methods=["GET", "POST"])
@requires(Permission.CENTRE_EDIT)
def holidays(centre_id: int) -> Response:
    """The holidays of a year, and another one: what is booked on it stays, if that is said yes to."""
    centre = get_visible(db.session, g.actor, centre_id)
    form = HolidayForm()
    form.today = clock.local_day(clock.now(), centre.zone)
    if request.method == "GET" or not form.validate():
        return _show(centre, form)
    accepted = len(accepted_ids())
    try:
        if is_checking():
            return _show(centre, form, check=_weighed(centre, form))
        left = with_consent(lambda: _close(centre, form))
    except (Invalid, Duplicate) as refusal:
        refuse(form, refusal)
        return _show(centre, form)
    if left:
        return _show(centre, form, left)
    values = {"centre_id": centre_id, "year": form.holiday_on.data.year}
    return changed(then="admin.holidays", values=values, message=_closed(accepted))


@bp.post("/centres/<int:centre_id>/holidays/<int:holiday_id>/removal")
@requires(Permission.CENTRE_EDIT)
def holiday_removal(centre_id: int, holiday_id: int) -> Response:
    """The centre is open on that day after all."""
    centre = get_visible(db.session, g.actor, centre_id)
    in_transaction(
        db.session,
        lambda: commands.remove_holiday(db.session, centre, holiday_id, by=g.actor, at=clock.now()),
    )
    message = gettext("Removed. The usual hours hold on that day.")
    return changed(then="admin.holidays", values={"centre_id": centre_id}, message=message)


def _close(centre: Centre, form: HolidayForm) -> list[Appointment]:
    people = clinicians_at(db.session, centre.id)
    return guarded(db.session, people, lambda: _add(centre, form), accepted=True, at=clock.now())


def _weighed(centre: Centre, form: HolidayForm) -> Checked:
    scope = Scope(clinicians_at(db.session, centre.id), centre)
    return checked_all(scope, lambda: _add(centre, form), from_on=form.holiday_on.data)


def _add(centre: Centre, form: HolidayForm) -> Holiday:
    return commands.add_holiday(
        db.session, centre, by=g.actor, holiday_on=form.holiday_on.data, name=form.name.data, at=clock.now()
    )


def _closed(staying: int) -> str:
    if not staying:
        return str(gettext("Saved. Nobody can book on that day."))
    return str(
        ngettext(
            "Saved. Nobody else can book on that day; %(num)s appointment stays.",
            "Saved. Nobody else can book on that day; %(num)s appointments stay.",
            staying,
        )
    )


def _show(
    centre: Centre, form: HolidayForm, left: Sequence[Appointment] = (), *, check: Checked | None = None
) -> Response:
    known = holidays_of(db.session, centre.id)
    this_year = clock.local_day(clock.now(), centre.zone).year
    years = sorted({holiday.holiday_on.year for holiday in known} | {this_year, this_year + 1})
    wanted = whole_number("year")
    year = wanted if wanted in years else this_year
    return page(
        "admin/centres/holidays.html",
        centre=centre,
        form=form,
        left=left,
        check=check,
        year=year,
        years=years,
        holidays=[holiday for holiday in known if holiday.holiday_on.year == year],
        status=422 if form.errors else 409 if left else 200,
    )
