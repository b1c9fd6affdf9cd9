"""Somebody who has left the desk is signed out, even where a board goes on refreshing itself."""

from datetime import timedelta

from flask import Flask
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import Role
from tests.conftest import NOW
from tests.factories import a_centre, an_account
from tests.web.helpers import signed_in

REFRESH = {"HX-Request": "true", "HX-Trigger": "day", "HX-Target": "day"}


def test_a_board_that_refreshes_itself_keeps_nobody_signed_in(app: Flask, session: Session) -> None:
    client = signed_in(app, an_account(session, Role.FRONT_DESK, centre=a_centre(session)))
    for minutes in range(5, 70, 5):
        with clock.travel_to(NOW + timedelta(minutes=minutes)):
            client.get("/desk/day", headers=REFRESH)
    with clock.travel_to(NOW + timedelta(minutes=70)):
        assert client.get("/desk/day").status_code == 303


def test_somebody_at_work_stays_signed_in(app: Flask, session: Session) -> None:
    client = signed_in(app, an_account(session, Role.FRONT_DESK, centre=a_centre(session)))
    for minutes in range(5, 75, 5):
        with clock.travel_to(NOW + timedelta(minutes=minutes)):
            assert client.get("/desk/day").status_code == 200
