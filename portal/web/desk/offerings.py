"""What this member of staff can book: services of clinicians within their reach, and what the choices are called."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, SessionType
from portal.appointments.queries import visible_to
from portal.centres.models import Centre
from portal.centres.queries import visible_centres
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician, ClinicianCentre
from portal.people.queries import listed, works_at
from portal.scheduling.models import Service


@dataclass(frozen=True)
class Offering:
    """A service, its clinician, and at which centres that clinician works."""

    clinician: Clinician
    service: Service
    centre_ids: frozenset[int]

    @property
    def title(self) -> str:
        return self.service.title


@dataclass(frozen=True)
class Catalogue:
    """All offerings in order of title, and the centres by id."""

    offerings: Sequence[Offering]
    centres: dict[int, Centre]

    def of_service(self, service_id: int) -> Offering:
        """Raises NotFound for a service that cannot be booked."""
        found = next((one for one in self.offerings if one.service.id == service_id), None)
        if found is None:
            raise NotFound
        return found

    def services(self) -> list[tuple[int, str]]:
        """Each title once, with the id that stands for it."""
        titles: dict[str, tuple[int, str]] = {}
        for one in self.offerings:
            titles.setdefault(one.title.casefold(), (one.service.id, one.title))
        return list(titles.values())

    def clinicians(self, centre_id: int | None = None) -> list[tuple[int, str]]:
        names = {
            one.clinician.id: one.clinician.full_name
            for one in self.offerings
            if centre_id is None or centre_id in one.centre_ids
        }
        return sorted(names.items(), key=lambda entry: entry[1].casefold())

    def usual(self, clinician_id: int | None, centre_id: int | None, before: str = "") -> int | None:
        """The id that stands for the title that was booked `before`, else for the one which most clinicians offer.

        Of several as common it is the cheapest; None where there is nothing to book.
        """
        fitting = [one for one in self.offerings if _fits(one, clinician_id, centre_id)]
        if not fitting:
            return None
        titles = Counter(one.title.casefold() for one in fitting)
        likeliest = min(
            fitting,
            key=lambda one: (
                one.title.casefold() != before.casefold(),
                -titles[one.title.casefold()],
                one.service.price_minor,
            ),
        )
        return self.standing_for(likeliest.service.id)

    def standing_for(self, service_id: int) -> int:
        """The id by which all services of the same title are chosen; raises NotFound for an unknown service."""
        title = self.of_service(service_id).title.casefold()
        return next(key for key, name in self.services() if name.casefold() == title)

    def matching(
        self,
        service_id: int,
        *,
        clinician_id: int | None = None,
        centre_id: int | None = None,
        session_type: SessionType | None = None,
    ) -> list[Offering]:
        """The offerings of the same title, narrowed; raises NotFound for an unknown service."""
        title = self.of_service(service_id).title.casefold()
        fitting = self.fitting(clinician_id, centre_id, session_type)
        return [one for one in fitting if one.title.casefold() == title]

    def fitting(
        self, clinician_id: int | None, centre_id: int | None, session_type: SessionType | None
    ) -> list[Offering]:
        """The offerings of any title, narrowed."""
        theirs = [one for one in self.offerings if _fits(one, clinician_id, centre_id)]
        return [one for one in theirs if _happens(one.service, session_type)]


def catalogue(session: Session, actor: Actor) -> Catalogue:
    """In two queries. Centre-bound staff and clinicians see their own centres."""
    works = select(func.array_agg(ClinicianCentre.centre_id)).where(
        ClinicianCentre.clinician_id == Clinician.id
    )
    statement = (
        select(Clinician, Service, works.scalar_subquery())
        .join(Service, Service.clinician_id == Clinician.id)
        .where(listed(), Service.is_active, _in_reach(actor))
        .order_by(func.lower(Service.title), Service.id)
    )
    offerings = [
        Offering(clinician, service, frozenset(centre_ids or ()))
        for clinician, service, centre_ids in session.execute(statement)
    ]
    return Catalogue(offerings, {centre.id: centre for centre in visible_centres(session, actor)})


def last_title(session: Session, actor: Actor, patient_id: int) -> str:
    """What the patient booked last, of what the actor may know; empty before the first time."""
    booked = select(Service.title).join(Appointment, Appointment.service_id == Service.id)
    theirs = booked.where(
        Appointment.patient_id == patient_id, Appointment.booked_at.is_not(None), visible_to(actor)
    )
    return session.scalar(theirs.order_by(Appointment.booked_at.desc(), Appointment.id.desc()).limit(1)) or ""


def default_centre(actor: Actor) -> int | None:
    """Their own centre for those who have one; any centre for the others."""
    is_bound = actor.role is not None and actor.role.is_bound_to_centre
    return min(actor.centre_ids, default=None) if is_bound else None


def _in_reach(actor: Actor) -> ColumnElement[bool]:
    if actor.role is Role.CLINICIAN:
        return Clinician.id == actor.clinician_id
    is_bound = actor.role is not None and actor.role.is_bound_to_centre
    return works_at(actor.centre_ids) if is_bound else true()


def _fits(one: Offering, clinician_id: int | None, centre_id: int | None) -> bool:
    is_theirs = clinician_id is None or one.clinician.id == clinician_id
    return is_theirs and (centre_id is None or centre_id in one.centre_ids)


def _happens(service: Service, session_type: SessionType | None) -> bool:
    if session_type is None:
        return True
    return service.is_online if session_type is SessionType.ONLINE else service.is_in_person
