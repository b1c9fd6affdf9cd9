"""What those who wait are told: that a time is kept for them, until when, and where to answer."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.notifications import policy
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.notifications.news import ways_to
from portal.notifications.wording import IN_APP, in_app, language_for, words
from portal.notifications.wording.visits import when, where
from portal.waiting_list.events import TimeOffered
from portal.waiting_list.links import offer_token
from portal.waiting_list.models import Offer


def send_offer(session: Session, event: TimeOffered) -> None:
    """Subscriber: at once, by all ways they have chosen. Quiet hours were minded before the time was offered."""
    offer = session.get_one(Offer, event.offer_id)
    patient, kind = offer.patient, Kind.TIME_OFFERED
    language = language_for(patient.language)
    values = offer_values(offer, language)
    for channel, recipient in ways_to(session, patient):
        said = words(session, kind, channel, language, values)
        session.add(
            Delivery(
                kind=kind,
                channel=channel,
                recipient=recipient,
                subject=said.subject,
                text=said.text,
                language=language,
                patient_id=patient.id,
                is_urgent=True,
                due_at=event.at,
                useful_until=offer.expires_at,
                created_at=event.at,
            )
        )
    if patient.account_id is not None:
        said_in_app = in_app(kind, language, values)
        tell(
            session,
            patient.account_id,
            IN_APP[kind],
            *said_in_app,
            action="view",
            related_id=offer.id,
            at=event.at,
        )


def values_of(session: Session, delivery: Delivery) -> dict[str, str]:
    """What the words of an offer were filled with: WhatsApp wants them apart."""
    found = select(Offer).where(
        Offer.patient_id == delivery.patient_id, Offer.offered_at == delivery.created_at
    )
    offer = session.scalars(found.order_by(Offer.id).limit(1)).first()
    return dict(offer_values(offer, delivery.language)) if offer is not None else {}


def offer_values(offer: Offer, language: str) -> Mapping[str, str]:
    """The values of an offer's placeholders; no word of why somebody comes."""
    hold, rules = offer.hold, policy.current()
    return {
        "patient": offer.patient.full_name,
        "clinician": hold.clinician.full_name,
        "when": when(hold.starts_at, hold.zone, language),
        "where": where(hold, language),
        "until": when(offer.expires_at, clock.zone(offer.patient.time_zone or hold.time_zone), language),
        "link": f"{rules.public_url}/waiting-list/offers/{offer_token(rules.secret, offer)}",
        "practice": rules.practice_name,
    }
