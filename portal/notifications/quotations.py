"""What people are told of quotations: the client by mail, with the link; the clinician what the client has answered."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.notifications import policy
from portal.notifications.history import WITHOUT_WORDS
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery
from portal.notifications.news import DEFAULT_LANGUAGE, mail_to
from portal.notifications.wording import IN_APP, in_app, words
from portal.notifications.wording.quotations import quotation_values
from portal.payments.events import QuotationDecided, QuotationSent
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.people.models import Patient


def post_quotation(session: Session, event: QuotationSent) -> None:
    """Subscriber: mail it at once, in the client's language where that is known."""
    quotation = session.get_one(Quotation, event.quotation_id)
    patient = session.get_one(Patient, quotation.patient_id) if quotation.patient_id else None
    language = (patient.language if patient else None) or DEFAULT_LANGUAGE
    link = f"{policy.current().public_url}/quotations/{event.token}"
    values = quotation_values(quotation, language=language, link=link)
    row = _mail(
        session, Kind.QUOTATION, values, to=quotation.client_email or "", language=language, at=event.at
    )
    row.useful_until = quotation.expires_at


def tell_answer(session: Session, event: QuotationDecided) -> None:
    """Subscriber: the clinician hears of it in-app, and by mail unless they want none."""
    quotation = session.get_one(Quotation, event.quotation_id)
    is_accepted = quotation.status == QuotationStatus.ACCEPTED
    kind = Kind.QUOTATION_ACCEPTED if is_accepted else Kind.QUOTATION_DECLINED
    link = f"{policy.current().public_url}/staff/quotations/{quotation.id}"
    values = quotation_values(quotation, language=DEFAULT_LANGUAGE, link=link)
    account = quotation.clinician.account
    for _channel, address in mail_to(account):
        row = _mail(session, kind, values, to=address, language=DEFAULT_LANGUAGE, at=event.at)
        row.account_id = account.id
    said = in_app(kind, DEFAULT_LANGUAGE, values)
    tell(session, account.id, IN_APP[kind], *said, action="view", related_id=quotation.id, at=event.at)


def mail_of(session: Session, quotation: Quotation) -> Delivery | None:
    """The mail with which a quotation went out, without its words; None for a draft."""
    sent = select(Delivery).where(
        Delivery.kind == Kind.QUOTATION,
        Delivery.recipient == quotation.client_email,
        Delivery.created_at == quotation.sent_at,
    )
    return session.scalars(sent.options(*WITHOUT_WORDS).order_by(Delivery.id).limit(1)).first()


def _mail(
    session: Session, kind: Kind, values: Mapping[str, str], *, to: str, language: str, at: datetime
) -> Delivery:
    said = words(session, kind, Channel.EMAIL, language, values)
    row = Delivery(
        kind=kind,
        channel=Channel.EMAIL,
        recipient=to,
        subject=said.subject,
        text=said.text,
        language=language,
        is_urgent=True,
        due_at=at,
        created_at=at,
    )
    session.add(row)
    return row
