"""Running the practice: its centres, colleagues and clinicians, and what needs a decision."""

from flask import Blueprint

bp = Blueprint("admin", __name__, url_prefix="/admin")

from portal.web.admin import (  # noqa: E402, F401  routes
    centre_exits,
    centres,
    clinician_exits,
    clinician_profiles,
    clinicians,
    holidays,
    overview,
    permissions,
    staff,
    staff_changes,
)
