"""Programs of each role: the same cast as everywhere (tests/cast.py), who all belong to Leeds but for the Z's."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core.permissions import Actor
from tests.api.client import Program
from tests.cast import Cast

ProgramOf = Callable[[Actor | Account], Program]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def program(app: Flask, session: Session) -> ProgramOf:
    """The program of an actor or account: program(cast.ana).get("/appointments")."""

    def make(who: Actor | Account) -> Program:
        account = who if isinstance(who, Account) else session.get_one(Account, who.account_id)
        return Program(app, account)

    return make


@pytest.fixture
def visitor(app: Flask, session: Session) -> Program:
    """A program that is not signed in."""
    return Program(app)
