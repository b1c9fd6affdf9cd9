"""The signed link in the message of an offer: whoever holds it answers that offer, or leaves the list, no more."""

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.people.models import Patient
from portal.waiting_list.models import Offer
from portal.waiting_list.queries import OFFER_WHOLE


def offer_token(secret: str, offer: Offer) -> str:
    """What stands in the address of the link: the same each time."""
    return str(_serializer(secret).dumps(offer.id))


def offer_of_token(session: Session, secret: str, token: str) -> Offer:
    """The offer, whatever became of it; raises NotFound for what we did not sign, and once its patient is removed."""
    try:
        offer_id = _serializer(secret).loads(token)
    except BadData:
        raise NotFound from None
    wanted = select(Offer).join(Patient, Patient.id == Offer.patient_id).options(*OFFER_WHOLE)
    found = session.scalar(wanted.where(Offer.id == offer_id, Patient.deleted_at.is_(None)))
    if found is None:
        raise NotFound
    return found


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="waiting-list-offer")
