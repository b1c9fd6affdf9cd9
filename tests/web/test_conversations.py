"""Messages as pages."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.conversations.commands import send
from portal.conversations.models import ConversationMessage
from portal.core.limits import MESSAGE_WRITTEN
from portal.core.permissions import Actor
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import an_appointment
from tests.web.helpers import HTMX, counted, errors_in, signed_in


@pytest.fixture
def cast(session: Session) -> Cast:
    cast = Cast(session)
    an_appointment(session, clinician=cast.clinician, patient=cast.patient)
    return cast


class Browsers:
    """The browser of each person."""

    def __init__(self, app: Flask, session: Session) -> None:
        self._app, self._session = app, session

    def of(self, actor: Actor) -> FlaskClient:
        self._session.flush()
        return signed_in(self._app, self._session.get_one(Account, actor.account_id))


@pytest.fixture
def browsers(app: Flask, session: Session) -> Browsers:
    return Browsers(app, session)


def begin(session: Session, by: Actor, to: Actor, content: str = "Hello") -> ConversationMessage:
    return send(session, by=by, receiver_account_id=to.account_id, content=content, at=NOW)


def written(session: Session) -> list[str]:
    return list(session.scalars(select(ConversationMessage.content).order_by(ConversationMessage.id)))


def key_in(text: str) -> str:
    found = re.search(r'id="message-key" name="key" value="([^"]+)"', text)
    assert found
    return found[1]


def test_ana_writes_to_bo_from_her_visit_and_he_reads_and_answers(
    session: Session, cast: Cast, browsers: Browsers
) -> None:
    ana, bo = browsers.of(cast.ana), browsers.of(cast.bo)
    address = f"/messages/new?to={cast.bo.account_id}"
    visit = ana.get("/patient/appointments").text
    number = re.search(r"/patient/appointments/(\d+)", visit)[1]  # type: ignore[index]
    assert address in ana.get(f"/patient/appointments/{number}").text
    form = ana.get(address)
    assert "Write to Dr Bo Larsen" in form.text
    assert "Not for emergencies" in form.text
    sent = ana.post(address, data={"content": "May I eat before?", "key": "one"}, follow_redirects=True)
    assert "May I eat before?" in sent.text
    number = sent.request.path.rsplit("/", 1)[-1]
    assert re.search(r'id="bar-chat" hx-get[^>]*>1<', bo.get("/messages").text)
    read = bo.get(f"/messages/{number}").text
    assert "May I eat before?" in read
    assert re.search(r'id="bar-chat" hidden', read)
    assert re.search(r'id="bar-chat" hidden', bo.get("/messages").text)
    bo.post(f"/messages/{number}", data={"content": "Yes.", "key": "two"})
    assert "1 new" in ana.get("/messages").text
    assert written(session) == ["May I eat before?", "Yes."]


def test_a_form_that_arrives_twice_writes_once_and_with_other_words_again(
    session: Session, cast: Cast, browsers: Browsers
) -> None:
    ana = browsers.of(cast.ana)
    address = f"/messages/new?to={cast.bo.account_id}"
    data = {"content": "Once", "key": key_in(ana.get(address).text)}
    answers = [ana.post(address, data=data) for _number in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    ana.post(address, data={**data, "content": "Gone back and changed"})
    assert written(session) == ["Once", "Gone back and changed"]


@pytest.mark.parametrize(
    ("content", "said"), [("  ", "Write something first"), ("x" * 5001, "Use 5000 characters or fewer")]
)
def test_what_cannot_be_written_comes_back_in_the_form(
    session: Session, cast: Cast, browsers: Browsers, content: str, said: str
) -> None:
    ana, begun = browsers.of(cast.ana), begin(session, cast.bo, cast.ana)
    for address in ("/messages/new?centre=" + str(cast.leeds.id), f"/messages/{begun.conversation_id}"):
        page = ana.post(address, data={"content": content})
        assert page.status_code == 422
        assert said in errors_in(page)
        assert content.strip() in page.text
    piece = ana.post(f"/messages/{begun.conversation_id}", data={"content": content}, headers=HTMX)
    assert (piece.status_code, piece.headers["HX-Retarget"]) == (422, "#write")
    assert written(session) == ["Hello"]


def test_what_is_written_is_shown_as_it_was_typed_and_does_nothing(
    session: Session, cast: Cast, browsers: Browsers
) -> None:
    begun = begin(session, cast.ana, cast.bo, "<script>alert(1)</script> https://example.org javascript:x")
    bo = browsers.of(cast.bo)
    for address in (f"/messages/{begun.conversation_id}", "/messages"):
        text = bo.get(address).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; https://example.org" in text
        assert "<script>alert" not in text
        assert 'href="https://example.org' not in text


@pytest.mark.parametrize("name", ["zora", "zoe", "fay"])
def test_nobody_finds_a_conversation_of_others(
    session: Session, cast: Cast, browsers: Browsers, name: str
) -> None:
    begun = begin(session, cast.ana, cast.bo, "Only for Bo")
    other = browsers.of(getattr(cast, name))
    address = f"/messages/{begun.conversation_id}"
    answers = [
        other.get(address),
        other.get(f"{address}/newer", headers=HTMX),
        other.post(address, data={"content": "Hm"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert "Only for Bo" not in other.get("/messages").text


def test_staff_of_another_centre_are_told_that_it_is_not_theirs(
    session: Session, cast: Cast, browsers: Browsers
) -> None:
    begun = send(session, by=cast.ana, centre_id=cast.leeds.id, content="Hello", at=NOW)
    assert browsers.of(cast.zack).get(f"/messages/{begun.conversation_id}").status_code == 403


@pytest.mark.parametrize(
    "query", ["", "?to=999999999", "?to=x", "?centre=0", "?to=&centre=", f"?to={10**30}"]
)
def test_an_address_that_names_nobody_is_not_found(cast: Cast, browsers: Browsers, query: str) -> None:
    assert browsers.of(cast.ana).get(f"/messages/new{query}").status_code == 404


def test_the_desk_answers_in_the_name_of_the_centre(session: Session, cast: Cast, browsers: Browsers) -> None:
    send(session, by=cast.ana, centre_id=cast.leeds.id, content="Where do I park?", at=NOW)
    fay = browsers.of(cast.fay)
    assert "1 new" in fay.get("/messages").text
    address = f"/messages/new?to={cast.ana.account_id}"
    assert address in fay.get(f"/patients/{cast.patient.id}").text
    begun = fay.get(address)
    fay.post(begun.headers["Location"], data={"content": "Behind the house.", "key": "a"})
    shown = browsers.of(cast.ana).get("/messages").text
    assert f">{cast.leeds.name}</a>" in shown
    assert "Behind the house." in shown


def test_a_page_that_is_open_asks_for_what_is_new(session: Session, cast: Cast, browsers: Browsers) -> None:
    first = begin(session, cast.ana, cast.bo, "First")
    second = begin(session, cast.ana, cast.bo, "Second")
    bo, address = browsers.of(cast.bo), f"/messages/{first.conversation_id}"
    piece = bo.get(f"{address}/newer?after=1&after={first.id}&after=x", headers=HTMX)
    assert "Second" in piece.text
    assert "First" not in piece.text
    assert "chat__day" not in piece.text  # that day stands above the first already
    assert bo.get(f"{address}/newer?after={second.id}", headers=HTMX).status_code == 204
    assert bo.get(f"{address}/newer").status_code == 303
    answer = bo.post(address, data={"content": "Third", "after": str(first.id), "key": "k"}, headers=HTMX)
    assert re.findall(r'<p class="bubble__text"[^>]*>(\w+)<', answer.text) == ["Second", "Third"]
    assert key_in(answer.text) != "k"


def test_a_conversation_that_is_over_can_be_read(session: Session, cast: Cast, browsers: Browsers) -> None:
    begun = begin(session, cast.ana, cast.bo)
    ana = browsers.of(cast.ana)
    session.get_one(Account, cast.bo.account_id).is_active = False
    session.flush()
    page = ana.get(f"/messages/{begun.conversation_id}").text
    assert "write no more" in page
    assert "<textarea" not in page


def test_too_many_in_a_minute_are_refused(
    session: Session, cast: Cast, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.web.writing.MESSAGE_WRITTEN", replace(MESSAGE_WRITTEN, amount=2))
    begun, ana = begin(session, cast.bo, cast.ana), browsers.of(cast.ana)
    for number, status in enumerate((303, 303, 429)):
        answer = ana.post(f"/messages/{begun.conversation_id}", data={"content": "Again", "key": str(number)})
        assert answer.status_code == status
    assert session.scalar(select(func.count()).select_from(ConversationMessage)) == 3


def test_whom_to_write_to_is_found_by_name_and_the_name_stays_out_of_addresses(
    cast: Cast, browsers: Browsers
) -> None:
    fay = browsers.of(cast.fay)
    found = fay.post("/messages/people", data={"search": "ana s"})
    assert f"/messages/new?to={cast.ana.account_id}" in found.text
    assert "Bo Larsen" not in found.text
    assert "Nobody found" in fay.post("/messages/people", data={"search": "%"}).text
    assert fay.post("/messages/people", data={"search": "x" * 300}).status_code == 422


def test_a_long_conversation_costs_no_more_than_a_short_one(
    session: Session, cast: Cast, browsers: Browsers
) -> None:
    begun, bo = begin(session, cast.ana, cast.bo, "number 0"), browsers.of(cast.bo)
    address = f"/messages/{begun.conversation_id}"
    bo.get(address)
    with counted() as short:
        bo.get(address)
    for number in range(1, 35):
        begin(session, cast.ana, cast.bo, f"number {number}")
    session.flush()
    page = bo.get(address).text
    assert page.count('class="bubble"') == 30
    older = re.search(rf'href="({address}\?before=\d+)"', page)
    assert older
    assert bo.get(older[1]).text.count('class="bubble"') == 5
    with counted() as long:
        bo.get(address)
    assert len(long) == len(short)
