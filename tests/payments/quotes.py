"""Quotations for tests, made by the product's own commands.

draft = a_quotation(session, cast)             # Bo offers Ana an assessment for £80, less £10
offer = an_offer(session, cast, notes="Hi")    # what that says, to be created or edited with
token = sent(session, draft)                   # on its way; the secret of its link
token = accepted(session, draft)               # and Ana has said yes
"""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.payments import offering, quoting
from portal.payments.quotation_models import Quotation
from portal.payments.quotes import Item
from portal.payments.quoting import Offer
from portal.people.models import Clinician
from tests.cast import Cast
from tests.conftest import NOW
from tests.factories import service_of

TOTAL = 7000


def an_offer(session: Session, clinician: Clinician, **changes: Any) -> Offer:
    """An assessment for £80, less £10, for somebody whom the practice does not know yet."""
    facts: dict[str, Any] = {
        "service_id": service_of(session, clinician).id,
        "items": (Item("Assessment", 1, 8000),),
        "client_name": "Maya Okoro",
        "client_email": "maya@example.org",
        "discount_minor": 1000,
    }
    return Offer(**{**facts, **changes})


def a_quotation(
    session: Session, cast: Cast, clinician: Clinician | None = None, **changes: Any
) -> Quotation:
    """A draft of Bo's, or of another clinician's."""
    whose = clinician or cast.clinician
    return quoting.create(session, whose, an_offer(session, whose, **changes), by=cast.bo, at=NOW)


def sent(session: Session, draft: Quotation) -> str:
    """Send it; the secret of its link, as it stands in the mail."""
    offering.send(session, draft, at=NOW)
    session.flush()
    return token_in(session)


def accepted(session: Session, draft: Quotation) -> str:
    """Send it, and accept it; the secret of its link."""
    token = sent(session, draft)
    offering.decide(session, token, is_accepted=True, at=NOW)
    return token


def token_in(session: Session) -> str:
    """The secret in the last mail with a quotation."""
    mails = select(Delivery.text).where(Delivery.kind == Kind.QUOTATION).order_by(Delivery.id.desc())
    text = session.scalars(mails.limit(1)).one()
    found = re.search(r"/quotations/(\S+)", text)
    assert found, text
    return found[1]
