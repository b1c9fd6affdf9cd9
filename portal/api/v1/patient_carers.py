"""Who looks after a patient, as staff keep it."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done
from portal.api.v1.representations.carers import CarerShape, NewCarer, carer_shape
from portal.appointments.commands import end_care
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.looks import note_look
from portal.people import caring
from portal.people.queries import get_visible_patient

bp = Blueprint("api_patient_carers", __name__, url_prefix="/patients/<int:patient_id>/carers")


@bp.get("")
@endpoint("PAT-03", Answer[list[CarerShape]], Permission.PATIENT_VIEW)
def index(patient_id: int) -> list[CarerShape]:
    """Who books for the patient, those included who have yet to be allowed. The look is audited."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    found = [carer_shape(care) for care in caring.carers_of(db.session, patient)]
    note_look("patient", patient.id, patient.id)
    return found


@bp.post("")
@endpoint("PAT-04", Answer[CarerShape], Permission.PATIENT_EDIT, status=201, is_write=True, also=(409,))
def create(patient_id: int, json: NewCarer) -> CarerShape:
    """Let one patient book for another. Who signs in by themself is asked first."""
    patient, carer = (get_visible_patient(db.session, g.actor, one) for one in (patient_id, json.carer_id))
    care = caring.link(db.session, carer, patient, by=g.actor, relation=json.relation, at=clock.now())
    return carer_shape(care)


@bp.delete("/<int:carer_id>")
@endpoint("PAT-04", Done, Permission.PATIENT_EDIT, is_write=True, also=(409,))
def delete(patient_id: int, carer_id: int) -> Done:
    """They book for the patient no longer. Refused where nobody would hear of an appointment that is to come."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    care = caring.get_care(db.session, carer_id=carer_id, patient_id=patient.id)
    end_care(db.session, care, by=g.actor, at=clock.now())
    return Done(message=gettext("They book for this patient no longer."))
