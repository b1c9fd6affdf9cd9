"""What a clinician offers and when: services, weekly hours, exceptions and booking rules.

Free times are never stored.
"""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, column, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Service(Base):
    """Something a clinician does for a patient, with its length, price and the pause it needs around it."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("duration_minutes BETWEEN 5 AND 480", name="duration_sensible"),
        CheckConstraint("buffer_before_minutes BETWEEN 0 AND 120", name="buffer_before_sensible"),
        CheckConstraint("buffer_after_minutes BETWEEN 0 AND 120", name="buffer_after_sensible"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("is_online OR is_in_person", name="has_a_way"),
        Index("ix_service_clinician_id", "clinician_id"),
        Index(
            "ix_service_title_trgm",
            func.lower(column("title")).label("folded"),
            postgresql_using="gin",
            postgresql_ops={"folded": "gin_trgm_ops"},
        ),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    duration_minutes: Mapped[int] = mapped_column(SmallInteger)
    buffer_before_minutes: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    price_minor: Mapped[int]
    is_online: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_in_person: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Schedule(Base):
    """The booking rules of one clinician. Notice and horizon bind patients; staff may book around them."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("clinician_id"),
        CheckConstraint("min_booking_notice_hours BETWEEN 0 AND 720", name="notice_sensible"),
        CheckConstraint("max_advance_booking_days BETWEEN 1 AND 730", name="horizon_sensible"),
        CheckConstraint("cancellation_deadline_hours BETWEEN 0 AND 720", name="deadline_sensible"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    min_booking_notice_hours: Mapped[int] = mapped_column(SmallInteger, default=24, server_default="24")
    max_advance_booking_days: Mapped[int] = mapped_column(SmallInteger, default=90, server_default="90")
    cancellation_deadline_hours: Mapped[int] = mapped_column(SmallInteger, default=24, server_default="24")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WeeklyRule(Base):
    """Hours that come back every week, or only in one week of the month, in wall time of the centre's zone."""

    __tablename__ = "weekly_rule"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_iso"),
        CheckConstraint("end_time > start_time", name="ends_after_start"),
        CheckConstraint("week_of_month BETWEEN 1 AND 5", name="week_of_month_known"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 480", name="slot_sensible"),
        Index("ix_weekly_rule_clinician_id", "clinician_id"),
        Index("ix_weekly_rule_centre_id", "centre_id"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start_time: Mapped[time]
    end_time: Mapped[time]
    week_of_month: Mapped[int | None] = mapped_column(SmallInteger)
    slot_minutes: Mapped[int | None] = mapped_column(SmallInteger)


class DateException(Base):
    """Dates on which the week does not hold: leave (not available) or extra hours (available).

    Both dates are included. Without times the whole day is meant; with times, those hours of each of the days.
    """

    __tablename__ = "date_exception"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(start_time IS NULL) = (end_time IS NULL)", name="both_times_or_none"),
        CheckConstraint("end_time > start_time", name="end_time_after_start_time"),
        CheckConstraint("NOT is_available OR start_time IS NOT NULL", name="extra_hours_have_times"),
        Index("ix_date_exception_clinician_id_ends_on", "clinician_id", "ends_on"),
    )

    clinician_id: Mapped[int] = mapped_column(ForeignKey("clinician.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    start_time: Mapped[time | None]
    end_time: Mapped[time | None]
    is_available: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    reason: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
