"""Signing a browser in and out, and as whom somebody who is signed in is here."""

from dataclasses import replace

from flask import g, request, session
from flask_login import UserMixin, current_user, login_user, logout_user

from portal.accounts import commands
from portal.accounts.models import Account, Audience
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import VISITOR, Actor
from portal.delivery.access import actor_of

TOKEN_KEY = "_user_id"  # noqa: S105  where flask-login keeps the device's token
LANGUAGE_KEY = "lang"
HOLDER_KEY = "holder"
PATIENTS_PAGES = frozenset({"patient", "holds"})
"""The blueprints where a clinician is a patient of colleagues."""
WORK_PAGES = frozenset({"clinician", "desk", "schedules", "staff"})
"""Those where a clinician is nobody's patient: their own visits and record are not their work."""
QUOTATIONS_KEY = "quotations"
KEPT_AT_SIGN_IN = (LANGUAGE_KEY, HOLDER_KEY, QUOTATIONS_KEY)
"""What a visitor's session hands on when it becomes somebody's. Everything else is dropped, against fixation."""


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login carries no types
    """The user as flask-login knows it: an account, on the device that the secret token names.

    `device_id` is None in the request that has just signed in.
    """

    def __init__(self, account: Account, token: str, device_id: int | None = None) -> None:
        self.account = account
        self.token = token
        self.device_id = device_id

    def get_id(self) -> str:
        return self.token


def come_as(person: Actor) -> None:
    """Say who is here. `g.person` is the whole of them, `g.actor` the one who acts on this page.

    A clinician who also has a record as a patient wears one hat at a time: patients' rules hold for their own visits.
    """
    g.person = g.actor = person
    if person.clinician_id is None or person.patient_id is None:
        return
    if request.blueprint in PATIENTS_PAGES:
        g.actor = person.as_patient()
    elif request.blueprint in WORK_PAGES:
        g.actor = replace(person, patient_id=None, patient_resource_id=None)


def sign_in(account: Account) -> None:
    """Sign the account in on this browser, in a new session: new token, new CSRF token, the old sign-in ended.

    Call it after the transaction that checked who it is. `g.actor` is the account from here on.
    """
    now = clock.now()
    before = session.get(TOKEN_KEY)

    def change_device() -> str:
        if before is not None:
            commands.sign_out(db.session, before, now)
        return commands.sign_in_device(db.session, account, description=request.user_agent.string, at=now)

    token = in_transaction(db.session, change_device)
    _start_again(kept=KEPT_AT_SIGN_IN)
    session.permanent = account.audience is Audience.PATIENT
    login_user(SignedIn(account, token))
    come_as(actor_of(account))


def sign_out() -> None:
    """End this browser's sign-in; nobody signed in is no error."""
    token = session.get(TOKEN_KEY)
    if token is not None:
        in_transaction(db.session, lambda: commands.sign_out(db.session, token, clock.now()))
    _leave()


def sign_out_everywhere() -> None:
    """End the sign-ins of this account on all devices, this one too."""
    if current_user.is_authenticated:
        account = current_user.account
        in_transaction(db.session, lambda: commands.sign_out_everywhere(db.session, account, clock.now()))
    _leave()


def _leave() -> None:
    logout_user()
    _start_again(kept=(LANGUAGE_KEY,))
    come_as(VISITOR)


def _start_again(*, kept: tuple[str, ...]) -> None:
    carried = {key: session[key] for key in kept if key in session}
    session.clear()
    session.update(carried)
    g.pop("csrf_token", None)  # flask-wtf would go on giving out the old session's token
