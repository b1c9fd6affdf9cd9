"""Who looked at and changed what, for those who answer for the practice."""

from flask import Blueprint, g

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.audit import AuditQuery, AuditShape, audit_shape
from portal.api.v1.representations.base import Listed, Paged, paged
from portal.audit import browsing
from portal.audit.browsing import Filters
from portal.bootstrap import db
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Permission
from portal.delivery.looks import note_look
from portal.delivery.periods import instants

bp = Blueprint("api_audit", __name__, url_prefix="/audit")


@bp.get("")
@endpoint("PAT-03", Listed[AuditShape], Permission.AUDIT_VIEW, also=(404,))
def index(query: AuditQuery) -> Paged[AuditShape]:
    """List what was done, newest first. Whoever asks for all of one patient's is in the audit themself."""
    if query.start_date and query.end_date and query.end_date < query.start_date:
        raise Invalid(details={"end_date": _("The end must not be before the start.")})
    if query.patient_id and browsing.patient_name(db.session, query.patient_id) is None:
        raise NotFound
    start, end = instants(query.start_date, query.end_date)
    filters = Filters(
        account_id=query.account_id,
        action=query.action,
        patient_id=query.patient_id,
        subject_type=query.subject_type,
        subject_id=query.subject_id,
        happened_from=start,
        happened_before=end,
    )
    found = browsing.search(db.session, g.actor, filters, page=query.page, limit=query.limit)
    note_look("audit", query.patient_id or 0, query.patient_id)
    return paged(found, audit_shape)
