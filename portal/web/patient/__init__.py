"""What patients do for themselves once they are signed in."""

from flask import Blueprint

bp = Blueprint("patient", __name__, url_prefix="/patient")
