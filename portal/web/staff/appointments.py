"""One appointment, as the people who work with it see it: what it is, what happened, what can be done next."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, g
from flask_babel import lazy_gettext as _

from portal.appointments import queries
from portal.appointments.models import Appointment, Status, Waiting
from portal.audit.commands import record
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Actor, Permission
from portal.web.access import requires
from portal.web.forms import Form, LongTextField
from portal.web.rendering import page
from portal.web.staff import bp


class NotesForm(Form):
    clinician_notes = LongTextField(
        _("Notes for the team"), description=_("The patient does not see these notes."), render_kw={"rows": 4}
    )


@dataclass(frozen=True)
class Actions:
    """What this actor may do with the appointment at this moment; each name is a question."""

    can_accept: bool
    can_arrive: bool
    can_start: bool
    can_complete: bool
    can_miss: bool
    can_reschedule: bool
    can_cancel: bool
    can_edit: bool
    can_answer_request: bool

    @classmethod
    def for_(cls, appointment: Appointment, actor: Actor, at: datetime) -> "Actions":
        """Derived from the same facts as the commands check; they stay the ones who decide."""
        confirmed = appointment.status == Status.CONFIRMED
        begun = at >= appointment.starts_at
        today = clock.local_day(at, appointment.zone) >= clock.local_day(
            appointment.starts_at, appointment.zone
        )
        running = appointment.started_at is not None
        open_to_change = appointment.is_live and not begun and not running
        sets_status = actor.may(Permission.APPOINTMENT_SET_STATUS)
        return cls(
            can_accept=sets_status
            and appointment.waiting_for == Waiting.ACCEPTANCE
            and not appointment.is_expired(at),
            can_arrive=confirmed
            and today
            and not appointment.arrived_at
            and actor.may(Permission.APPOINTMENT_ARRIVE),
            can_start=sets_status and confirmed and today and not running,
            can_complete=sets_status and confirmed and begun,
            can_miss=sets_status and confirmed and begun and not appointment.arrived_at,
            can_reschedule=open_to_change and actor.may(Permission.APPOINTMENT_RESCHEDULE),
            can_cancel=open_to_change and actor.may(Permission.APPOINTMENT_CANCEL),
            can_edit=actor.may(Permission.APPOINTMENT_EDIT),
            can_answer_request=open_to_change
            and appointment.cancellation_requested_at is not None
            and actor.may(Permission.APPOINTMENT_CANCEL),
        )


@bp.get("/appointments/<int:appointment_id>")
@requires(Permission.APPOINTMENT_VIEW)
def appointment(appointment_id: int) -> Response:
    """The appointment page; the view is a read of the patient's record and is audited as one."""
    shown = queries.get_visible(db.session, g.actor, appointment_id)
    in_transaction(db.session, lambda: _audit(shown))
    return show(shown)


def show(
    shown: Appointment, *, form: NotesForm | None = None, status: int = 200, fragment: str | None = None
) -> Response:
    """The page of an appointment, or a fragment of it."""
    return page(
        "staff/appointments/show.html",
        fragment=fragment,
        status=status,
        appointment=shown,
        actions=Actions.for_(shown, g.actor, clock.now()),
        form=form or NotesForm(obj=shown),
    )


def _audit(shown: Appointment) -> None:
    record(
        db.session,
        action="appointment.view",
        by=g.actor,
        subject_type="appointment",
        subject_id=shown.id,
        patient_id=shown.patient_id,
        at=clock.now(),
    )
