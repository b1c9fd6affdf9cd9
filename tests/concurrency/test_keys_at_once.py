"""One Idempotency-Key from several threads at once, and a refresh token used by two: one effect each."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Device
from portal.accounts.tokens import refresh, sign_in_program
from portal.app import create_app
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from tests.api.client import Program
from tests.conftest import settings_for
from tests.factories import an_account

pytestmark = pytest.mark.concurrency
THREADS = 8
SECRET = "s" * 32


@pytest.fixture
def app(committed: Engine) -> Iterator[Flask]:
    made = create_app(settings_for(committed.url.render_as_string(hide_password=False)))
    yield made
    with made.app_context():
        db.engine.dispose()


def test_a_write_sent_by_many_threads_with_one_key_happens_once(app: Flask, committed: Engine) -> None:
    with Session(committed, expire_on_commit=False) as session:
        admin = an_account(session)
        session.commit()
    token = Program(app, admin).headers

    def send(_number: int) -> tuple[int, bytes]:
        program = Program(app)
        program.headers = token
        answer = program.post("/centres", {"name": "Harbour", "city": "Hull"}, key="same")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(send, range(THREADS)))
    assert Counter(status for status, _ in answers) == {201: THREADS}
    assert len({body for _, body in answers}) == 1
    with Session(committed) as session:
        assert session.scalar(select(func.count()).select_from(Centre).where(Centre.name == "Harbour")) == 1


def test_of_two_who_use_one_refresh_token_one_is_served_and_the_sign_in_ends(committed: Engine) -> None:
    with Session(committed, expire_on_commit=False) as session:
        account = an_account(session)
        tokens = sign_in_program(session, account, description="", secret=SECRET, at=clock.now())
        session.commit()

    def use(_number: int) -> bool:
        with Session(committed) as session:
            outcome = refresh(session, tokens.refresh_token, secret=SECRET, at=clock.now())
            session.commit()
            return outcome.error is None

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, range(2))) == [False, True]
    with Session(committed) as session:
        assert session.scalars(select(Device.ended_at)).one() is not None
