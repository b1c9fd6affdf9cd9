"""A message as mail: headers and parts, safe whatever people typed into their names."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr

from email_validator import EmailNotValidError, validate_email

from portal.core import clock
from portal.notifications import policy
from portal.notifications.channels import Attachment, Outgoing, Refused
from portal.notifications.channels.cleaning import lines, one_line
from portal.settings import Settings

LONGEST_SUBJECT = 200
LONGEST_TEXT = 200_000
WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]{1,2000}")
METHOD = re.compile(r"[A-Z]{1,20}")


class _Policy(EmailPolicy):
    """Headers that programs read stay on one line: Python would fold a long one into encoded words.

    And so does a sender in ASCII: folding a long quoted name would lose its quotes, and with them the address.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in {"message-id", "list-unsubscribe"} or (name.lower() == "from" and value.isascii()):
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


POLICY = _Policy(linesep=SMTP.linesep, cte_type="7bit")  # not every server takes eight


@dataclass(frozen=True)
class Mail:
    """What a mail server gets: the envelope, and the content with CRLF line ends."""

    message_id: str
    sender: str
    recipient: str
    content: bytes

    @property
    def is_international(self) -> bool:
        """Does it take a server that knows SMTPUTF8?"""
        return not (self.sender.isascii() and self.recipient.isascii())


def compose(message: Outgoing, settings: Settings) -> Mail:
    """The mail for that message; raises Refused when the recipient is no email address."""
    recipient = _address(message.recipient)
    name, sender = parseaddr(settings.mail_from)
    mail = EmailMessage(policy=POLICY.clone(utf8=not recipient.isascii()))
    mail["From"] = Address(_words(name or policy.current().practice_name, most=100), addr_spec=sender)
    local, _, domain = recipient.rpartition("@")
    mail["To"] = Address(username=local, domain=domain)
    mail["Subject"] = _words(message.subject, most=LONGEST_SUBJECT)
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id = f"<{message.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if settings.mail_reply_to:
        mail["Reply-To"] = Address(addr_spec=parseaddr(settings.mail_reply_to)[1])
    _let_unsubscribe(mail, message.unsubscribe_url)
    _fill(mail, message)
    return Mail(message_id, sender, recipient, mail.as_bytes())


def _words(text: str, *, most: int) -> str:
    """For a header: what looks encoded already would be decoded somewhere, line breaks and all."""
    return one_line(text, most=most).replace("=?", "= ?")


def _address(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise Refused("The recipient is not an email address.") from None
    return found.ascii_email or found.normalized


def _let_unsubscribe(mail: EmailMessage, url: str) -> None:
    """RFC 2369 and, for one click in the mail program, RFC 8058."""
    if WEB_ADDRESS.fullmatch(url):
        mail["List-Unsubscribe"] = f"<{url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _fill(mail: EmailMessage, message: Outgoing) -> None:
    text = f"{message.text}\n\n{message.footer}" if message.footer else message.text
    mail.set_content(lines(text, most=LONGEST_TEXT))
    if message.html:
        mail.add_alternative(lines(message.html, most=LONGEST_TEXT), subtype="html")
    for file in message.attachments:
        if METHOD.fullmatch(file.method):
            _offer_to_calendar(mail, file)
    for file in message.attachments:
        _attach(mail, file)


def _offer_to_calendar(mail: EmailMessage, file: Attachment) -> None:
    """An alternative of the text: mail programs show an invitation only then (RFC 6047)."""
    mail.add_alternative(
        file.content.decode("utf-8"), subtype="calendar", params={"method": file.method}, cte="base64"
    )


def _attach(mail: EmailMessage, file: Attachment) -> None:
    """For programs that know no invitations; not as text/calendar again, which some would handle twice."""
    main, _, sub = ("application/ics" if file.method else file.mime_type).partition("/")
    mail.add_attachment(file.content, maintype=main, subtype=sub, filename=_words(file.name, most=100))
