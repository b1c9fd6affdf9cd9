"""Appointments, the time they occupy and their history."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.appointments.series_models import AppointmentSeries
from portal.centres.models import Centre
from portal.core import clock
from portal.core.codes import Code
from portal.core.db import Base
from portal.people.models import Clinician, Patient
from portal.scheduling.models import Service


class Status(Code):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


LIVE = frozenset({Status.PENDING, Status.CONFIRMED})
OVER = frozenset({Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW})


class Waiting(Code):
    """What a PENDING appointment waits for."""

    HOLD = "HOLD"
    PAYMENT = "PAYMENT"
    ACCEPTANCE = "ACCEPTANCE"


class Party(StrEnum):
    """Who ended an appointment."""

    PATIENT = "PATIENT"
    CLINICIAN = "CLINICIAN"
    CENTRE = "CENTRE"
    SYSTEM = "SYSTEM"


class SessionType(StrEnum):
    ONLINE = "ONLINE"
    IN_PERSON = "IN_PERSON"


class Channel(StrEnum):
    """Through which door the booking came."""

    PORTAL = "PORTAL"
    DESK = "DESK"
    API = "API"


class PaymentMethod(StrEnum):
    """How the fee is to be paid; further methods come with online payments."""

    AT_CENTRE = "AT_CENTRE"


def one_of(column: str, values: type[StrEnum]) -> str:
    """The text of a check constraint: the column holds one of the words, or nothing."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class HasState(Protocol):
    """The columns that tell how far a visit has come."""

    @property
    def status(self) -> str: ...
    @property
    def waiting_for(self) -> str | None: ...
    @property
    def hold_expires_at(self) -> datetime | None: ...
    @property
    def time_zone(self) -> str: ...


class Progress:
    """What these columns mean, wherever they are read."""

    __slots__ = ()

    @property
    def zone(self: HasState) -> ZoneInfo:
        """The zone in which the visit's wall time is told."""
        return clock.zone(self.time_zone)

    @property
    def is_live(self: HasState) -> bool:
        return self.status in LIVE

    @property
    def is_hold(self: HasState) -> bool:
        return self.waiting_for == Waiting.HOLD

    @property
    def is_over(self: HasState) -> bool:
        return self.status in OVER

    def is_expired(self: HasState, at: datetime) -> bool:
        """Is it a pending appointment whose time to wait is over?"""
        return (
            self.status == Status.PENDING and self.hold_expires_at is not None and self.hold_expires_at <= at
        )


class Appointment(Progress, Base):
    """A visit, from the first hold to its end.

    `version` grows with each change of time or state (SEQUENCE of RFC 5545).
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("uid"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(one_of("status", Status), name="status_known"),
        CheckConstraint(one_of("waiting_for", Waiting), name="waiting_known"),
        CheckConstraint(
            "(status = 'PENDING') = (waiting_for IS NOT NULL)", name="pending_waits_for_something"
        ),
        CheckConstraint("status <> 'PENDING' OR hold_expires_at IS NOT NULL", name="pending_expires"),
        CheckConstraint(one_of("session_type", SessionType), name="session_type_known"),
        CheckConstraint("session_type = 'ONLINE' OR centre_id IS NOT NULL", name="in_person_has_centre"),
        CheckConstraint(
            "patient_id IS NOT NULL OR waiting_for = 'HOLD' OR status = 'CANCELLED'", name="has_patient"
        ),
        CheckConstraint(one_of("channel", Channel), name="channel_known"),
        CheckConstraint(one_of("payment_method", PaymentMethod), name="payment_method_known"),
        CheckConstraint(one_of("cancelled_by", Party), name="cancelled_by_known"),
        CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="cancelled_has_time"),
        CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
        CheckConstraint(
            "booked_at IS NOT NULL OR waiting_for = 'HOLD' OR status = 'CANCELLED'", name="booked_has_time"
        ),
        Index("ix_appointment_clinician_id_starts_at", "clinician_id", "starts_at"),
        Index("ix_appointment_centre_id_starts_at", "centre_id", "starts_at"),
        Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
        Index(
            "ix_appointment_pending_hold_expires_at",
            "hold_expires_at",
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index("ix_appointment_series_id", "series_id", postgresql_where=text("series_id IS NOT NULL")),
        CheckConstraint("follow_up_of_id <> id", name="follows_another"),
        Index(
            "ix_appointment_follow_up_of_id",
            "follow_up_of_id",
            postgresql_where=text("follow_up_of_id IS NOT NULL"),
        ),
    )

    uid: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, server_default=func.gen_random_uuid())
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey(AppointmentSeries.id))
    follow_up_of_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    session_type: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    buffer_before_minutes: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    time_zone: Mapped[str]
    status: Mapped[str]
    waiting_for: Mapped[str | None]
    hold_expires_at: Mapped[datetime | None]
    holder_hash: Mapped[str | None]
    is_overbooked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # On purpose at a time when the patient is somewhere else, too: it takes none of the patient's time.
    is_patient_engaged: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    fee_minor: Mapped[int]
    currency: Mapped[str]
    payment_method: Mapped[str] = mapped_column(default=PaymentMethod.AT_CENTRE, server_default="AT_CENTRE")
    title: Mapped[str] = mapped_column(default="", server_default="")
    description: Mapped[str] = mapped_column(default="", server_default="")
    questions: Mapped[str] = mapped_column(default="", server_default="")
    patient_notes: Mapped[str] = mapped_column(default="", server_default="")
    clinician_notes: Mapped[str] = mapped_column(default="", server_default="")
    channel: Mapped[str]
    # When it became more than a hold; lists of appointments show only what was booked.
    booked_at: Mapped[datetime | None]
    booked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancellation_requested_at: Mapped[datetime | None]
    # When the practice asked for another time, since nobody is there at this one.
    move_asked_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    patient: Mapped[Patient | None] = relationship()
    clinician: Mapped[Clinician] = relationship()
    centre: Mapped[Centre | None] = relationship()
    service: Mapped[Service] = relationship()
    history: Mapped[list["AppointmentChange"]] = relationship(order_by="AppointmentChange.id", viewonly=True)


class Occupancy(Base):
    """Time that a resource has given away. The exclusion constraint is what makes double booking impossible."""

    __tablename__ = "occupancy"
    __table_args__ = (
        # int8range makes equality a range overlap, so that GiST needs no extension.
        ExcludeConstraint(
            (text("int8range(resource_id, resource_id, '[]')"), "&&"),
            ("during", "&&"),
            using="gist",
            name="ex_occupancy_no_overlap",
        ),
        CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)", name="half_open"
        ),
        Index("ix_occupancy_resource_id_lower", "resource_id", text("lower(during)")),
        Index("ix_occupancy_appointment_id", "appointment_id"),
        Index("ix_occupancy_upper", text("upper(during)")),
    )

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    # When a pending appointment's wait ends; what has passed counts as free and goes with the next booking.
    held_until: Mapped[datetime | None]


class AppointmentChange(Base):
    """One line of an appointment's history; never changed, never deleted."""

    __tablename__ = "appointment_change"
    __table_args__ = (Index("ix_appointment_change_appointment_id", "appointment_id"),)

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    kind: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    starts_at: Mapped[datetime]
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    # The rules that staff booked around; the reason says why.
    overridden: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    by_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by_name: Mapped[str] = mapped_column(default="", server_default="")
    changed_at: Mapped[datetime]
