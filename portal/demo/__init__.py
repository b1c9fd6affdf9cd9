"""A practice that does not exist, for looking around: the same one each time, around the day it is loaded on."""

from datetime import datetime, timedelta
from random import Random

from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.events import PatientSignedUp
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.demo import practice, quotations, stories, talks
from portal.demo.accounts import ACCOUNTS
from portal.demo.books import Books
from portal.demo.diary import Diary
from portal.demo.money import paid_for
from portal.demo.practice import Practice
from portal.payments import crediting
from portal.people import caring
from portal.people.care_models import Relation
from portal.people.models import Patient
from portal.settings import Settings, SettingsError

__all__ = ["ACCOUNTS", "load"]

SEED = 20260302
CHILD = "Leo Fernandes"


def load(app: Flask) -> None:
    """Fill an empty database in one transaction; raises SettingsError in production."""
    settings: Settings = app.config["SETTINGS"]
    if settings.is_production:
        raise SettingsError("PORTAL_ENV: the demo practice is never loaded in production.")
    with app.app_context():
        in_transaction(db.session, lambda: _fill(db.session))


def _fill(session: Session) -> None:
    random, at = Random(SEED), clock.now()  # noqa: S311  nothing secret: the same practice each time is the point
    made = practice.build(session, random, at)
    diary = Diary(session, made, random, at)
    diary.fill()
    told = stories.write(session, made, diary.visits, random, at)
    Books(session, random, made.admin, at).write(paid_for(told, random, at))
    talks.write(session, made, at)
    quotations.write(session, made, at)
    _give_first_credit(session, made, at)
    _add_a_child(session, made, at)


def _give_first_credit(session: Session, made: Practice, at: datetime) -> None:
    """The documented patient has one to try, as whoever signs up while credits are sold."""
    patient = made.patients[0].actor
    if patient is not None and patient.account_id is not None:
        crediting.give_first(session, PatientSignedUp(patient.account_id, at))


def _add_a_child(session: Session, made: Practice, at: datetime) -> None:
    """The documented patient books for somebody too."""
    seen = made.patients[0]
    carer, by = session.get_one(Patient, seen.id), seen.actor
    if by is not None:
        caring.add_dependant(
            session,
            carer,
            by=by,
            relation=Relation.CHILD,
            full_name=CHILD,
            date_of_birth=at.date() - timedelta(days=7 * 365 + 100),
            at=at,
        )
