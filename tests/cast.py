"""The cast of many stories: who they are to one another says what each may do and see.

Ana is a patient of Bo, a clinician in Leeds. Fay works at the front desk there, Cora coordinates care, Mia manages
the centre. Max manages the practice and Ada administers it. Zed is a stranger to all of it: Zack at the desk of the
other centre, Zoe a clinician there, Zora a patient who was never here.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import Actor, Role
from portal.people.models import Clinician, Patient
from tests.factories import a_centre, a_clinician, a_patient, an_actor


@dataclass(frozen=True)
class Cast:
    """People as actors; `patient`, `clinician` and `stranger` are the records of Ana, Bo and Zora."""

    leeds: Centre
    york: Centre
    patient: Patient
    clinician: Clinician
    stranger: Patient
    ana: Actor
    bo: Actor
    fay: Actor
    cora: Actor
    mia: Actor
    max: Actor
    ada: Actor
    zack: Actor
    zoe: Actor
    zora: Actor

    def everybody(self) -> dict[str, Actor]:
        """All actors by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Actor)}


def the_cast(session: Session) -> Cast:
    """Everybody, in two centres of one practice."""
    leeds, york = a_centre(session), a_centre(session, city="York")
    patient, stranger = a_patient(session), a_patient(session, full_name="Zora Neale")
    clinician = a_clinician(session, leeds, full_name="Bo Larsen")
    return Cast(
        leeds=leeds,
        york=york,
        patient=patient,
        clinician=clinician,
        stranger=stranger,
        ana=an_actor(session, Role.PATIENT, patient=patient),
        bo=an_actor(session, Role.CLINICIAN, clinician=clinician),
        fay=an_actor(session, Role.FRONT_DESK, centre=leeds),
        cora=an_actor(session, Role.CARE_COORDINATOR, centre=leeds),
        mia=an_actor(session, Role.CENTRE_MANAGER, centre=leeds),
        max=an_actor(session, Role.MANAGER),
        ada=an_actor(session, Role.ADMIN),
        zack=an_actor(session, Role.FRONT_DESK, centre=york),
        zoe=an_actor(session, Role.CLINICIAN, clinician=a_clinician(session, york, full_name="Zoe Ahmed")),
        zora=an_actor(session, Role.PATIENT, patient=stranger),
    )
