"""What every adapter does, whoever its provider is: one suite for all, against the stand-ins."""

import time

import pytest

from portal.notifications.channels import NotConfigured, Refused, Unavailable
from portal.settings import SmtpSecurity
from tests.notifications.channels.lines import Kind, Line, connect
from tests.stand_ins import TIMEOUT_SECONDS, StandIns, free_port


def test_what_is_said_reaches_the_recipient(line: Line) -> None:
    message = line.message()

    assert line.sender.send(message)

    (given,) = line.given()
    assert given["recipient"] == line.kind.recipient
    assert "Monday" in str(given["content"])
    assert given["key"] == ("" if line.kind.name == "twilio" else str(message.key))


def test_the_same_key_twice_is_one_message_where_the_provider_knows_keys(line: Line) -> None:
    message = line.message()

    first, second = line.sender.send(message), line.sender.send(message)

    assert len(line.given()) == (1 if line.kind.honours_keys else 2)
    assert (first == second) is (line.kind.name != "twilio")


def test_other_keys_are_other_messages(line: Line) -> None:
    assert line.sender.send(line.message()) != line.sender.send(line.message())
    assert len(line.given()) == 2


def test_a_recipient_who_cannot_be_reached_is_refused_and_not_named(line: Line) -> None:
    for recipient in line.kind.impossible:
        with pytest.raises(Refused) as refusal:
            line.sender.send(line.message(recipient=recipient))
        assert not isinstance(refusal.value, NotConfigured)
        assert recipient.strip("+") not in str(refusal.value)
    assert not line.given()
    assert line.sender.send(line.message()), "a refusal spoils nothing for the next"


def test_a_provider_that_fails_is_tried_again_later(line: Line) -> None:
    line.misbehave(error=1)

    with pytest.raises(Unavailable) as failure:
        line.sender.send(line.message())

    assert failure.value.retry_after is None
    assert not line.given()


def test_a_busy_provider_says_when_to_come_back(line: Line) -> None:
    line.misbehave(busy=1, retry_after=37)

    with pytest.raises(Unavailable) as failure:
        line.sender.send(line.message())

    assert failure.value.retry_after == (37 if line.kind.tells_when_to_retry else None)


def test_a_provider_that_hangs_keeps_nobody_longer_than_the_time_out(line: Line) -> None:
    line.misbehave(hang=1, hang_seconds=30)
    begun = time.monotonic()

    with pytest.raises(Unavailable):
        line.sender.send(line.message())

    assert TIMEOUT_SECONDS <= time.monotonic() - begun < TIMEOUT_SECONDS + 1


def test_an_answer_that_is_lost_is_asked_for_again_and_only_by_the_caller(line: Line) -> None:
    """The provider took the message and the connection broke: the next attempt finds out, we do not guess."""
    line.sender.send(line.message())  # a connection is open
    line.there.book.forget()
    message = line.message()
    line.misbehave(drop=1)
    with pytest.raises(Unavailable):
        line.sender.send(message)
    assert len(line.given()) == 1

    line.misbehave()
    line.sender.send(message)

    assert len(line.given()) == (1 if line.kind.honours_keys else 2)


def test_nobody_listening_is_a_provider_that_cannot_be_reached(kind: Kind, there: StandIns) -> None:
    port = free_port()
    place = f"http://127.0.0.1:{port}"
    gone = {"smtp_port": port, "whatsapp_base_url": place, "sms_base_url": place}

    with connect(kind, there, **gone) as line, pytest.raises(Unavailable):
        line.sender.send(line.message())


def test_a_server_without_tls_never_gets_a_message(kind: Kind, there: StandIns) -> None:
    """Mail by STARTTLS to a server that has none, and https to a port that speaks http."""
    secure = there.address.replace("http:", "https:")
    changes = {"smtp_security": SmtpSecurity.STARTTLS, "whatsapp_base_url": secure, "sms_base_url": secure}

    with connect(kind, there, **changes) as line:
        with pytest.raises(Unavailable):
            line.sender.send(line.message())
        assert not line.given()


def test_without_keys_it_is_not_configured_and_says_what_is_missing(kind: Kind, there: StandIns) -> None:
    for name in kind.adapter.NEEDS:
        with connect(kind, there, **{name: ""}) as line, pytest.raises(NotConfigured, match=name.upper()):
            line.sender.send(line.message())


def test_a_wrong_key_loses_nothing_for_staff_can_repair_it(kind: Kind, there: StandIns) -> None:
    with connect(kind, there, **{kind.key_setting: "not-the-key"}) as line:
        with pytest.raises(Unavailable):
            line.sender.send(line.message())
        assert not line.given()


@pytest.mark.parametrize("manners", [{"error": 1}, {"busy": 1}, {"drop": 1}, {}], ids=str)
def test_failures_tell_neither_the_recipient_nor_a_secret(
    kind: Kind, there: StandIns, manners: dict[str, float]
) -> None:
    """Not even further down the chain of errors, which a log would print."""
    recipient = kind.recipient if manners else kind.impossible[0]
    with connect(kind, there) as line:
        line.misbehave(**manners)
        with pytest.raises((Refused, Unavailable)) as failure:
            line.sender.send(line.message(recipient=recipient))

    error: BaseException | None = failure.value
    while error is not None:
        said = f"{error!s} {error!r}"
        assert recipient.strip("+") not in said
        assert "secret" not in said
        assert "AC0123456789" not in said
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
