"""Signing in and out, and the signed-in account."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g
from flask_babel import gettext

from portal.accounts import tokens
from portal.accounts.codes import CHANNELS, Redeemed
from portal.accounts.devices import end_device
from portal.accounts.errors import InvalidCredentials
from portal.accounts.models import Account, Audience, Device
from portal.accounts.staff import STAFF_ROLES
from portal.api.bearer import signed_in_device
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.auth import CodeOnItsWay, Me, SignedIn, TokensShape, tokens_shape
from portal.api.v1.representations.auth_bodies import CodeWanted, Login, Logout, MeChanges, Refresh
from portal.api.v1.representations.base import Answer, Done
from portal.api.v1.signed_in import me_of, signed_in
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.db import in_transaction
from portal.core.errors import Forbidden
from portal.core.permissions import Permission
from portal.delivery import settings, signing_in
from portal.people import commands as people
from portal.people.commands import edit_presentation
from portal.people.own_records import rename_own
from portal.people.queries import get_manageable

bp = Blueprint("api_auth", __name__, url_prefix="/auth")


@bp.post("/login")
@endpoint("IAM-05", Answer[SignedIn], also=(401, 403))
def login(json: Login) -> SignedIn:
    """Sign in with a password or with a code; a patient's phone that is new signs up."""
    may_enter = _runs_the_practice if json.portal == "admin" else _anybody
    if json.otp is not None:
        return _by_code(json, json.otp, may_enter)
    account = signing_in.check_password(json.identifier, json.password or "", may_enter=may_enter)
    return signed_in(account)


@bp.post("/otp")
@endpoint("IAM-07", Answer[CodeOnItsWay])
def otp(json: CodeWanted) -> CodeOnItsWay:
    """Send a one-time code to a phone: by WhatsApp to patients, by SMS to staff."""
    phone = _phone(json.phone)
    signing_in.send_code(phone, json.audience, json.full_name if json.audience is Audience.PATIENT else "")
    return CodeOnItsWay(
        phone=phone,
        expires_in=settings().code_minutes * 60,
        channel="SMS" if CHANNELS[json.audience] == "SMS" else "WHATSAPP",
    )


@bp.post("/refresh")
@endpoint("IAM-08", Answer[TokensShape], also=(401,))
def refresh(json: Refresh) -> TokensShape:
    """Trade a refresh token for a new pair. It is good once: used again, it ends the sign-in."""
    refreshed = in_transaction(
        db.session,
        lambda: tokens.refresh(db.session, json.refresh_token, secret=settings().secret_key, at=clock.now()),
    )
    return tokens_shape(refreshed.tokens_or_raise())


@bp.post("/logout")
@endpoint("IAM-09", Done)
def logout(json: Logout) -> Done:
    """End the sign-in of the access token, and that of a refresh token that is given. Safe to repeat."""
    device: Device | None = g.device
    at = clock.now()

    def leave() -> None:
        if device is not None:
            end_device(db.session, device.account_id, device.id, at=at)
        if json.refresh_token is not None:
            tokens.sign_out_program(db.session, json.refresh_token, at=at)

    in_transaction(db.session, leave)
    return Done(message=gettext("You are signed out."))


@bp.get("/me")
@endpoint("IAM-10", Answer[Me], Permission.SESSION_OWN)
def show_me() -> Me:
    """Read the signed-in account, with its records as a patient and as a clinician."""
    return me_of(signed_in_device().account)


@bp.patch("/me")
@endpoint("IAM-11", Answer[Me], Permission.SESSION_OWN, is_write=True)
def update_me(json: MeChanges) -> Me:
    """Change one's own name; clinicians also the picture and what they say of themselves."""
    given = json.given()
    full_name = given.pop("full_name", None)
    if full_name is not None:
        _rename(full_name)
    if given:
        _present(given)
    db.session.flush()
    return me_of(signed_in_device().account)


def _by_code(json: Login, code: str, may_enter: Callable[[Account], bool]) -> SignedIn:
    """By the admins' door nobody signs up."""
    if json.portal == "admin" and json.audience is not Audience.STAFF:
        raise InvalidCredentials
    phone = _phone(json.phone or "")

    def enter() -> Redeemed:
        redeemed = signing_in.try_code(phone, json.audience, code)
        if not may_enter(redeemed.account_or_raise()):
            raise InvalidCredentials
        return redeemed

    redeemed = signing_in.counted(phone, enter)
    return signed_in(redeemed.account_or_raise(), is_new=redeemed.is_new)


def _rename(full_name: str) -> None:
    account = signed_in_device().account
    rename_own(db.session, account, full_name=full_name, by=g.actor, at=clock.now())


def _present(given: dict[str, Any]) -> None:
    """Raises Forbidden for who has no public profile."""
    if g.actor.clinician_id is None:
        raise Forbidden
    clinician = get_manageable(db.session, g.actor, g.actor.clinician_id)
    bio = given.pop("bio", None)
    if bio is not None:
        people.edit_own_clinician_profile(
            db.session,
            clinician,
            by=g.actor,
            headline=clinician.headline,
            bio=bio,
            specialization=clinician.specialization,
            qualification=clinician.qualification,
            languages=clinician.languages,
            years_of_experience=clinician.years_of_experience,
            at=clock.now(),
        )
    edit_presentation(db.session, clinician, by=g.actor, at=clock.now(), **given)


def _phone(text: str) -> str:
    return parse_phone(text, region=settings().default_region)


def _runs_the_practice(account: Account) -> bool:
    return account.role_name in STAFF_ROLES


def _anybody(_account: Account) -> bool:
    return True
