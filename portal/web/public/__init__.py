"""What everybody may see: the start page, clinicians with their free times, centres; and the way to a booking."""

from flask import Blueprint

bp = Blueprint("public", __name__)
