"""Reading the mail that somebody got."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.models import Delivery


def mails_to(session: Session, email: str) -> list[Delivery]:
    """The newest first."""
    found = select(Delivery).where(Delivery.recipient == email, Delivery.channel == "EMAIL")
    return list(session.scalars(found.order_by(Delivery.id.desc())))


def link_in_mail(session: Session, email: str, page: str) -> str:
    """The path of the newest link to that page ("verify-email", "reset-password")."""
    texts = "\n".join(message.text for message in mails_to(session, email))
    found = re.search(rf"http://127\.0\.0\.1:8000(/{page}/[\w-]+)", texts)
    assert found is not None, texts
    return found[1]


def words_of(page: str, email: str) -> str:
    """A page without what differs each time: the address that was typed, and the tokens of its forms."""
    return re.sub(r"csrf_token[^>]*>|hx-headers='[^']*'", "", page.replace(email, ""))
