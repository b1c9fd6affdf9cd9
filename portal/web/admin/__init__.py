"""Running the practice: its centres, colleagues and clinicians, and what needs a decision."""

from flask import Blueprint

bp = Blueprint("admin", __name__, url_prefix="/admin")
