"""One appointment, as the people who work with it see it: what it is, what happened, what can be done next."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from flask import Response, g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import queries
from portal.appointments.commands.visiting import EARLY_START
from portal.appointments.following import followed
from portal.appointments.models import Appointment, HasState, Status, Waiting
from portal.appointments.series import place_in_series
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission, Role
from portal.delivery.access import requires
from portal.notifications.handling import can_send_now
from portal.notifications.history import of_appointment
from portal.payments.queries import account_of
from portal.web.forms import Form, LongTextField, TextField
from portal.web.rendering import page
from portal.web.staff import bp
from portal.web.staff.series_form import repeating

LONGEST_DAY = timedelta(hours=26)  # where clocks go back, and somewhat more


class NotesForm(Form):
    title = TextField(
        _("Title"), description=_("The patient sees this, for example “Second opinion”."), longest=120
    )
    clinician_notes = LongTextField(
        _("Notes for the team"), description=_("The patient does not see these notes."), render_kw={"rows": 4}
    )


class Timed(HasState, Protocol):
    """A visit with the instants that decide what may be done with it."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def arrived_at(self) -> datetime | None: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def cancellation_requested_at(self) -> datetime | None: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def is_live(self) -> bool: ...
    def is_expired(self, at: datetime) -> bool: ...


class Actions(NamedTuple):
    """What this actor may do with the appointment at this moment; each name is a question."""

    can_accept: bool
    can_arrive: bool
    can_start: bool
    can_complete: bool
    can_miss: bool
    can_unsay_arrival: bool
    can_unsay_start: bool
    can_reschedule: bool
    can_cancel: bool
    can_edit: bool
    can_answer_request: bool

    @classmethod
    def for_(cls, appointment: Timed, actor: Actor, at: datetime) -> "Actions":
        """Derived from the same facts as the commands check; they stay the ones who decide."""
        return cls.by(Rights.of(actor), appointment, at)

    @classmethod
    def by(cls, rights: "Rights", appointment: Timed, at: datetime) -> "Actions":
        """The same for whoever asks of many."""
        confirmed = appointment.status == Status.CONFIRMED
        begun = at >= appointment.starts_at
        arrived, running = appointment.arrived_at is not None, appointment.started_at is not None
        open_to_change = appointment.is_live and not begun and not running
        may_cancel = open_to_change and rights.cancels
        sets_status = rights.sets_status
        concludes = sets_status and confirmed and (begun or running)
        return cls(
            can_accept=sets_status
            and appointment.waiting_for == Waiting.ACCEPTANCE
            and not appointment.is_expired(at),
            can_arrive=rights.arrives and confirmed and not arrived and _is_its_day(appointment, at),
            can_start=sets_status and confirmed and not running and at >= appointment.starts_at - EARLY_START,
            can_complete=concludes,
            can_miss=concludes and not arrived,
            can_unsay_arrival=rights.arrives and confirmed and arrived and not running,
            can_unsay_start=confirmed and running and sets_status,
            can_reschedule=open_to_change and rights.reschedules,
            can_cancel=may_cancel,
            can_edit=rights.edits,
            can_answer_request=may_cancel and appointment.cancellation_requested_at is not None,
        )


class Rights(NamedTuple):
    """What an actor may do with appointments at all."""

    sets_status: bool
    arrives: bool
    cancels: bool
    reschedules: bool
    edits: bool

    @classmethod
    def of(cls, actor: Actor) -> "Rights":
        return cls(
            sets_status=actor.may(Permission.APPOINTMENT_SET_STATUS),
            arrives=actor.may(Permission.APPOINTMENT_ARRIVE),
            cancels=actor.may(Permission.APPOINTMENT_CANCEL),
            reschedules=actor.may(Permission.APPOINTMENT_RESCHEDULE),
            edits=actor.may(Permission.APPOINTMENT_EDIT),
        )


@bp.get("/appointments/<int:appointment_id>")
@requires(Permission.APPOINTMENT_VIEW)
def appointment(appointment_id: int) -> Response:
    """The appointment page; the view is a read of the patient's record and is audited as one."""
    shown = find(appointment_id)
    in_transaction(db.session, lambda: _audit(shown))
    return show(shown)


def find(appointment_id: int) -> Appointment:
    """The appointment, for those who work with it.

    Raises Forbidden for staff of another centre. A clinician who is somebody else's patient learns nothing here:
    NotFound, as for all that is not theirs.
    """
    found = queries.get_visible(db.session, g.actor, appointment_id)
    if g.actor.role is Role.CLINICIAN and found.clinician_id != g.actor.clinician_id:
        raise NotFound
    return found


def show(shown: Appointment, *, form: NotesForm | None = None, status: int = 200) -> Response:
    """The page of an appointment."""
    return page(
        "staff/appointments/show.html",
        status=status,
        appointment=shown,
        actions=Actions.for_(shown, g.actor, clock.now()),
        form=form or NotesForm(obj=shown),
        day_link=_day_link(shown),
        deliveries=of_appointment(db.session, g.actor, shown.id),
        can_send=can_send_now(shown, clock.now()),
        account=account_of(db.session, shown),
        place=place_in_series(db.session, shown),
        follows=followed(db.session, g.actor, shown),
        repeat=repeating(shown) if g.actor.may(Permission.APPOINTMENT_BOOK_FOR_OTHERS) else None,
    )


def _is_its_day(appointment: Timed, at: datetime) -> bool:
    if abs(at - appointment.starts_at) > LONGEST_DAY:  # seen at once, without a look at the calendar
        return False
    zone = appointment.zone
    return clock.local_day(at, zone) == clock.local_day(appointment.starts_at, zone)


def _day_link(shown: Appointment) -> tuple[str, str]:
    """Back to that day: the clinician's own, or the board of the centre."""
    on = clock.local_day(shown.starts_at, shown.zone)
    if g.actor.may(Permission.DAY_SCHEDULE_OWN):
        return gettext("Your day"), url_for("clinician.day", date=on)
    return gettext("Day board"), url_for("desk.day", date=on, centre_id=shown.centre_id)


def _audit(shown: Appointment) -> None:
    record_view(db.session, "appointment", shown.id, by=g.actor, patient_id=shown.patient_id, at=clock.now())
