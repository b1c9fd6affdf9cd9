"""The clinician's own pages: the day and the week. Hours, leave and services are in `portal.web.staff.schedules`."""

from flask import Blueprint

bp = Blueprint("clinician", __name__, url_prefix="/clinician")
