"""Those who run the practice, signed in, each on a browser of their own."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core.permissions import Role
from tests.factories import a_centre, an_account
from tests.web.helpers import signed_in


@pytest.fixture
def riverside(session: Session) -> Centre:
    return a_centre(session, name="Riverside", city="Leeds")


@pytest.fixture
def harbour(session: Session) -> Centre:
    return a_centre(session, name="Harbour", city="York")


@pytest.fixture
def root(app: Flask, session: Session) -> FlaskClient:
    """A super admin."""
    return signed_in(app, an_account(session, full_name="Ruth Root", is_super_admin=True))


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    return signed_in(app, an_account(session, full_name="Ada Admin"))


@pytest.fixture
def manager(app: Flask, session: Session) -> FlaskClient:
    return signed_in(app, an_account(session, Role.MANAGER, full_name="Max Manager"))


@pytest.fixture
def centre_manager(app: Flask, session: Session, riverside: Centre) -> FlaskClient:
    """Manages Riverside."""
    return signed_in(app, an_account(session, Role.CENTRE_MANAGER, centre=riverside, full_name="Cem Local"))


@pytest.fixture
def desk(app: Flask, session: Session, riverside: Centre) -> FlaskClient:
    return signed_in(app, an_account(session, Role.FRONT_DESK, centre=riverside))
