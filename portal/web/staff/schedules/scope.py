"""Whose schedule it is, and what every page of a schedule needs."""

from typing import Any

from flask import Response, current_app, g, request, url_for
from flask_babel import gettext

from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.errors import Invalid
from portal.core.permissions import Role
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.web.forms import Form
from portal.web.rendering import page

BACK = "admin.clinicians"


def the_clinician(clinician_id: int) -> Clinician:
    """The clinician, if the one who is signed in may change their schedule; else NotFound, or Forbidden."""
    return get_manageable(db.session, g.actor, clinician_id)


def centres_in_reach(clinician: Clinician) -> list[Centre]:
    """The clinician's centres whose hours the one who is signed in may change."""
    if g.actor.role is Role.CLINICIAN:
        return list(clinician.centres)
    return [centre for centre in clinician.centres if g.actor.may_at(centre.id)]


def show(
    template: str, clinician: Clinician, *, fragment: str | None = None, status: int = 200, **context: Any
) -> Response:
    """A page of a schedule, or a fragment of it."""
    return page(
        template,
        fragment=fragment,
        status=status,
        clinician=clinician,
        is_own=clinician.id == g.actor.clinician_id,
        sections=_sections(clinician),
        back_href=url_for(BACK) if BACK in current_app.view_functions else None,
        now=clock.now(),
        **context,
    )


def refused(form: Form, error: Invalid) -> None:
    """Put what a command refused into the form, in the reader's language."""
    details = {name: gettext(message) for name, message in error.details.items()}
    form.refuse(details or {"": gettext(error.message)})


def _sections(clinician: Clinician) -> list[tuple[str, str, bool]]:
    labels = {
        "schedules.hours": gettext("Working hours"),
        "schedules.rules": gettext("Booking rules"),
        "schedules.leave": gettext("Leave"),
        "schedules.extra_hours": gettext("Extra hours"),
        "schedules.services": gettext("Services"),
        "schedules.preview": gettext("What patients see"),
    }
    addresses = {label: url_for(endpoint, clinician_id=clinician.id) for endpoint, label in labels.items()}
    return [(label, address, request.path.startswith(address)) for label, address in addresses.items()]
