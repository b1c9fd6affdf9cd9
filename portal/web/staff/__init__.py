"""Pages that several staff roles share: appointments and patients. Hours and services are in `schedules`."""

from flask import Blueprint

bp = Blueprint("staff", __name__)

from portal.web.staff import appointments, cancellations, patients, reschedulings, visits  # noqa: E402, F401  routes
