"""A clinician's hours, rules, leave and services: for clinicians their own, for managers those of their centre."""

from flask import Blueprint

bp = Blueprint("schedules", __name__, url_prefix="/schedules/<int:clinician_id>")
