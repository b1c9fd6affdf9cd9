"""Pages that several staff roles share: appointments and patients. Hours and services are in `schedules`."""

from flask import Blueprint

bp = Blueprint("staff", __name__)
