"""What people are told of a series: one message for all of its visits, and one note in-app."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments.events import SeriesBooked, SeriesCancelled, SeriesEvent
from portal.appointments.models import Appointment
from portal.appointments.queries import WITH_PEOPLE
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryStatus
from portal.notifications.news import DEFAULT_LANGUAGE, post, readers_of, row_for
from portal.notifications.rules import Reason
from portal.notifications.wording import IN_APP, in_app, series_values
from portal.people.models import Patient


def tell_booking(session: Session, event: SeriesBooked) -> None:
    """The patient and whoever looks after them, and the clinician."""
    _tell(session, event, Kind.SERIES_BOOKED, Kind.CLINICIAN_SERIES_BOOKED)


def tell_end(session: Session, event: SeriesCancelled) -> None:
    """The same people."""
    _tell(session, event, Kind.SERIES_CANCELLED, Kind.CLINICIAN_SERIES_CANCELLED)


def _tell(session: Session, event: SeriesEvent, to_patient: Kind, to_clinician: Kind) -> None:
    found = select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(event.appointment_ids))
    visits = session.scalars(found.order_by(Appointment.starts_at, Appointment.id)).all()
    for kind in (to_patient, to_clinician):
        _post_together(session, visits, kind, event)
    for reader in readers_of(session, visits[0].patient):
        if reader.account_id is not None:
            language = reader.language or DEFAULT_LANGUAGE
            values = series_values(visits, language=language, reader=reader)
            _show(session, reader.account_id, to_patient, in_app(to_patient, language, values), event)
    clinician = visits[0].clinician
    if event.by.clinician_id != clinician.id:  # what they have done themselves they know
        values = series_values(visits, language=DEFAULT_LANGUAGE, to_clinician=True)
        said = in_app(to_clinician, DEFAULT_LANGUAGE, values)
        _show(session, clinician.account_id, to_clinician, said, event)


def _post_together(session: Session, visits: Sequence[Appointment], kind: Kind, event: SeriesEvent) -> None:
    """The first visit's message carries the others', whose rows say so."""
    first, *others = visits
    carriers = post(session, first, kind, at=event.at, by=event.by)
    session.flush()
    session.add_all(_carried(session, visit, one, event) for one in carriers for visit in others)


def _carried(session: Session, visit: Appointment, carrier: Delivery, event: SeriesEvent) -> Delivery:
    row = row_for(
        visit,
        carrier.kind,
        carrier.channel,
        carrier.recipient,
        reader=session.get(Patient, carrier.patient_id) if carrier.patient_id else None,
        at=event.at,
        due_at=carrier.due_at,
    )
    row.status, row.reason, row.bundled_into_id = DeliveryStatus.SKIPPED, Reason.BUNDLED, carrier.id
    return row


def _show(session: Session, account_id: int, kind: Kind, said: tuple[str, str], event: SeriesEvent) -> None:
    first = event.appointment_ids[0]
    tell(session, account_id, IN_APP[kind], *said, action="view", related_id=first, at=event.at)
