"""What everybody who is signed in may do about their own account, whatever their role."""

from flask import Blueprint

bp = Blueprint("account", __name__, url_prefix="/account")
