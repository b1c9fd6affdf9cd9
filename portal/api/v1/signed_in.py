"""The signed-in account with its records, as it goes out; and signing a program in."""

from flask import request
from sqlalchemy import select

from portal.accounts.models import Account
from portal.accounts.tokens import sign_in_program
from portal.api.v1.representations.auth import Me, SignedIn, me_shape, tokens_shape
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.delivery import settings
from portal.people.models import Clinician, Patient
from portal.scheduling.readiness import readiness


def signed_in(account: Account, *, is_new: bool = False) -> SignedIn:
    """Sign the account in for a program; its tokens are in the answer and nowhere else."""
    tokens = in_transaction(
        db.session,
        lambda: sign_in_program(
            db.session,
            account,
            description=request.user_agent.string,
            secret=settings().secret_key,
            at=clock.now(),
        ),
    )
    me, pair = me_of(account), tokens_shape(tokens)
    return SignedIn(
        is_new_user=is_new,
        **{name: getattr(me, name) for name in Me.model_fields},
        **pair.model_dump(by_alias=False),
    )


def me_of(account: Account) -> Me:
    """The account with what it is as a patient and as a clinician."""
    patient = db.session.scalar(
        select(Patient).where(Patient.account_id == account.id, Patient.deleted_at.is_(None))
    )
    is_theirs = (Clinician.account_id == account.id) & Clinician.deleted_at.is_(None)
    found = readiness(db.session, is_theirs, today=clock.now().date())
    clinician = found[0].clinician if found else None
    return me_shape(account, patient, clinician, has_hours=bool(found) and found[0].has_hours)
