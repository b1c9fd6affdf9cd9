"""A medical note, written beside the day while the patient is there."""

from flask import Response, flash, g
from flask_babel import gettext

from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.records.commands import write_note
from portal.web.clinician import beside, bp
from portal.web.clinician.day import day_page, opened
from portal.web.clinician.note_form import BesideNoteForm
from portal.web.form_keys import form_key
from portal.web.rendering import page, redirect_to, wants_fragment


@bp.post("/appointments/<int:appointment_id>/note")
@requires(Permission.MEDICAL_NOTE_WRITE)
def beside_note(appointment_id: int) -> Response:
    """Keep a note about the visit; to htmx what stands beside the day, to others the day again."""
    visit, standing = beside.find(appointment_id)
    form, said = BesideNoteForm(), gettext("The note is kept.")
    is_kept = _is_kept(visit, form)
    if wants_fragment():
        context = opened(visit, standing, clock.now(), None if is_kept else form)
        return page(
            "clinician/_beside.html", said=said if is_kept else "", status=200 if is_kept else 422, **context
        )
    on = clock.local_day(visit.starts_at, visit.clinician.zone)
    if not is_kept:
        return day_page(on, visit.id, note=form, status=422)
    flash(said, "success")
    return redirect_to("clinician.day", date=on, appointment=visit.id, _anchor="beside-notes")


def _is_kept(visit: Appointment, form: BesideNoteForm) -> bool:
    """Whether the note could be kept; what is wrong with it stands by its field."""
    if not form.validate():
        return False
    try:
        in_transaction(db.session, lambda: _write(visit, form.note.data or ""))
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return False
    return True


def _write(visit: Appointment, text: str) -> None:
    if visit.patient is None:
        raise NotFound
    write_note(
        db.session,
        visit.patient,
        text,
        by=g.actor,
        at=clock.now(),
        appointment_id=visit.id,
        form_key=form_key(),
    )
