"""The front desk: the centre's day, and bookings made for a caller. Thin over scheduling and appointments."""

from flask import Blueprint

bp = Blueprint("desk", __name__, url_prefix="/desk")
