"""Mail over SMTP, with a few connections kept open.

SMTP knows no idempotency keys: a mail whose receipt was lost is sent again by the next attempt, with the same
Message-ID, by which mail programs may know it.
"""

import smtplib
import ssl
import time
from typing import NoReturn

from portal.notifications.channels import Outgoing, Refused, Unavailable
from portal.notifications.channels.mail import Mail, compose
from portal.notifications.channels.needs import require
from portal.settings import Settings, SmtpSecurity

NEEDS = ("smtp_host", "mail_from")
KEPT = 4
PATIENCE = 3  # time-outs that a whole mail may take, so that its lease outlives it
DONE = range(200, 300)
PERMANENT = range(500, 600)
SIGN_IN_FIRST = {530, 534, 535, 538}  # the server wants keys, or other ones: the practice repairs that


class Smtp:
    """Fulfils Sender."""

    NEEDS = NEEDS

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[smtplib.SMTP] = []  # append and pop are atomic

    def close(self) -> None:
        """Let the connections go."""
        while self._idle:
            self._idle.pop().close()

    def send(self, message: Outgoing) -> str:
        """Hand it to the mail server and return its Message-ID. Never sent a second time by us."""
        require(self._settings, NEEDS)
        mail = compose(message, self._settings)
        until = time.monotonic() + PATIENCE * self._settings.provider_timeout_seconds
        server = self._server(until)
        try:
            _hand_over(server, mail, until)
        except Refused:
            self._keep(server)
            raise
        except BaseException:
            server.close()
            raise
        self._keep(server)
        return mail.message_id

    def _keep(self, server: smtplib.SMTP) -> None:
        if len(self._idle) < KEPT:
            self._idle.append(server)
        else:
            server.close()

    def _server(self, until: float) -> smtplib.SMTP:
        while self._idle:
            server = self._idle.pop()
            if _is_alive(server):
                return server
        try:
            return self._open(until)
        except (OSError, smtplib.SMTPException) as error:
            _give_up(error)

    def _open(self, until: float) -> smtplib.SMTP:
        settings = self._settings
        server = self._connect((settings.smtp_host, settings.smtp_port), settings.provider_timeout_seconds)
        try:
            _hurry(server, until)
            if settings.smtp_security is SmtpSecurity.STARTTLS:
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if settings.smtp_user:
                _hurry(server, until)
                server.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            server.close()
            raise
        return server

    def _connect(self, place: tuple[str, int], patience: float) -> smtplib.SMTP:
        if self._settings.smtp_security is SmtpSecurity.TLS:
            return smtplib.SMTP_SSL(*place, timeout=patience, context=ssl.create_default_context())
        return smtplib.SMTP(*place, timeout=patience)


def _is_alive(server: smtplib.SMTP) -> bool:
    """Asked before a mail is begun, for afterwards nobody knows whether it was taken."""
    try:
        if server.rset()[0] in DONE:
            return True
    except (OSError, smtplib.SMTPException):
        pass
    server.close()
    return False


def _hurry(server: smtplib.SMTP, until: float) -> None:
    """Each step waits no longer than the whole may still take; raises TimeoutError."""
    left = until - time.monotonic()
    if left <= 0 or server.sock is None:
        raise TimeoutError
    server.sock.settimeout(min(server.timeout, left))


def _hand_over(server: smtplib.SMTP, mail: Mail, until: float) -> None:
    options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.is_international else []
    if options and not server.has_extn("smtputf8"):
        raise Refused("The mail server cannot write to addresses with letters beyond ASCII.")
    try:
        _hurry(server, until)
        _judge(server.mail(mail.sender, options)[0], "the sender", is_about_message=False)
        _hurry(server, until)
        _judge(server.rcpt(mail.recipient)[0], "the recipient")
        _hurry(server, until)
        _judge(_data(server, mail.content), "the mail")
    except (OSError, smtplib.SMTPException) as error:
        _give_up(error)


def _data(server: smtplib.SMTP, content: bytes) -> int:
    try:
        return server.data(content)[0]
    except smtplib.SMTPDataError as error:  # it would not even begin, whatever it answered
        return max(error.smtp_code, 400)


def _judge(code: int, what: str, *, is_about_message: bool = True) -> None:
    """The server's words are not passed on: they repeat the address."""
    if code in DONE:
        return
    if code in PERMANENT and code not in SIGN_IN_FIRST and is_about_message:
        raise Refused(f"The mail server refused {what} ({code}).")
    raise Unavailable(f"The mail server did not take {what} ({code}).")


def _give_up(error: Exception) -> NoReturn:
    code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    raise Unavailable(f"The mail server could not be used ({type(error).__name__}{code}).") from None
