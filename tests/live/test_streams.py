"""Programs hear at once what concerns them, lose nothing when they come back, and never hear of others."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.accounts.devices import sign_out_everywhere
from portal.accounts.models import Account, Device, DeviceKind
from portal.appointments import commands
from portal.appointments.models import Appointment
from portal.core import clock
from portal.core.live import send_announcements
from portal.delivery import hub, streams
from portal.delivery.streams import cursor
from portal.web import live as web_live
from tests.cast import Cast
from tests.live.conftest import SOON, Served, Stream, told_to, wait_until

pytestmark = pytest.mark.concurrency


def test_what_is_told_arrives_in_under_a_second_and_with_nobody_else(served: Served) -> None:
    ana, bo = served.listen(served.cast.ana), served.listen(served.cast.bo)
    begun = time.monotonic()
    told = served.tell(served.cast.ana, "For Ana")
    heard = ana.next()
    assert time.monotonic() - begun < 1
    assert (heard.name, heard.data["notification"]["id"]) == ("notification.receive", told)
    served.tell(served.cast.bo, "For Bo")
    assert bo.next().data["notification"]["title"] == "For Bo"


def test_a_change_of_an_appointment_is_heard_by_its_people_and_its_centre(served: Served) -> None:
    cast = served.cast
    listeners = {name: served.listen(getattr(cast, name)) for name in ("ana", "bo", "fay", "ada", "zack")}

    def arrive(session: object) -> int:
        appointment = session.scalars(select(Appointment)).first()  # type: ignore[attr-defined]
        commands.edit(session, appointment, by=cast.bo, at=clock.now(), clinician_notes="Seen")  # type: ignore[arg-type]
        return int(appointment.id)

    changed = served.commit(arrive)
    for name in ("ana", "bo", "fay", "ada"):
        heard = listeners[name].next("appointment.changed").data
        assert heard == {
            "appointmentId": changed,
            "centreId": cast.leeds.id,
            "clinicianId": cast.clinician.id,
        }
    served.tell(cast.zack, "Only this")
    assert listeners["zack"].next().name == "notification.receive"


def test_after_a_break_nothing_is_lost_though_a_lower_id_was_committed_later(served: Served) -> None:
    token = served.token(served.cast.ana)
    stream = served.listen(served.cast.ana, token=token)
    with served.session() as slow:
        first = told_to(slow, served.cast.ana, "Written first, committed last")
        slow.flush()
        second = served.tell(served.cast.ana, "Written last, committed first")
        assert stream.next().data["notification"]["id"] == second > first.id
        stream.close()
        slow.commit()
        send_announcements(slow)
    third = served.tell(served.cast.ana, "While nobody listened")
    again = served.listen(served.cast.ana, token=token, since=stream.last_id)
    heard: set[int] = set()
    while not {first.id, third} <= heard:
        heard.add(again.next("notification.receive").data["notification"]["id"])


def test_a_lost_database_connection_loses_nothing_either(served: Served) -> None:
    stream = served.listen(served.cast.ana)
    listening = "FROM pg_stat_activity WHERE application_name = 'live' AND datname = current_database()"
    kill = f"SELECT count(pg_terminate_backend(pid)) {listening}"
    with served.engine.begin() as connection:
        assert connection.scalar(text(kill)) == 1
        told = served.tell(served.cast.ana, "Nobody heard this")
    while stream.next("notification.receive").data["notification"]["id"] != told:
        pass


def test_a_stream_holds_no_database_connection(served: Served) -> None:
    for actor in (served.cast.ana, served.cast.bo, served.cast.fay):
        served.listen(actor)
    with served.app.app_context():
        from portal.bootstrap import db

        wait_until(lambda: db.engine.pool.checkedout() == 0)  # type: ignore[attr-defined]


def test_the_end_of_a_sign_in_ends_the_stream(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, other = served.listen(served.cast.ana), served.listen(served.cast.bo)
    served.commit(
        lambda session: sign_out_everywhere(
            session, session.get_one(Account, served.cast.ana.account_id), clock.now()
        )
    )
    monkeypatch.setattr(hub, "CHECK_SECONDS", 0.05)
    assert stream.is_over()
    served.tell(served.cast.bo, "Still here")
    assert other.next().name == "notification.receive"


def test_who_is_one_too_many_is_told_when_to_come_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.hub, "_most", 1)
    token = served.token(served.cast.ana)
    served.listen(served.cast.ana, token=token)
    refused = served.ask("/events", headers=served.bearer(token))
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["error"]["code"] == "SERVICE_UNAVAILABLE"


def test_a_visitor_hears_that_times_have_changed_and_nothing_else(served: Served) -> None:
    cast = served.cast
    with watching(served) as stream:
        told = served.listen(cast.bo)
        served.tell(cast.bo, "Only for Bo")
        assert told.next().name == "notification.receive"
        served.commit(lambda session: edited(session, cast))
        heard = stream.next()
        assert (heard.name, heard.data) == ("times.changed", {})


def test_visitors_leave_room_for_those_who_work_here(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.hub, "_most", 3)
    with watching(served):
        refused = requests.get(watched(served), timeout=SOON)
        assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (503, True)
        served.listen(served.cast.fay)


def watched(served: Served) -> str:
    return f"http://127.0.0.1:{served.port}/clinicians/{served.cast.clinician.id}/events"


@contextmanager
def watching(served: Served) -> Iterator[Stream]:
    """A visitor looks at Bo's free times."""
    with requests.get(watched(served), stream=True, timeout=SOON) as answer:
        assert answer.ok
        wait_until(lambda: bool(served.hub._listeners))
        yield Stream(answer)


