"""The people whom a patient looks after."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done
from portal.api.v1.representations.dependants import DependantShape, NewDependant, dependant_shape
from portal.appointments.commands import end_care
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.people import caring
from portal.people.queries import get_visible_patient

bp = Blueprint("api_dependants", __name__, url_prefix="/patients/me/dependants")


@bp.get("")
@endpoint("PAT-08", Answer[list[DependantShape]], Permission.PATIENT_PROFILE_OWN)
def index() -> Answer[list[DependantShape]]:
    """Whom one looks after, by name. Their records are read and changed by /patients/{id}."""
    found = caring.cared_for_by(db.session, g.actor.patient_id or 0)
    return Answer[list[DependantShape]](data=[dependant_shape(care) for care in found])


@bp.post("")
@endpoint(
    "PAT-08", Answer[DependantShape], Permission.PATIENT_PROFILE_OWN, status=201, is_write=True, also=(409,)
)
def create(json: NewDependant) -> DependantShape:
    """Add somebody: always a new record, for which one can book by its id as `patientId`."""
    own = get_visible_patient(db.session, g.actor, g.actor.patient_id or 0)
    facts = json.model_dump(by_alias=False)
    made = caring.add_dependant(db.session, own, by=g.actor, at=clock.now(), **facts)
    return dependant_shape(caring.get_care(db.session, carer_id=own.id, patient_id=made.id))


@bp.delete("/<int:patient_id>")
@endpoint("PAT-08", Done, Permission.PATIENT_PROFILE_OWN, is_write=True, also=(409,))
def delete(patient_id: int) -> Done:
    """No longer look after them. Refused while they have appointments to come."""
    care = caring.get_care(db.session, carer_id=g.actor.patient_id, patient_id=patient_id)
    end_care(db.session, care, by=g.actor, at=clock.now())
    return Done(message=gettext("You no longer book for them."))
