"""Dates on which the week does not hold: leave, and extra hours."""

from datetime import date
from typing import Any

from flask import Response, request
from flask_babel import lazy_gettext as _
from wtforms.validators import ValidationError

from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.models import DateException
from portal.scheduling.queries import date_exceptions
from portal.scheduling.rules import FURTHEST_AHEAD
from portal.web.forms import DateField, Form, Needed, SelectField, TextField, TimeField
from portal.web.rendering import changed
from portal.web.staff.schedules import bp
from portal.web.staff.schedules.hours import saved
from portal.web.staff.schedules.scope import centres_in_reach, refused, show, the_clinician
from portal.web.staff.schedules.stranding import Checked, change_hours, checked, is_checking


class DatesForm(Form):
    """What leave and extra hours have in common; the clinician's centres are put in by `of`."""

    starts_on = DateField(_("First day"), [Needed(_("Enter the first day"))])
    ends_on = DateField(_("Last day"), description=_("Empty: one day only."))
    start_time = TimeField(_("From"))
    end_time = TimeField(_("To"))
    centre_id = SelectField(_("Centre"))
    reason = TextField(_("Reason"), description=_("Only staff see it."))
    is_available = False

    @classmethod
    def of(cls, clinician: Clinician) -> "DatesForm":
        form = cls()
        form.today = clock.local_day(clock.now(), clinician.zone)
        form.centre_id.choices = cls.places(clinician)
        if form.centre_id.data is None:
            form.centre_id.data = form.centre_id.choices[0][0]
        return form

    @staticmethod
    def places(clinician: Clinician) -> list[tuple[str, Any]]:
        return [
            ("", _("All centres")),
            *((str(centre.id), centre.name) for centre in centres_in_reach(clinician)),
        ]

    def validate_starts_on(self, field: DateField) -> None:
        self._check_is_near(field)

    def validate_ends_on(self, field: DateField) -> None:
        last = field.data or self.starts_on.data
        if last is not None and last < self.today:
            raise ValidationError(_("These days are over"))
        self._check_is_near(field)

    def _check_is_near(self, field: DateField) -> None:
        if field.data is not None and field.data > self.today + FURTHEST_AHEAD:
            raise ValidationError(_("Enter a day within the next five years"))

    @property
    def values(self) -> dict[str, Any]:
        """For `commands.add_exception`; the form must be valid."""
        return {
            "starts_on": self.starts_on.data,
            "ends_on": self.ends_on.data or self.starts_on.data,
            "start_time": self.start_time.data,
            "end_time": self.end_time.data,
            "centre_id": int(self.centre_id.data) if self.centre_id.data else None,
            "reason": self.reason.data or "",
            "is_available": self.is_available,
        }


class LeaveForm(DatesForm):
    start_time = TimeField(_("From"), description=_("Empty: whole days."))


class ExtraHoursForm(DatesForm):
    start_time = TimeField(_("From"), [Needed(_("Enter when the hours begin"))])
    end_time = TimeField(_("To"), [Needed(_("Enter when the hours end"))])
    is_available = True

    @staticmethod
    def places(clinician: Clinician) -> list[tuple[str, Any]]:
        """Extra hours are somewhere; only who works at no centre has them nowhere."""
        return [(str(centre.id), centre.name) for centre in centres_in_reach(clinician)] or [
            ("", _("Online"))
        ]


FORMS = {"leave": LeaveForm, "extra_hours": ExtraHoursForm}


@bp.route("/leave", methods=["GET", "POST"])
@requires(Permission.AVAILABILITY_EDIT)
def leave(clinician_id: int) -> Response:
    """The leave to come, and more of it."""
    return _list_or_add("leave", the_clinician(clinician_id))


@bp.route("/extra-hours", methods=["GET", "POST"])
@requires(Permission.AVAILABILITY_EDIT)
def extra_hours(clinician_id: int) -> Response:
    """Hours beside the week on particular dates, and more of them."""
    return _list_or_add("extra_hours", the_clinician(clinician_id))


@bp.post("/leave/<int:exception_id>/removal")
@requires(Permission.AVAILABILITY_EDIT)
def remove_leave(clinician_id: int, exception_id: int) -> Response:
    """Take leave back: the week holds again."""
    return _remove("leave", the_clinician(clinician_id), exception_id)


@bp.post("/extra-hours/<int:exception_id>/removal")
@requires(Permission.AVAILABILITY_EDIT)
def remove_extra_hours(clinician_id: int, exception_id: int) -> Response:
    """Take extra hours back, unless somebody is booked in them and nobody has said yes to that."""
    return _remove("extra_hours", the_clinician(clinician_id), exception_id)


def _list_or_add(kind: str, clinician: Clinician) -> Response:
    form = FORMS[kind].of(clinician)
    if request.method == "GET":
        return _show(kind, clinician, form)
    if not form.validate():
        return _show(kind, clinician, form, status=422)

    def add() -> DateException:
        return commands.add_exception(db.session, clinician, **form.values)

    try:
        if is_checking():
            return _show(
                kind, clinician, form, check=checked(clinician, add, from_on=form.values["starts_on"])
            )
        is_made, stranded = change_hours(clinician, add)
    except Invalid as error:
        refused(form, error)
        return _show(kind, clinician, form, status=422)
    if not is_made:
        return _show(kind, clinician, form, stranded=stranded, status=409)
    return _made(kind, clinician, stranded)


def _remove(kind: str, clinician: Clinician, exception_id: int) -> Response:
    _check_in_reach(kind, clinician, exception_id)
    is_made, stranded = change_hours(
        clinician, lambda: commands.remove_exception(db.session, clinician, exception_id)
    )
    if is_made:
        return _made(kind, clinician, stranded)
    form = FORMS[kind].of(clinician)
    return _show(kind, clinician, form, stranded=stranded, removing=exception_id, status=409)


def _check_in_reach(kind: str, clinician: Clinician, exception_id: int) -> None:
    """Managers of one centre leave the exceptions of other centres alone; leave from all centres is everybody's."""
    found = db.session.get(DateException, exception_id)
    if found is None or found.clinician_id != clinician.id or found.is_available != FORMS[kind].is_available:
        raise NotFound
    if found.centre_id is not None and found.centre_id not in {
        centre.id for centre in centres_in_reach(clinician)
    }:
        raise Forbidden


def _made(kind: str, clinician: Clinician, stranded: list[Appointment]) -> Response:
    return changed(then=f"schedules.{kind}", values={"clinician_id": clinician.id}, message=saved(stranded))


def _show(
    kind: str,
    clinician: Clinician,
    form: DatesForm,
    *,
    status: int = 200,
    stranded: list[Appointment] | None = None,
    removing: int | None = None,
    check: Checked | None = None,
) -> Response:
    """`removing` is the exception that was to go when appointments were found in it."""
    return show(
        f"staff/schedules/{kind}.html",
        clinician,
        status=status,
        form=form,
        exceptions=_coming(kind, clinician),
        centre_names={centre.id: centre.name for centre in clinician.centres},
        reach={None, *(centre.id for centre in centres_in_reach(clinician))},
        stranded=stranded or [],
        removing=removing,
        check=check,
    )


def _coming(kind: str, clinician: Clinician) -> list[DateException]:
    today: date = clock.local_day(clock.now(), clinician.zone)
    found = date_exceptions(db.session, clinician.id, from_on=today)
    return [exception for exception in found if exception.is_available == FORMS[kind].is_available]
