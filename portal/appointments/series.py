"""Reading series: the visits that were booked together, as far as somebody may see them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment
from portal.appointments.queries import BOOKED, WITH_PEOPLE, visible_to
from portal.appointments.series_models import AppointmentSeries, Rhythm
from portal.core.errors import Forbidden, NotFound
from portal.core.permissions import Actor


@dataclass(frozen=True)
class Series:
    """Visits that were booked together, in order of time; those that were cancelled or moved included."""

    id: int
    rhythm: Rhythm
    visits: list[Appointment]


@dataclass(frozen=True)
class Place:
    """The how-manieth visit of its series it is."""

    number: int
    count: int


def get_visible_series(session: Session, actor: Actor, series_id: int) -> Series:
    """The visits that the actor may see; raises NotFound for none, or Forbidden for staff of another centre."""
    of_series = select(Appointment).options(*WITH_PEOPLE).where(Appointment.series_id == series_id, BOOKED)
    visits = session.scalars(
        of_series.where(visible_to(actor)).order_by(Appointment.starts_at, Appointment.id)
    ).all()
    series = session.get(AppointmentSeries, series_id)
    if series is not None and visits:
        return Series(series.id, Rhythm(series.rhythm), list(visits))
    if series is not None and actor.role is not None and actor.role.is_bound_to_centre:
        raise Forbidden
    raise NotFound


def place_in_series(session: Session, appointment: Appointment) -> Place | None:
    """Which of its series' visits it is, in order of time; None for a visit by itself. At most one query."""
    if appointment.series_id is None:
        return None
    is_before = (Appointment.starts_at < appointment.starts_at) | (
        (Appointment.starts_at == appointment.starts_at) & (Appointment.id <= appointment.id)
    )
    counts = select(func.count().filter(is_before), func.count()).where(
        Appointment.series_id == appointment.series_id, BOOKED
    )
    return Place(*session.execute(counts).one())
