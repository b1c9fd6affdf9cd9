"""Who opened a patient's record, for the patient."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.access import AccessShape, access_shape
from portal.api.v1.representations.base import Listed, Listing, Paged, paged
from portal.audit.queries import reads_of_patient
from portal.bootstrap import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.people.queries import get_visible_patient

bp = Blueprint("api_patient_access", __name__, url_prefix="/patients")


@bp.get("/me/access")
@endpoint("PAT-08", Listed[AccessShape], Permission.PATIENT_PROFILE_OWN)
def index(query: Listing) -> Paged[AccessShape]:
    """List who of the practice read what of one's own record, newest first. One's own reads are not listed."""
    if g.actor.patient_id is None:
        raise NotFound
    own = get_visible_patient(db.session, g.actor, g.actor.patient_id)
    return paged(reads_of_patient(db.session, own, page=query.page, limit=query.limit), access_shape)
