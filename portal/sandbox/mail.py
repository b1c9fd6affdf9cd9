"""A mail server that delivers nothing and writes everything down."""

import asyncio
import email
import logging
import re
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from portal.sandbox.behaviour import Behaviour, Mood
from portal.sandbox.book import Book, Given
from portal.settings import Settings

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own past
NOBODY = re.compile(r"(nobody|unknown)[^@]*@", re.IGNORECASE)  # mailboxes that do not exist


class Sink:
    """aiosmtpd's handler: its methods are called by their names."""

    def __init__(self, book: Book, behaviour: Behaviour, *, asks_for_password: bool) -> None:
        self._book, self._behaviour = book, behaviour
        self._asks_for_password = asks_for_password

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._asks_for_password and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if NOBODY.match(address):
            return f"550 5.1.1 <{address}>: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mood, manners = self._behaviour.mood("smtp"), self._behaviour.of("smtp")
        if mood is Mood.ERROR:
            return "451 4.3.0 Internal error"
        if mood is Mood.BUSY:
            return "450 4.7.1 Too many messages"
        self._book.write(read(envelope))
        if mood is Mood.HANG:
            await asyncio.sleep(manners.hang_seconds)
        if mood is Mood.DROP and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 Queued"


def read(envelope: Envelope) -> Given:
    """A mail for the book. Its key is what stands before the @ of its Message-ID."""
    raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
    mail = email.message_from_bytes(raw, _class=EmailMessage, policy=POLICY)
    return Given(
        "smtp",
        ", ".join(envelope.rcpt_tos),
        {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "headers": [[name, _decoded(value)] for name, value in mail.raw_items()],
            "parts": [_part(part) for part in mail.walk() if not part.is_multipart()],
            "raw": raw.decode("utf-8", "replace"),
        },
        key=str(mail["Message-ID"] or "").strip("<>").partition("@")[0],
    )


def _decoded(value: object) -> str:
    try:
        return str(make_header(decode_header(str(value))))
    except (ValueError, LookupError):
        return str(value)


def _part(part: MIMEPart) -> dict[str, Any]:
    content = part.get_content()
    return {
        "type": part.get_content_type(),
        "parameters": dict(part["Content-Type"].params) if part["Content-Type"] else {},
        "disposition": part.get_content_disposition(),
        "filename": part.get_filename(),
        "text": content if isinstance(content, str) else content.decode("utf-8", "replace"),
    }


def mail_server(settings: Settings, book: Book, behaviour: Behaviour, *, port: int) -> Controller:
    """Not started yet. Asks for the user and password of the settings, where they hold some."""

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, shown: object
    ) -> AuthResult:
        expected = LoginPassword(settings.smtp_user.encode(), settings.smtp_password.encode())
        return AuthResult(success=shown == expected, handled=False)

    return Controller(
        Sink(book, behaviour, asks_for_password=bool(settings.smtp_user)),
        hostname="127.0.0.1",
        port=port,
        authenticator=authenticate,
        auth_require_tls=False,
    )
