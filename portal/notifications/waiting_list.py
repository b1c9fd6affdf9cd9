"""What those who wait are told: that a time is kept for them, until when, and where to answer."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.notifications import policy
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Channel, Delivery
from portal.notifications.news import readers_of, told_of
from portal.notifications.wording import IN_APP, in_app, language_for, words
from portal.notifications.wording.defaults import catalogue
from portal.notifications.wording.placeholders import filled
from portal.notifications.wording.visits import when, where
from portal.people.caring import cared_for_by
from portal.people.models import Patient
from portal.waiting_list.events import TimeOffered
from portal.waiting_list.links import offer_token
from portal.waiting_list.models import Offer


def send_offer(session: Session, event: TimeOffered) -> None:
    """Subscriber: at once, by all ways they have chosen. Quiet hours were minded before the time was offered.

    Whoever looks after the patient is told as well: often nobody else can be reached.
    """
    offer = session.get_one(Offer, event.offer_id)
    for reader, channel, recipient in told_of(session, offer.patient):
        if reader is not None:
            session.add(_row(session, offer, reader, (channel, recipient), event.at))
    for reader in readers_of(session, offer.patient):
        if reader.account_id is not None:
            language = language_for(reader.language)
            said = in_app(Kind.TIME_OFFERED, language, offer_values(offer, reader, language))
            kind, about = IN_APP[Kind.TIME_OFFERED], offer.id
            tell(session, reader.account_id, kind, *said, action="view", related_id=about, at=event.at)


def _row(session: Session, offer: Offer, reader: Patient, way: tuple[Channel, str], at: datetime) -> Delivery:
    (channel, recipient), language = way, language_for(reader.language)
    said = words(session, Kind.TIME_OFFERED, channel, language, offer_values(offer, reader, language))
    return Delivery(
        kind=Kind.TIME_OFFERED,
        channel=channel,
        recipient=recipient,
        subject=said.subject,
        text=said.text,
        language=language,
        patient_id=reader.id,
        is_urgent=True,
        due_at=at,
        useful_until=offer.expires_at,
        created_at=at,
    )


def values_of(session: Session, delivery: Delivery) -> dict[str, str]:
    """What the words of an offer were filled with: WhatsApp wants them apart."""
    reader = session.get(Patient, delivery.patient_id) if delivery.patient_id else None
    if reader is None:
        return {}
    theirs = {reader.id, *(care.patient_id for care in cared_for_by(session, reader.id))}
    found = select(Offer).where(Offer.patient_id.in_(theirs), Offer.offered_at == delivery.created_at)
    offer = session.scalars(found.order_by(Offer.id).limit(1)).first()
    return dict(offer_values(offer, reader, delivery.language)) if offer is not None else {}


def offer_values(offer: Offer, reader: Patient, language: str) -> Mapping[str, str]:
    """The values of an offer's placeholders, as `reader` reads them; no word of why somebody comes."""
    hold, rules, clinician = offer.hold, policy.current(), offer.hold.clinician.full_name
    if reader.id != offer.patient_id:
        named = {"clinician": clinician, "name": offer.patient.full_name}
        clinician = filled(catalogue(language).parts["for"], named)
    return {
        "patient": reader.full_name,
        "clinician": clinician,
        "when": when(hold.starts_at, hold.zone, language),
        "where": where(hold, language),
        "until": when(offer.expires_at, clock.zone(reader.time_zone or hold.time_zone), language),
        "link": f"{rules.public_url}/waiting-list/offers/{offer_token(rules.secret, offer)}",
        "practice": rules.practice_name,
    }
