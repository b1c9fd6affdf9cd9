"""Centres: the places where a practice sees people, each with its own time zone and currency."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base


class Centre(Base):
    __tablename__ = "centre"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        Index(
            "uq_centre_name_city",
            text("lower(name)"),
            text("lower(city)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    name: Mapped[str]
    city: Mapped[str]
    address: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str | None]
    email: Mapped[str | None]
    time_zone: Mapped[str]
    currency: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def zone(self) -> ZoneInfo:
        return clock.zone(self.time_zone)


class Holiday(Base):
    """A date on which a whole centre is closed."""

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("centre_id", "holiday_on"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    holiday_on: Mapped[date]
    name: Mapped[str]
