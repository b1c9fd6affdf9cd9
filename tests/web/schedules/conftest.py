"""Jane, who works at a centre on weekdays from 9 to 17, and the browser she is signed in with."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.people.models import Clinician
from tests.factories import a_clinician
from tests.web.helpers import sign_in


@pytest.fixture
def jane(session: Session) -> Clinician:
    return a_clinician(session, hours="Mon-Fri 9-17")


@pytest.fixture
def her_browser(client: FlaskClient, session: Session, jane: Clinician) -> FlaskClient:
    return sign_in(client, session.get_one(Account, jane.account_id))
