"""Switching a clinician off, taking them off the list, or removing them for good."""

from collections.abc import Callable

from flask import Response, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from portal.appointments.commands import coming_appointments, retire_clinician, switch_clinician
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Forbidden
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people import commands
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.web.admin import bp
from portal.web.admin.clinicians import is_wholly_in_reach
from portal.web.admin.saving import accepted_ids, with_consent
from portal.web.forms import Form, Required, TextField
from portal.web.rendering import changed, page
from portal.web.staff.schedules.stranding import Checked, checked, is_checking

ELSEWHERE = _(
    "This clinician also works at centres that are not yours. Take them out of your centre instead."
)


class ForceForm(Form):
    """Cancelling everything that is booked, said yes to."""

    reason = TextField(_("Reason"), [Required(_("Say why: it stays with each appointment"))], longest=200)
    is_understood = BooleanField(
        _("Cancel these appointments and tell the patients"), [Required(_("Tick the box to cancel them all"))]
    )


@bp.route("/clinicians/<int:clinician_id>/activation", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_MANAGE)
def clinician_activation(clinician_id: int) -> Response:
    """Whether a clinician works here at all: off ends their sign-ins at once and takes them off the list."""
    clinician = _whole(clinician_id)
    is_active = request.form.get("is_active") == "yes"
    message = gettext("Switched on.") if is_active else gettext("Switched off, and signed out everywhere.")
    return _switch(
        "activation",
        clinician,
        lambda: switch_clinician(db.session, clinician, by=g.actor, is_active=is_active, at=clock.now()),
        weighed=lambda: _switch_account(clinician, is_active=is_active),
        is_on_now=clinician.is_active,
        turns_on=is_active,
        message=message,
    )


@bp.route("/clinicians/<int:clinician_id>/listing", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_MANAGE)
def clinician_listing(clinician_id: int) -> Response:
    """Whether a clinician is shown to patients and takes new bookings."""
    clinician = _whole(clinician_id)
    is_accepting = request.form.get("is_accepting") == "yes"
    message = gettext("Patients can book.") if is_accepting else gettext("No new bookings are taken.")

    def switch() -> Clinician:
        return commands.set_accepting(
            db.session, clinician, by=g.actor, is_accepting=is_accepting, at=clock.now()
        )

    return _switch(
        "listing",
        clinician,
        switch,
        weighed=switch,
        is_on_now=clinician.is_accepting,
        turns_on=is_accepting,
        message=message,
    )


@bp.route("/clinicians/<int:clinician_id>/deletion", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_MANAGE)
def clinician_deletion(clinician_id: int) -> Response:
    """Remove a clinician for good: refused while anybody is booked, unless all of that is to be cancelled."""
    clinician = _whole(clinician_id)
    form = ForceForm()
    if request.method == "GET":
        return _deletion(clinician, _coming(clinician_id), form)
    if is_checking():
        check = checked(clinician, lambda: _switch_account(clinician, is_active=False))
        return _deletion(clinician, _coming(clinician_id), form, check)
    force = request.form.get("force") == "yes"
    if force and not form.validate():
        return _deletion(clinician, _coming(clinician_id), form)
    name, cancelled = clinician.full_name, len(accepted_ids())
    left = with_consent(lambda: _retire(clinician, form, force=force))
    if left:
        return _deletion(clinician, left, form)
    message = gettext("%(name)s is deleted.", name=name)
    if cancelled:
        message = gettext("%(name)s is deleted. Cancelled: %(count)s.", name=name, count=cancelled)
    return changed(then="admin.clinicians", message=message)


def _retire(clinician: Clinician, form: ForceForm, *, force: bool) -> list[Appointment]:
    reason = form.reason.data if force else ""
    return retire_clinician(db.session, clinician, by=g.actor, force=force, at=clock.now(), reason=reason)


def _switch_account(clinician: Clinician, *, is_active: bool) -> Clinician:
    """What of switching off, or removing, changes hours and times."""
    return commands.set_clinician_active(
        db.session, clinician, by=g.actor, is_active=is_active, at=clock.now()
    )


def _whole(clinician_id: int) -> Clinician:
    """The clinician, if all of their work is this person's to decide about."""
    clinician = get_manageable(db.session, g.actor, clinician_id)
    if not is_wholly_in_reach(clinician):
        raise Forbidden(str(ELSEWHERE))
    return clinician


def _switch(
    what: str,
    clinician: Clinician,
    switch: Callable[[], object],
    *,
    weighed: Callable[[], object],
    is_on_now: bool,
    turns_on: bool,
    message: str,
) -> Response:
    template = f"admin/clinicians/{what}.html"
    if request.method == "GET" or is_checking():
        coming = _coming(clinician.id) if is_on_now else []
        check = checked(clinician, weighed) if is_checking() else None
        return page(template, clinician=clinician, coming=coming, check=check)

    def work() -> list[Appointment]:
        switch()
        return [] if turns_on else _coming(clinician.id)

    left = with_consent(work)
    if left:
        return page(template, clinician=clinician, coming=left, status=409)
    return changed(then="admin.clinician", values={"clinician_id": clinician.id}, message=message)


def _deletion(
    clinician: Clinician, coming: list[Appointment], form: ForceForm, check: Checked | None = None
) -> Response:
    """Refused (409) while anybody is booked; the page says who, and how to cancel all of them."""
    status = 422 if form.errors else 409 if coming and not check else 200
    template = "admin/clinicians/deletion.html"
    return page(template, clinician=clinician, coming=coming, form=form, check=check, status=status)


def _coming(clinician_id: int) -> list[Appointment]:
    return coming_appointments(db.session, at=clock.now(), clinician_id=clinician_id)
