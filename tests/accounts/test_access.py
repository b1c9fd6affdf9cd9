"""The door of the web: who gets in, how a sign-in starts and ends, and where it leads."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Blueprint, Flask, g
from flask import session as flask_session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.accounts.commands import set_staff_active
from portal.accounts.models import Account, Device
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import PortalError
from portal.core.permissions import SYSTEM, Permission, Role
from portal.delivery.access import public, requires
from portal.settings import Environment, Settings
from portal.web import access, sessions
from portal.web.access import safe_next

Hire = Callable[..., Account]
bp = Blueprint("door", __name__)


@bp.get("/open")
@public
def open_to_all() -> dict[str, object]:
    return {"name": g.actor.full_name, "csrf": generate_csrf(), "kept": sorted(flask_session)}


@bp.get("/desk")
@requires(Permission.DAY_BOARD_VIEW, Permission.STAFF_VIEW)
def desk() -> str:
    return str(g.actor.full_name)


@bp.get("/moving")
@requires(Permission.APPOINTMENT_RESCHEDULE)
def moving() -> str:
    return "moved"


@bp.get("/leave-something/<key>")
@public
def leave_something(key: str) -> str:
    flask_session[key] = "mine"
    return ""


@bp.post("/in/<int:account_id>")
@public
def come_in(account_id: int) -> str:
    sessions.sign_in(db.session.get_one(Account, account_id))
    return str(g.actor.full_name)


@bp.post("/out")
@public
def go_out() -> str:
    sessions.sign_out()
    return str(g.actor.full_name)


@bp.post("/out-everywhere")
@public
def go_out_everywhere() -> str:
    sessions.sign_out_everywhere()
    return ""


def house(**changes: object) -> Flask:
    """A small application with nothing but the door."""
    app = Flask("house")
    app.config.update(
        SECRET_KEY="only for this test",
        SETTINGS=Settings(env=Environment.TEST, **changes),  # type: ignore[arg-type]
        SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        TESTING=True,
    )
    db.init_app(app)
    access.init_app(app)
    app.register_blueprint(bp)
    app.register_error_handler(PortalError, lambda error: (error.code, int(error.status)))
    return app


@pytest.fixture
def client(session: Session) -> Iterator[FlaskClient]:
    with house().test_client() as client:
        yield client


def enter(client: FlaskClient, account: Account) -> None:
    assert client.post(f"/in/{account.id}").status_code == 200


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/open").status_code == 200
    assert (client.get("/desk").status_code, client.get("/desk").text) == (401, "UNAUTHORIZED")


def test_one_of_the_permissions_opens_the_door(client: FlaskClient, hire: Hire) -> None:
    enter(client, hire())
    assert client.get("/desk").text == "Fay Marsh"


def test_somebody_without_the_permission_is_refused(client: FlaskClient, session: Session) -> None:
    ana = Account(role=Role.PATIENT, phone="+447700900999", full_name="Ana Field")
    session.add(ana)
    session.flush()
    enter(client, ana)
    assert (client.get("/desk").status_code, client.get("/desk").text) == (403, "FORBIDDEN")


def test_a_setting_lets_the_front_desk_move_appointments(session: Session, hire: Hire) -> None:
    fay = hire()
    for setting, status in ((False, 403), (True, 200)):
        client = house(front_desk_can_reschedule=setting).test_client()
        enter(client, fay)
        assert client.get("/moving").status_code == status


def test_views_say_who_may_use_them() -> None:
    assert desk.permission == (Permission.DAY_BOARD_VIEW, Permission.STAFF_VIEW)  # type: ignore[attr-defined]
    assert open_to_all.permission is None  # type: ignore[attr-defined]


def test_signing_in_starts_a_new_session_and_keeps_only_language_and_hold(
    client: FlaskClient, hire: Hire
) -> None:
    for key in ("lang", "holder", "planted"):
        client.get(f"/leave-something/{key}")
    before = client.get("/open").json or {}
    enter(client, hire())
    after = client.get("/open").json or {}
    assert after["csrf"] != before["csrf"]
    assert "planted" in before["kept"]
    assert "planted" not in after["kept"]
    assert {"lang", "holder"} <= set(after["kept"])


def test_a_stolen_cookie_of_before_the_sign_in_is_worth_nothing(client: FlaskClient, hire: Hire) -> None:
    client.get("/leave-something/planted")
    planted = client.get_cookie("session")
    assert planted is not None
    enter(client, hire())
    thief = house().test_client()
    thief.set_cookie("session", planted.value)
    assert thief.get("/desk").status_code == 401


def test_signing_in_again_ends_the_sign_in_before(client: FlaskClient, session: Session, hire: Hire) -> None:
    enter(client, hire())
    enter(client, hire(full_name="Mo Hale"))
    assert client.get("/desk").text == "Mo Hale"
    assert [device.ended_at is None for device in session.scalars(select(Device).order_by(Device.id))] == [
        False,
        True,
    ]


def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(client: FlaskClient, hire: Hire) -> None:
    enter(client, hire())
    kept = client.get_cookie("session")
    assert kept is not None
    assert client.post("/out").text == ""
    assert client.get("/desk").status_code == 401
    client.set_cookie("session", kept.value)
    assert client.get("/desk").status_code == 401


def test_signing_out_everywhere_ends_the_other_browser(
    client: FlaskClient, session: Session, hire: Hire
) -> None:
    fay = hire()
    other = house().test_client()
    enter(client, fay)
    enter(other, fay)
    client.post("/out-everywhere")
    assert (client.get("/desk").status_code, other.get("/desk").status_code) == (401, 401)


def test_signing_out_twice_or_as_nobody_is_no_error(client: FlaskClient) -> None:
    assert client.post("/out").status_code == 200
    assert client.post("/out-everywhere").status_code == 200


def test_a_colleague_switched_off_is_out_with_the_next_click(
    client: FlaskClient, session: Session, frozen: datetime, hire: Hire
) -> None:
    fay = hire()
    enter(client, fay)
    set_staff_active(session, fay, by=SYSTEM, is_active=False, at=frozen)
    session.flush()
    assert client.get("/desk").status_code == 401


def test_a_forged_token_is_nobody(client: FlaskClient) -> None:
    with client.session_transaction() as forged:
        forged["_user_id"] = "1"
    assert client.get("/desk").status_code == 401


def test_using_the_site_keeps_a_colleague_signed_in(
    client: FlaskClient, hire: Hire, frozen: datetime
) -> None:
    enter(client, hire())
    for minutes in (50, 100, 150):
        with clock.travel_to(frozen + timedelta(minutes=minutes)):
            assert client.get("/desk").status_code == 200
    with clock.travel_to(frozen + timedelta(minutes=211)):
        assert client.get("/desk").status_code == 401


def test_who_is_here_costs_one_query_for_staff_and_for_patients(
    client: FlaskClient, session: Session, hire: Hire
) -> None:
    ana = Account(role=Role.PATIENT, phone="+447700900999", full_name="Ana Field")
    session.add(ana)
    session.flush()
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    for account in (hire(), ana):
        enter(client, account)
        asked.clear()
        client.get("/open")
        assert len([sql for sql in asked if sql.startswith("SELECT")]) == 1


def test_visitors_cost_no_query(client: FlaskClient, session: Session) -> None:
    client.get("/leave-something/lang")
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    client.get("/open")
    assert asked == []


@pytest.mark.parametrize("address", ["/", "/patient/appointments?page=2#x", "/a//b", "/%5Cevil.example"])
def test_a_path_of_this_site_is_a_safe_place_to_go_next(address: str) -> None:
    assert safe_next(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "https://evil.example/",
        "https:evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x",
        " //evil.example",
        "javascript:alert(1)",
        "appointments",
    ],
)
def test_any_other_address_is_not(address: str | None) -> None:
    assert safe_next(address) is None