def edited(session: Session, cast: Cast) -> None:
    appointment = session.scalars(select(Appointment)).one()
    commands.edit(session, appointment, by=cast.bo, at=clock.now(), clinician_notes="Seen again")


def test_a_quiet_stream_says_that_it_lives_and_where_it_stands(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.05)
    answer = served.ask("/events", headers=served.bearer(served.token(served.cast.ana)))
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
    seen = []
    while ": keep-alive" not in seen:
        seen.append(next(lines))
    assert seen[0].startswith("retry: ")
    assert seen[seen.index(": keep-alive") - 1].startswith("id: ")


def test_who_leaves_is_noticed_at_once(served: Served) -> None:
    stream = served.listen(served.cast.ana)
    begun = time.monotonic()
    stream.close()
    wait_until(lambda: not served.hub._listeners)
    assert time.monotonic() - begun < 1


def test_a_ticket_opens_a_stream_where_no_header_can_be_set(served: Served) -> None:
    ticket = served.ticket(served.cast.ana)
    address = served.address("/events")
    accept = {"Accept": "text/event-stream"}
    with requests.get(
        address, params={"ticket": ticket}, headers=accept, stream=True, timeout=SOON
    ) as opened:
        assert opened.status_code == 200
    assert requests.get(address, params={"ticket": ticket}, headers=accept, timeout=SOON).status_code == 401


def test_a_page_hears_names_alone_and_what_it_missed_while_it_was_made(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_live, "READING_TAKES", timedelta())
    with served.page_stream(served.cast.ana) as listening:
        begun = cursor(clock.now())
        served.tell(served.cast.ana, "Secret words")
        heard = listening.next("notification.receive")
        assert heard.data == {}
    with served.page_stream(served.cast.ana, since=begun) as missed:
        assert missed.next("notification.receive").data == {}
    with served.page_stream(served.cast.ana, since="1000000000000") as asleep:
        assert asleep.next().name == "look-again"


def test_an_open_page_keeps_nobody_signed_in(served: Served) -> None:
    with served.page_stream(served.cast.fay, last_seen=timedelta(minutes=30)), served.session() as session:
        seen = session.scalars(
            select(Device.last_seen_at).where(
                Device.account_id == served.cast.fay.account_id, Device.kind == DeviceKind.BROWSER
            )
        )
        assert max(seen) < clock.now() - timedelta(minutes=29)
