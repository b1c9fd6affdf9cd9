"""Why is this time offered, or not? Each rule in plain words, for any clinician and any start."""

from datetime import datetime

from flask import Response, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments.availability import Asking
from portal.appointments.explaining import Explanation, explain
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Clinician
from portal.people.queries import get_readable
from portal.scheduling.queries import services_of
from portal.web import arguments
from portal.web.forms import DateField, Form, Needed, SelectField, TimeField
from portal.web.rendering import page
from portal.web.rule_labels import WORDS
from portal.web.staff import bp


class QuestionForm(Form):
    class Meta(Form.Meta):
        csrf = False

    service_id = SelectField(_("Service"))
    centre_id = SelectField(_("Centre"))
    on = DateField(_("Date"), [Needed(_("Enter a date"))])
    at = TimeField(_("Time"), [Needed(_("Enter a time"))])


@bp.get("/staff/availability/explanation")
@requires(Permission.APPOINTMENT_VIEW)
def availability_explanation() -> Response:
    """?clinician_id=, and with ?service_id=, ?centre_id=, ?on= and ?at= (wall time of the place) the answer."""
    clinician = get_readable(db.session, g.actor, arguments.whole_number("clinician_id") or 0)
    form = _form(clinician)
    if not form.service_id.choices:
        raise NotFound
    is_asked = "on" in request.args
    is_valid = is_asked and form.validate()
    starts_at = _start(clinician, form) if is_valid else None
    found = _explained(clinician, form, starts_at) if starts_at else None
    if is_valid and starts_at is None:
        form.at.errors = [gettext("The clocks skip that time")]
    return page(
        "staff/availability/explanation.html",
        clinician=clinician,
        form=form,
        starts_at=starts_at,
        zone=_zone(clinician, form),
        found=found,
        words=WORDS,
        status=422 if is_asked and found is None else 200,
    )


def _form(clinician: Clinician) -> QuestionForm:
    form = QuestionForm(request.args)
    services = services_of(db.session, clinician.id, active_only=False)
    form.service_id.choices = [(str(service.id), service.title) for service in services]
    form.centre_id.choices = [(str(one.id), one.name) for one in clinician.centres] or [
        ("", gettext("Online"))
    ]
    for field in (form.service_id, form.centre_id):
        if not field.data and field.choices:
            field.data = field.choices[0][0]
    return form


def _zone(clinician: Clinician, form: QuestionForm) -> str:
    zones = {str(centre.id): centre.time_zone for centre in clinician.centres}
    return zones.get(form.centre_id.data, clinician.time_zone)


def _start(clinician: Clinician, form: QuestionForm) -> datetime | None:
    """The instant, or None for a time that the clocks leap over that night."""
    zone = clock.zone(_zone(clinician, form))
    starts_at = clock.at(form.on.data, form.at.data, zone)
    return starts_at if clock.local(starts_at, zone).time() == form.at.data else None


def _explained(clinician: Clinician, form: QuestionForm, starts_at: datetime) -> Explanation:
    services = services_of(db.session, clinician.id, active_only=False)
    service = next(one for one in services if str(one.id) == form.service_id.data)
    centre_id = int(form.centre_id.data) if form.centre_id.data else None
    key = SlotKey(clinician.id, centre_id, service.id, starts_at)
    return explain(db.session, clinician, service, key, Asking(clock.now()), by=g.actor)
