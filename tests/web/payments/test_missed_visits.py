"""Before it is recorded for good that nobody came, the page says what it costs."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status
from portal.core import clock
from portal.payments.models import Payment
from tests.cast import Cast
from tests.web.payments.conftest import BrowserOf

LATER = timedelta(minutes=20)


def asked(browser: FlaskClient, visit: Appointment) -> str:
    return browser.get(f"/appointments/{visit.id}/no-show/terms").text


@pytest.fixture
def bos(browser_of: BrowserOf, cast: Cast, visit: Appointment) -> FlaskClient:
    """Bo, at whose door nobody has knocked, opens a browser twenty minutes after the visit should have begun."""
    with clock.travel_to(visit.starts_at + LATER):
        return browser_of(cast.bo)


def test_what_is_kept_is_said_before_it_is_kept(bos: FlaskClient, visit: Appointment) -> None:
    with clock.travel_to(visit.starts_at + LATER):
        assert "£60.00 was paid. All of it is kept." in asked(bos, visit)
        assert visit.status == Status.CONFIRMED


@pytest.mark.usefixtures("keeps_half")
def test_what_goes_back_is_said_and_goes_back(
    bos: FlaskClient, session: Session, visit: Appointment, paid: Payment
) -> None:
    with clock.travel_to(visit.starts_at + LATER):
        assert "£60.00 was paid. £30.00 is kept, and £30.00 goes back." in asked(bos, visit)
        assert bos.post(f"/appointments/{visit.id}/no-show").status_code == 303
    session.refresh(visit)
    session.refresh(paid)
    assert visit.status == Status.NO_SHOW
    assert sum(refund.amount_minor for refund in paid.refunds) == 3000
