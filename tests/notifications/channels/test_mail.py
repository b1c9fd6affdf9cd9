"""Mail as a mail program gets it: parsed from what the sink received."""

import email
import socketserver
import threading
import time
import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from smtplib import SMTP

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.core import clock
from portal.notifications.channels import Attachment, Refused, Unavailable
from portal.notifications.channels.smtp import Smtp
from tests.conftest import NOW
from tests.notifications.channels.lines import KINDS, Line, connect
from tests.stand_ins import StandIns

EXPECTED = [
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Reply-To"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"),
]
UNSUBSCRIBE = f"https://portal.example.org/unsubscribe/{'t0ken' * 40}"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Visit at Zoë’s\r\nEND:VCALENDAR\r\n"
INVITATION = Attachment("visit.ics", "text/calendar", CALENDAR.encode(), method="REQUEST")
NASTY = (
    "Ana\r\nBcc: everybody@example.net",
    "Ana\nBcc: everybody@example.net\n\n<script>alert(1)</script>",
    "=?utf-8?q?=0D=0ABcc:_everybody@example.net?=",
    "a\x00b\x0b\x0c\x1c\x85\u2028c",
    "\u202egro.elpmaxe@live\u2066 \u200f שלום",
    '<b>Ana</b> & "Co", (x) ; ana@example.net, bo@example.net',
    "\ud800 half a letter",
    "n" * 10_000,
    "é" * 10_000,
)


@pytest.fixture
def mail(there: StandIns) -> Iterator[Line]:
    with connect(KINDS[0], there) as line:
        yield line


def received(line: Line) -> EmailMessage:
    """The one mail that came, as a program reads it; its envelope was for the recipient alone."""
    (given,) = line.given()
    assert given["content"]["recipients"] == [line.kind.recipient]
    assert given["content"]["sender"] == "bookings@example.org"
    return email.message_from_string(given["content"]["raw"], _class=EmailMessage, policy=default)


def test_a_mail_has_the_headers_that_mail_programs_look_for(mail: Line) -> None:
    message = mail.message(unsubscribe_url=UNSUBSCRIBE, footer=f"Stop these mails: {UNSUBSCRIBE}")
    with clock.travel_to(NOW):
        mail.sender.send(message)

    got = received(mail)
    assert got.keys() == EXPECTED
    assert got["From"] == "Riverside <bookings@example.org>"
    assert got["Reply-To"] == "desk@example.org"
    assert got["Subject"] == "Your visit is confirmed"
    assert got["Message-ID"] == f"<{message.key}@example.org>"
    assert parsedate_to_datetime(got["Date"]) == NOW
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    text = next(got.iter_parts()).get_content()
    assert text.splitlines() == [message.text, "", f"Stop these mails: {UNSUBSCRIBE}"]


def test_an_invitation_is_shown_by_the_program_and_can_be_saved(mail: Line) -> None:
    plan = Attachment("Anfahrt für Sie.pdf", "application/pdf", b"%PDF\xff")
    mail.sender.send(mail.message(attachments=(INVITATION, plan)))

    shown, saved, other = received(mail).iter_parts()
    assert [part.get_content_type() for part in shown.iter_parts()] == [
        *("text/plain", "text/html", "text/calendar")
    ]
    *_, calendar = shown.iter_parts()
    assert dict(calendar["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert calendar.get_payload(decode=True) == saved.get_payload(decode=True) == CALENDAR.encode()
    assert (saved.get_content_disposition(), saved.get_filename()) == ("attachment", "visit.ics")
    assert (other.get_content(), other.get_filename()) == (b"%PDF\xff", "Anfahrt für Sie.pdf")


def test_an_address_to_unsubscribe_at_that_is_none_is_left_out(mail: Line) -> None:
    mail.sender.send(mail.message(unsubscribe_url="https://x.example/\r\nBcc: a@example.net"))

    assert "List-Unsubscribe" not in received(mail)


@settings(max_examples=25)
@given(st.text(max_size=60), st.sampled_from(NASTY))
@example("", "")
@example("Riverside Practice ", '<b>Ana</b> & "Co", (x) ; ana@example.net, bo@example.net')
def test_whatever_people_are_called_it_is_one_mail_to_one_recipient(
    there: StandIns, anything: str, nasty: str
) -> None:
    there.book.forget()
    name = anything + nasty
    with connect(KINDS[0], there, portal_name=name, mail_from="bookings@example.org") as mail:
        mail.sender.send(
            mail.message(
                subject=f"Visit of {name}",
                text=f"Dear {name}",
                html="",
                unsubscribe_url=UNSUBSCRIBE,
                attachments=(Attachment(f"{name}.ics", "text/calendar", name.encode("utf-8", "replace")),),
            )
        )
        got = received(mail)

    assert got.keys() == EXPECTED
    assert got["Subject"].lstrip().startswith("Visit of")  # Python folds before a very long word
    assert not set("\r\n\0\u202e\u2066") & set(f"{got['Subject']}{got['From']}")
    assert len(got["Subject"]) <= 200
    text, file = got.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content().startswith("Dear ")
    assert file.get_filename() is not None
    assert got["From"].addresses[0].addr_spec == "bookings@example.org"


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "Ana <a@example.org>",
        "a@b@c.org",
        "",
    ],
)
def test_a_recipient_is_one_address_and_nothing_else(mail: Line, recipient: str) -> None:
    with pytest.raises(Refused):
        mail.sender.send(mail.message(recipient=recipient))
    assert not mail.given()


def test_addresses_in_other_scripts_are_written_to(mail: Line) -> None:
    mail.sender.send(mail.message(recipient="josé@münchen.example.org"))

    (given_,) = mail.given()
    assert given_["recipient"] in {"josé@münchen.example.org", "josé@xn--mnchen-3ya.example.org"}


def test_a_connection_is_used_again_and_one_that_was_cut_is_replaced_without_a_second_mail(
    mail: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(mail.sender, Smtp)
    opened: list[Smtp] = []
    original = Smtp._open

    def counted(sender: Smtp, until: float) -> SMTP:
        opened.append(sender)
        return original(sender, until)

    monkeypatch.setattr(Smtp, "_open", counted)
    first, second, third = (mail.message(key=uuid.uuid4()) for _ in range(3))

    mail.sender.send(first)
    mail.sender.send(second)
    assert len(opened) == 1
    (idle,) = mail.sender._idle
    assert idle.sock is not None
    idle.sock.shutdown(2)
    mail.sender.send(third)

    assert len(opened) == 2
    assert [one["key"] for one in mail.given()] == [str(one.key) for one in (first, second, third)]


class Slow(socketserver.StreamRequestHandler):
    """A mail server that needs nearly a time-out for each answer."""

    def handle(self) -> None:
        self.wfile.write(b"220 patience\r\n")
        is_content = False
        while line := self.rfile.readline():
            if is_content and line != b".\r\n":
                continue
            is_content = line.startswith(b"data")
            time.sleep(0.15)
            self.wfile.write(b"354 go on\r\n" if is_content else b"250 yes\r\n")


def test_a_server_that_is_slow_at_every_step_is_left_before_the_lease_ends(there: StandIns) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        place = {"smtp_port": server.server_address[1], "smtp_user": "", "provider_timeout_seconds": 0.2}
        with connect(KINDS[0], there, **place) as mail, pytest.raises(Unavailable):
            mail.sender.send(mail.message())
        server.shutdown()
