"""Who opened one's record: every look of the practice at it, in plain words."""

from flask import Response

from portal.audit.queries import reads_of_patient
from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.arguments import check_is_page, page_number
from portal.web.patient import bp
from portal.web.patient.profile import own_record
from portal.web.rendering import page


@bp.get("/profile/access")
@requires(Permission.PATIENT_PROFILE_OWN)
def access() -> Response:
    """The newest first, twenty at a time; one's own looks are not listed."""
    found = reads_of_patient(db.session, own_record(), page=page_number())
    check_is_page(found)
    return page("patient/profile/access.html", found=found)
