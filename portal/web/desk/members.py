"""Who works at a centre and what they offer there, as values: one query, however many there are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, DateTime, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.core.db import read_columns
from portal.people.models import Clinician, ClinicianCentre
from portal.people.queries import listed
from portal.scheduling.models import Service


class Offer(NamedTuple):
    """A service of a clinician."""

    id: int
    clinician_id: int
    title: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    is_online: bool


class Colleague(NamedTuple):
    """A clinician of the centre, or with `is_member` false somebody who only sees a patient there that day."""

    id: int
    resource_id: int
    default_duration_minutes: int
    title: str
    name: str
    is_member: bool


class Member(NamedTuple):
    """A clinician on the board and the service whose free times are shown; none where bookings are closed."""

    id: int
    full_name: str
    service: Offer | None


class Team:
    """All of them, with what can be booked of each."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._offers: dict[Colleague, list[Offer]] = {}
        for row in rows:
            offers = self._offers.setdefault(Colleague._make(row[:6]), [])
            if row.is_offered:
                offers.append(Offer._make(row[7:]))

    @property
    def own(self) -> list[Colleague]:
        """Those of the centre."""
        return [colleague for colleague in self._offers if colleague.is_member]

    @property
    def titles(self) -> list[tuple[int, str]]:
        """Each service's title once, in alphabetical order, with the id of a service that stands for it."""
        found: dict[str, tuple[int, str]] = {}
        for offers in self._offers.values():
            for offer in offers:
                found.setdefault(offer.title.casefold(), (offer.id, offer.title))
        return [found[key] for key in sorted(found)]

    def members(self, title: str | None, seen: Collection[int]) -> list[Member]:
        """By name: those of the centre, and of the others whoever is `seen` there, without free times.

        With a `title` the free times are those of services with that title.
        """
        shown = [one for one in self._offers if one.is_member or one.id in seen]
        return [
            Member(one.id, f"{one.title} {one.name}".strip(), _shown(one, self._offers[one], title))
            for one in sorted(shown, key=lambda one: one.name.casefold())
        ]


def read_team(session: Session, asked: Mapping[str, Any]) -> Team:
    """The team of a `centre` on a day that `begins` and `ends` at two instants."""
    return Team(read_columns(session, MEMBERS, asked))


def _shown(colleague: Colleague, offers: Sequence[Offer], title: str | None) -> Offer | None:
    """The service of the wanted title; without a wish the clinician's standard one, told by its length."""
    if title is not None:
        return next((offer for offer in offers if offer.title.casefold() == title.casefold()), None)
    usual = colleague.default_duration_minutes
    return min(offers, key=lambda offer: (offer.duration_minutes != usual, offer.id), default=None)


CENTRE = bindparam("centre", type_=BigInteger)
BEGINS, ENDS = (bindparam(name, type_=DateTime(timezone=True)) for name in ("begins", "ends"))

HERE = (ClinicianCentre.clinician_id == Clinician.id) & (ClinicianCentre.centre_id == CENTRE)
IS_MEMBER = Clinician.deleted_at.is_(None) & ClinicianCentre.clinician_id.is_not(None)
SEE_SOMEBODY = select(Appointment.clinician_id).where(
    Appointment.centre_id == CENTRE, Appointment.starts_at >= BEGINS, Appointment.starts_at < ENDS
)
# Built once: putting it together costs more than running it. The columns stand as the values above name them.
MEMBERS = (
    select(
        Clinician.id,
        Clinician.resource_id,
        Clinician.default_duration_minutes,
        Account.title,
        Account.full_name,
        IS_MEMBER.label("is_member"),
        (Service.id.is_not(None) & IS_MEMBER & listed(beside_account=True)).label("is_offered"),
        *(getattr(Service, name) for name in Offer._fields),
    )
    .select_from(Clinician)
    .join(Clinician.account)
    .outerjoin(ClinicianCentre, HERE)
    .outerjoin(Service, (Service.clinician_id == Clinician.id) & Service.is_active)
    .where(or_(IS_MEMBER, Clinician.id.in_(SEE_SOMEBODY)))
    .order_by(Clinician.id, Service.id)
)
