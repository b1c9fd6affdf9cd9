"""The cast of many stories: who they are to one another says what each may do and see.

Ana is a patient of Bo, a clinician in Leeds. Fay works at the front desk there, Cora coordinates care, Mia manages
the centre. Max manages the practice and Ada administers it. Strangers to all of it: Zack at the desk of the centre
in York, Zoe, a clinician there, and Zora, a patient who was never here.
"""

from functools import cached_property

from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician, Patient
from tests.factories import a_centre, a_clinician, a_patient, an_actor

NAMES = ("ana", "bo", "fay", "cora", "mia", "max", "ada", "zack", "zoe", "zora")


class Cast:
    """People as actors; `patient`, `clinician` and `stranger` are the records of Ana, Bo and Zora.

    Each comes into being when first named.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def everybody(self) -> dict[str, Actor]:
        """All actors by name."""
        return {name: getattr(self, name) for name in NAMES}

    @cached_property
    def leeds(self) -> Centre:
        return a_centre(self._session)

    @cached_property
    def york(self) -> Centre:
        return a_centre(self._session, city="York")

    @cached_property
    def patient(self) -> Patient:
        return a_patient(self._session)

    @cached_property
    def stranger(self) -> Patient:
        return a_patient(self._session, full_name="Zora Neale")

    @cached_property
    def clinician(self) -> Clinician:
        return a_clinician(self._session, self.leeds, full_name="Bo Larsen")

    @cached_property
    def ana(self) -> Actor:
        return an_actor(self._session, Role.PATIENT, patient=self.patient)

    @cached_property
    def bo(self) -> Actor:
        return an_actor(self._session, Role.CLINICIAN, clinician=self.clinician)

    @cached_property
    def fay(self) -> Actor:
        return an_actor(self._session, Role.FRONT_DESK, centre=self.leeds)

    @cached_property
    def cora(self) -> Actor:
        return an_actor(self._session, Role.CARE_COORDINATOR, centre=self.leeds)

    @cached_property
    def mia(self) -> Actor:
        return an_actor(self._session, Role.CENTRE_MANAGER, centre=self.leeds)

    @cached_property
    def max(self) -> Actor:
        return an_actor(self._session, Role.MANAGER)

    @cached_property
    def ada(self) -> Actor:
        return an_actor(self._session, Role.ADMIN)

    @cached_property
    def zack(self) -> Actor:
        return an_actor(self._session, Role.FRONT_DESK, centre=self.york)

    @cached_property
    def zoe(self) -> Actor:
        other = a_clinician(self._session, self.york, full_name="Zoe Ahmed")
        return an_actor(self._session, Role.CLINICIAN, clinician=other)

    @cached_property
    def zora(self) -> Actor:
        return an_actor(self._session, Role.PATIENT, patient=self.stranger)
