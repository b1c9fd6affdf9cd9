"""The real server on a database of its own, with real commits and the real clock, and a program of each role."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import requests
from flask import Flask
from sqlalchemy.orm import Session

from bench.servers import serving
from portal.accounts.models import Account
from portal.accounts.tokens import sign_in_program
from portal.core import clock
from portal.core.db import engine_for
from portal.core.permissions import Role
from portal.core.postgres import Cluster
from tests.cast import Cast
from tests.conftest import new_database
from tests.factories import an_appointment, slots_of

PLENTY = {"API_ACCOUNT_LIMIT": "1000000", "API_VISITOR_LIMIT": "1000000"}


@dataclass
class Live:
    """`address` is the API's. `tokens` are made anew for each test that asks."""

    address: str
    database_url: str
    accounts: dict[Role, int]
    phone: str

    def token(self, role: Role) -> str:
        """An access token of a program that has just signed in."""
        engine = engine_for(self.database_url)
        with Session(engine) as session:
            account = session.get_one(Account, self.accounts[role])
            secret = "only-for-demo-and-tests"
            made = sign_in_program(session, account, description="test", secret=secret, at=clock.now())
            session.commit()
        engine.dispose()
        return made.access_token

    def code(self) -> str:
        """The sign-in code sent last."""
        root = self.address.removesuffix("/api/v1")
        sent = requests.get(f"{root}/dev/outbox.json", timeout=10).json()
        return str(next(message["code"] for message in sent if message.get("code")))


@pytest.fixture(scope="module")
def live(cluster: Cluster, template_database: str, app: Flask) -> Iterator[Live]:
    """Centres Leeds and York with their people, appointments past and to come."""
    url = new_database(cluster, template_database, f"api_{uuid.uuid4().hex[:10]}")
    engine = engine_for(url)
    with Session(engine, expire_on_commit=False) as session:
        cast = Cast(session)
        everybody = {
            Role.ADMIN: cast.ada,
            Role.MANAGER: cast.max,
            Role.CENTRE_MANAGER: cast.mia,
            Role.CARE_COORDINATOR: cast.cora,
            Role.FRONT_DESK: cast.fay,
            Role.CLINICIAN: cast.bo,
            Role.PATIENT: cast.ana,
        }
        accounts = {role: actor.account_id or 0 for role, actor in everybody.items()}
        cast.zoe, cast.zora, cast.zack  # noqa: B018  they exist from here on
        soon = slots_of(session, cast.clinician, at=clock.now(), days=30)
        for slot in soon[20:24]:
            an_appointment(
                session,
                clinician=cast.clinician,
                patient=cast.patient,
                starts_at=slot.starts_at,
                at=clock.now(),
            )
        phone = cast.patient.phone or ""
        session.commit()
    engine.dispose()
    with serving("wsgi:app", url, **PLENTY) as port:
        yield Live(f"http://127.0.0.1:{port}/api/v1", url, accounts, phone)


@pytest.fixture
def in_a_week() -> str:
    """The date in a week, as the API writes dates."""
    return f"{clock.now() + timedelta(days=7):%Y-%m-%d}"
