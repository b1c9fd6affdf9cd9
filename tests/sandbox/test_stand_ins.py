"""The stand-ins are as strict as the providers, remember what they were given, and fail on demand."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests

from portal.sandbox.behaviour import Behaviour
from portal.sandbox.book import Book, Given
from portal.sandbox.documented import BadRequest, check_gallabox, check_gateway, check_twilio
from portal.settings import PROJECT_ROOT
from tests.stand_ins import free_port

GALLABOX: dict[str, Any] = {
    "channelId": "c1",
    "channelType": "whatsapp",
    "recipient": {"name": "Ana", "phone": "447700900123"},
    "whatsapp": {
        "type": "template",
        "template": {"templateName": "appointment_confirmed", "bodyValues": {"day": "Monday"}},
    },
}
TEXT = {"to": "+447700900123", "from": "Riverside", "text": "Hello"}


def changed(body: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    copy = deepcopy(body)
    *way, last = path.split(".")
    place = copy
    for step in way:
        place = place[step]
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("channelId", "another"),
        ("channelType", "sms"),
        ("recipient.phone", "+447700900123"),
        ("recipient.phone", "07700900123"),
        ("recipient.phone", "15005550001"),
        ("recipient.surprise", "x"),
        ("whatsapp.type", "text"),
        ("whatsapp.template.templateName", "Appointment Confirmed"),
        ("whatsapp.template.bodyValues", ["Monday"]),
        ("whatsapp.template.bodyValues.day", "Mon\nday"),
        ("whatsapp.template.bodyValues.day", "Mon    day"),
        ("whatsapp.template.bodyValues.day", ""),
        ("whatsapp.template.bodyValues.day", 7),
    ],
)
def test_gallabox_takes_the_documented_body_and_no_other(path: str, value: object) -> None:
    assert check_gallabox(GALLABOX, channel_id="c1") == "+447700900123"
    with pytest.raises(BadRequest):
        check_gallabox(changed(GALLABOX, path, value), channel_id="c1")


@pytest.mark.parametrize(("path", "value"), [("to", "447700900123"), ("text", ""), ("text", 7), ("cc", "x")])
def test_the_gateway_takes_the_documented_body_and_no_other(path: str, value: object) -> None:
    assert check_gateway(TEXT) == "+447700900123"
    with pytest.raises(BadRequest):
        check_gateway(changed(TEXT, path, value))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": "+15005550004"}, 21610),
        ({"To": "447700900123"}, 21211),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"MessagingServiceSid": "MG1"}, 21603),
        ({"Text": "x"}, 20001),
    ],
)
def test_twilio_refuses_with_its_own_numbers(changes: dict[str, str], code: int) -> None:
    form = {"To": "+447700900123", "From": "+15005550006", "Body": "Hello"}
    assert check_twilio(form) == "+447700900123"
    with pytest.raises(BadRequest) as refusal:
        check_twilio(form | changes)
    assert refusal.value.code == code


def test_the_same_seed_misbehaves_in_the_same_way() -> None:
    def moods(seed: int) -> list[str]:
        behaviour = Behaviour()
        behaviour.change({"of": "sms", "error": 0.3, "drop": 0.3, "seed": seed})
        return [behaviour.mood("sms").name for _ in range(40)]

    assert moods(7) == moods(7) != moods(8)
    assert set(moods(7)) == {"ERROR", "DROP", "WELL"}


@pytest.mark.parametrize("said", [{"of": "pigeons"}, {"error": 2}, {"error": 0.6, "drop": 0.6}, {"haste": 1}])
def test_manners_that_make_no_sense_are_not_learnt(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|from 0 to 1"):
        Behaviour().change(said)


def answer_of(program: int) -> Callable[[], dict[str, Any]]:
    return lambda: {"id": program}


def test_two_programs_with_one_book_keep_one_key_once(tmp_path: Path) -> None:
    books = [Book(tmp_path / "book.sqlite3") for _ in range(2)]
    given = Given("sms", "+447700900123", TEXT, key="k1")
    answers = [book.write_once(given, answer_of(who)) for who, book in enumerate(books)]

    assert answers == [{"id": 0}, {"id": 0}]
    assert books[1].counts() == {"k1": 1}
    assert books[1].asked() == {"k1": 2}
    for book in books:
        book.close()


class Program:
    """`python -m portal.sandbox` on ports of its own."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "PORTAL_ENV": "test",
            "PORTAL_INSTANCE": str(directory),
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_SMTP_PORT": str(free_port()),
            "SMS_API_KEY": "k",
        }
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal.sandbox"], cwd=PROJECT_ROOT, env=self._environment
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.address}/health", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the stand-ins did not come up")

    def send(self, key: str) -> requests.Response:
        headers = {"Authorization": "Bearer k", "Idempotency-Key": key}
        return requests.post(f"{self.address}/sms", json=TEXT, headers=headers, timeout=5)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.process.kill()
    program.process.wait()


def test_a_killed_program_remembers_its_messages_and_keys(program: Program) -> None:
    first = program.send("k1")
    program.process.send_signal(signal.SIGKILL)
    program.process.wait()
    program.start()

    again = program.send("k1")

    assert (first.status_code, again.json()) == (201, first.json())
    book = requests.get(f"{program.address}/book.json", params={"key": "k1"}, timeout=5).json()
    assert [one["content"] for one in book["messages"]] == [TEXT]
    assert (book["counts"], book["asked"]) == ({"k1": 1}, {"k1": 2})

    told = {"of": "sms", "busy": 1, "retry_after": 9}
    assert requests.post(f"{program.address}/behaviour", json=told, timeout=5).json()["sms"]["busy"] == 1
    assert program.send("k2").headers["Retry-After"] == "9"
    assert requests.post(f"{program.address}/behaviour", json={"of": "x"}, timeout=5).status_code == 400
    program.process.terminate()
    assert program.process.wait(timeout=10) == 0


def test_it_does_not_run_in_production() -> None:
    environment = os.environ | {
        "PORTAL_ENV": "production",
        "SECRET_KEY": "s" * 32,
        "DATABASE_URL": "postgresql://x@localhost/x",
        "PUBLIC_URL": "https://portal.example.org",
    }
    program = subprocess.run(
        [sys.executable, "-m", "portal.sandbox"],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert program.returncode == 1
    assert "not for production" in program.stderr
