"""Signing up with an email address, confirming it, and passwords."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.accounts import sign_up as accounts
from portal.api.bearer import signed_in_device
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.auth import NextSteps, SignedUp
from portal.api.v1.representations.auth_bodies import (
    EmailOnly,
    PasswordChange,
    PasswordReset,
    SignUp,
    TokenOnly,
)
from portal.api.v1.representations.base import Answer, Done
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission, Role
from portal.delivery import signing_in, signing_up

bp = Blueprint("api_auth_passwords", __name__, url_prefix="/auth")


@bp.post("/signup")
@endpoint("IAM-01", Answer[SignedUp], status=201, also=(409,))
def signup(json: SignUp) -> SignedUp:
    """Sign up as a patient or as a clinician. The answer does not tell whether the address has an account."""
    signing_up.sign_up(
        role=Role(json.role),
        full_name=json.whole_name,
        email=json.email,
        password=json.password,
        username=json.username,
        plan=json.plan,
    )
    is_clinician = json.role == Role.CLINICIAN
    steps = NextSteps(complete_profile=is_clinician, await_admin_approval=is_clinician)
    return SignedUp(email=json.email, next_steps=steps)


@bp.post("/verify-email")
@endpoint("IAM-04", Done)
def verify_email(json: TokenOnly) -> Done:
    """Confirm an email address with the token of the link that was mailed."""
    in_transaction(db.session, lambda: accounts.verify_email(db.session, json.token, at=clock.now()))
    return Done(message=gettext("Email verified successfully."))


@bp.post("/verify-email/resend")
@endpoint("IAM-04", Done)
def resend(json: EmailOnly) -> Done:
    """Mail another link to an address that waits to be confirmed."""
    signing_up.resend_verification(json.email)
    return Done(message=gettext("If this address waits to be confirmed, we have sent another link."))


@bp.post("/forgot-password")
@endpoint("IAM-12", Done)
def forgot(json: EmailOnly) -> Done:
    """Mail a link for a new password. The answer does not tell whether the address has an account."""
    signing_up.request_reset(json.email)
    return Done(
        message=gettext("If an account with that email exists, we have sent password reset instructions.")
    )


@bp.post("/reset-password")
@endpoint("IAM-12", Done)
def reset(json: PasswordReset) -> Done:
    """Choose a new password with the token of the link that was mailed; all sign-ins end."""
    signing_up.reset_password(json.token, json.password)
    return Done(message=gettext("Your password is changed. Sign in with the new one."))


@bp.post("/change-password")
@endpoint("IAM-12", Done, Permission.SESSION_OWN)
def change(json: PasswordChange) -> Done:
    """Change one's own password; all other sign-ins end."""
    device = signed_in_device()
    signing_in.change_password(
        device.account,
        current=json.current_password,
        new=json.new_password,
        by=g.actor,
        keep_device_id=device.id,
    )
    return Done(message=gettext("Your password is changed. Other sign-ins have ended."))
