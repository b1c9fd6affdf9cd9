"""The waiting list: who would like a time or an earlier one, what was offered to whom, and whose times to look at."""

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.appointments.models import Appointment, SessionType, one_of
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import Base
from portal.people.models import Clinician, Patient
from portal.scheduling.models import Service


class PartOfDay(StrEnum):
    """Until noon, from noon until five, and after that, on the clock where the visit takes place."""

    MORNING = "MORNING"
    AFTERNOON = "AFTERNOON"
    EVENING = "EVENING"


class EndReason(StrEnum):
    """Why somebody waits no longer. OVER: the visit, or the last day that would have done, is past or cancelled."""

    ACCEPTED = "ACCEPTED"
    LEFT = "LEFT"
    STAFF = "STAFF"
    OVER = "OVER"


class OfferState(StrEnum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


class Entry(Base):
    """Somebody who waits. With `appointment_id` for an earlier time of that visit, without one for any time.

    `weekdays` are those of ISO, 1 for Monday. `any_clinician` also takes others who offer a service of the same title
    at the same centre: a booking of its own then, for which the visit is cancelled. `last_on` is the last date that
    would do, on the calendar of the place.
    """

    __tablename__ = "waiting_list_entry"
    __table_args__ = (
        CheckConstraint(
            "weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[] AND cardinality(weekdays) > 0",
            name="weekdays_iso",
        ),
        CheckConstraint(
            "parts <@ ARRAY['MORNING', 'AFTERNOON', 'EVENING'] AND cardinality(parts) > 0", name="parts_known"
        ),
        CheckConstraint(one_of("session_type", SessionType), name="session_type_known"),
        CheckConstraint("appointment_id IS NOT NULL OR last_on IS NOT NULL", name="wish_has_last_day"),
        CheckConstraint(one_of("end_reason", EndReason), name="end_reason_known"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_has_reason"),
        Index(
            "uq_waiting_list_entry_appointment_id",
            "appointment_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_waiting_list_entry_wish",
            "patient_id",
            "service_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND appointment_id IS NULL"),
        ),
        Index("ix_waiting_list_entry_patient_id", "patient_id"),
        Index("ix_waiting_list_entry_waiting", "id", postgresql_where=text("ended_at IS NULL")),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    any_clinician: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    session_type: Mapped[str]
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    parts: Mapped[list[str]]
    last_on: Mapped[date | None] = mapped_column(Date)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    patient: Mapped[Patient] = relationship()
    appointment: Mapped[Appointment | None] = relationship()
    clinician: Mapped[Clinician] = relationship()
    service: Mapped[Service] = relationship()
    centre: Mapped[Centre | None] = relationship()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days and times are meant."""
        return clock.zone(self.centre.time_zone if self.centre else self.clinician.time_zone)


class Offer(Base):
    """One time, offered to one person. While it is OPEN the hold `hold_id` keeps the time from everybody else."""

    __tablename__ = "waiting_list_offer"
    __table_args__ = (
        UniqueConstraint("hold_id"),
        # Never the same time twice to one person.
        UniqueConstraint("patient_id", "clinician_id", "starts_at"),
        CheckConstraint("expires_at > offered_at", name="expires_later"),
        CheckConstraint(one_of("state", OfferState), name="state_known"),
        CheckConstraint("(state = 'OPEN') = (settled_at IS NULL)", name="settled_has_time"),
        Index(
            "uq_waiting_list_offer_open_entry",
            "entry_id",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index(
            "uq_waiting_list_offer_open_time",
            "clinician_id",
            "starts_at",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("ix_waiting_list_offer_entry_id", "entry_id"),
        Index("ix_waiting_list_offer_patient_id_offered_at", "patient_id", "offered_at"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("waiting_list_entry.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    hold_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    starts_at: Mapped[datetime]
    previous_starts_at: Mapped[datetime | None]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=OfferState.OPEN, server_default="OPEN")
    settled_at: Mapped[datetime | None]
    entry: Mapped[Entry] = relationship()
    patient: Mapped[Patient] = relationship()
    hold: Mapped[Appointment] = relationship()

    @property
    def moves_visit(self) -> bool:
        """Does a yes move the visit that is to come earlier, rather than book a new one?"""
        visit = self.entry.appointment
        return visit is not None and visit.clinician_id == self.clinician_id

    @property
    def replaces_visit(self) -> bool:
        """Does a yes book with somebody else, and cancel the visit that was to come earlier?"""
        return self.entry.appointment is not None and not self.moves_visit

    @property
    def visit(self) -> Appointment:
        """What a yes leads to: the visit that moves, or the new one."""
        visit = self.entry.appointment
        return visit if visit is not None and self.moves_visit else self.hold

    def is_open(self, at: datetime) -> bool:
        """Can it be accepted at that instant?"""
        return self.state == OfferState.OPEN and self.expires_at > at


class Opening(Base):
    """A clinician whose free times have changed, to be looked at by a job. Rows are only added and deleted."""

    __tablename__ = "waiting_list_opening"

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    noted_at: Mapped[datetime]
