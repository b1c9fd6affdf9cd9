"""Services: what a clinician offers, how long it takes and what it costs."""

from typing import Any

from flask import Response, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms.validators import ValidationError

from portal.appointments.commands.stranding import count_coming
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Clinician
from portal.scheduling import commands
from portal.scheduling.models import Service
from portal.scheduling.queries import get_service, services_of
from portal.web.forms import Form, LongTextField, MoneyField, Needed, Required, TextField, WholeNumberField
from portal.web.rendering import changed
from portal.web.staff.schedules import bp
from portal.web.staff.schedules.scope import refused, show, the_clinician
from portal.web.staff.schedules.stranding import checked, is_checking

COLUMNS = ("title", "description", "duration_minutes", "is_online", "is_in_person")


class ServiceForm(Form):
    title = TextField(
        _("Name"), [Required(_("Enter a name"))], longest=100, description=_("Patients choose by it.")
    )
    description = LongTextField(_("Description"), longest=1000)
    duration_minutes = WholeNumberField(
        _("Length in minutes"), [Needed(_("Enter the length in minutes"))], least=5, most=480
    )
    buffer_before_minutes = WholeNumberField(_("Pause before, in minutes"), most=120)
    buffer_after_minutes = WholeNumberField(_("Pause after, in minutes"), most=120)
    price_minor = MoneyField(_("Price"), [Needed(_("Enter a price; 0 if it is free"))])
    is_in_person = BooleanField(_("In person, at a centre"))
    is_online = BooleanField(_("Online"))

    @classmethod
    def of(cls, clinician: Clinician, service: Service | None = None) -> "ServiceForm":
        """The form for a service, or a new one; without fields that are not this person's to fill in."""
        form = cls(obj=service, data=None if service else _usual(clinician))
        form.price_minor.currency = clinician.currency
        if not commands.may_set_price(clinician, g.actor):
            del form.price_minor
        if not clinician.centres:
            del form.is_in_person
        return form

    def validate_is_online(self, field: BooleanField) -> None:
        if not field.data and not (self.is_in_person and self.is_in_person.data):
            raise ValidationError(_("Choose online, in person or both"))

    @property
    def values(self) -> dict[str, Any]:
        """The columns that this person sets; the form must be valid."""
        given = {name: self[name].data for name in COLUMNS if name in self}
        given["buffer_before_minutes"] = self.buffer_before_minutes.data or 0
        given["buffer_after_minutes"] = self.buffer_after_minutes.data or 0
        given.setdefault("is_in_person", False)
        if "price_minor" in self:
            given["price_minor"] = self.price_minor.data
        return given


@bp.get("/services")
@requires(Permission.SERVICE_EDIT)
def services(clinician_id: int) -> Response:
    """All services, those not offered at the moment last."""
    clinician = the_clinician(clinician_id)
    found = services_of(db.session, clinician.id, active_only=False)
    found.sort(key=lambda service: not service.is_active)
    return show("staff/schedules/services.html", clinician, services=found)


@bp.route("/services/new", methods=["GET", "POST"])
@requires(Permission.SERVICE_EDIT)
def new_service(clinician_id: int) -> Response:
    """Offer another service."""
    clinician = the_clinician(clinician_id)
    form = ServiceForm.of(clinician)

    def add() -> Service:
        return commands.add_service(db.session, clinician, by=g.actor, **form.values)

    return _form_or_done(clinician, None, form, add)


@bp.route("/services/<int:service_id>", methods=["GET", "POST"])
@requires(Permission.SERVICE_EDIT)
def service(clinician_id: int, service_id: int) -> Response:
    """Change a service; what is booked keeps its length and price."""
    clinician = the_clinician(clinician_id)
    edited = get_service(db.session, clinician.id, service_id)
    form = ServiceForm.of(clinician, edited)
    return _form_or_done(
        clinician, edited, form, lambda: commands.edit_service(db.session, edited, by=g.actor, **form.values)
    )


@bp.route("/services/<int:service_id>/activation", methods=["GET", "POST"])
@requires(Permission.SERVICE_EDIT)
def activation(clinician_id: int, service_id: int) -> Response:
    """What offering a service again, or not any longer, means, then doing it; what is booked stays."""
    clinician = the_clinician(clinician_id)
    edited = get_service(db.session, clinician.id, service_id)
    is_active = request.form.get("is_active") == "yes"

    def switch() -> None:
        commands.edit_service(db.session, edited, by=g.actor, is_active=is_active)

    if request.method == "GET" or is_checking():
        return show(
            "staff/schedules/activation.html",
            clinician,
            service=edited,
            coming=count_coming(db.session, edited.id, at=clock.now()),
            check=checked(clinician, switch) if is_checking() else None,
        )
    in_transaction(db.session, switch)
    message = (
        gettext("Patients can book it again.") if is_active else gettext("Patients can no longer book it.")
    )
    return changed(then="schedules.services", values={"clinician_id": clinician.id}, message=message)


def _form_or_done(clinician: Clinician, edited: Service | None, form: ServiceForm, work: Any) -> Response:
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                if is_checking():
                    found = checked(clinician, work)
                    return show(
                        "staff/schedules/service.html", clinician, form=form, service=edited, check=found
                    )
                in_transaction(db.session, work)
                values = {"clinician_id": clinician.id}
                return changed(then="schedules.services", values=values, message=gettext("Saved."))
            except Invalid as error:
                refused(form, error)
    return show("staff/schedules/service.html", clinician, form=form, service=edited, status=status)


def _usual(clinician: Clinician) -> dict[str, Any]:
    """What a new service starts from."""
    return {
        "duration_minutes": clinician.default_duration_minutes,
        "price_minor": clinician.consultation_fee_minor,
        "is_in_person": bool(clinician.centres),
        "is_online": not clinician.centres,
    }
