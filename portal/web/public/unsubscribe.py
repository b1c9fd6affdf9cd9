"""The link in a mail that stops mails, for people and for the button that mail programs show (RFC 8058)."""

from flask import Response, request

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.delivery import settings
from portal.delivery.access import public
from portal.notifications import preferences
from portal.people.models import Patient
from portal.web.public import bp
from portal.web.rendering import page, redirect_to
from portal.web.security import csrf


@bp.get("/unsubscribe/<string(maxlength=200):token>")
@public
def unsubscribe(token: str) -> Response:
    """What would stop, and one button: programs that look through mail open links, and must stop nothing."""
    return _show(_whose(token), token)


# A mail program has no session of ours, and no form: what the link carries is all the proof there is.
@bp.post("/unsubscribe/<string(maxlength=200):token>")
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # flask-wtf carries no types
def stop_mails(token: str) -> Response:
    """Stop it. A mail program is answered at once, since it follows no redirect."""
    patient = _whose(token)
    in_transaction(db.session, lambda: preferences.unsubscribe(db.session, patient, at=clock.now()))
    if request.form.get("List-Unsubscribe") == "One-Click":
        return _show(patient, token)
    return redirect_to("public.unsubscribe", token=token)


def _whose(token: str) -> Patient:
    return preferences.patient_of_token(db.session, settings().secret_key, token)


def _show(patient: Patient, token: str) -> Response:
    return page(
        "public/unsubscribe.html",
        token=token,
        patient=patient,
        ways=preferences.ways_of(db.session, patient),
        stops=preferences.what_stops(db.session, patient),
    )
