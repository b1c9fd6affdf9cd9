"""How many appointments stand with their money, learnt in the query that reads them."""

from collections.abc import Collection

from sqlalchemy import Select, func, select

from portal.appointments.models import Appointment
from portal.payments.models import Payment
from portal.payments.queries import COVERS, Standing, standing_of
from portal.payments.subscription_models import CoveredVisit


def with_standing(
    statement: Select[Appointment],
) -> Select[Appointment, Collection[str] | None, bool]:
    """The same appointments, each with what `standing` makes its answer of."""
    theirs = select(func.array_agg(Payment.status)).where(Payment.appointment_id == Appointment.id)
    covering = select(CoveredVisit.id).where(CoveredVisit.appointment_id == Appointment.id, COVERS)
    return statement.add_columns(theirs.correlate(Appointment).scalar_subquery(), covering.exists())


def standing(appointment: Appointment, statuses: Collection[str] | None, *, is_covered: bool) -> Standing:
    """From a row of that statement."""
    return Standing.COVERED if is_covered else standing_of(appointment, statuses or ())
