"""How people want to be told: over which channels, in which language, with reminders or without."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.core import clock
from portal.core.errors import Invalid, NotFound, _
from portal.core.events import publish
from portal.core.permissions import SYSTEM, Actor
from portal.notifications.models import Channel
from portal.notifications.wording.defaults import languages
from portal.people.events import PatientChanged
from portal.people.models import Patient

CHOICES = ("channels", "wants_reminders", "language", "time_zone")
"""The columns of a patient that say how they want to be told."""


class Stops(StrEnum):
    """What unsubscribing means for a patient: no more mail, or, where mail is the only way, no more reminders."""

    MAIL = "MAIL"
    REMINDERS = "REMINDERS"
    NOTHING = "NOTHING"


def possible_channels(patient: Patient, *, has_proven_email: bool) -> tuple[Channel, ...]:
    """The channels for which an address is known, in the order WhatsApp, SMS, email."""
    phone = (Channel.WHATSAPP, Channel.SMS) if patient.phone else ()
    return (*phone, Channel.EMAIL) if patient.email or has_proven_email else phone


def chosen_channels(
    patient: Patient,
    account_email_verified: bool,  # noqa: FBT001  the one fact that the patient's record does not hold
) -> tuple[Channel, ...]:
    """Over which channels the patient gets news, in the order WhatsApp, SMS, email.

    Who has not chosen gets WhatsApp, and email beside it once their account's address is proven; email without a
    phone. A choice that is not possible any more counts as none: the answer is empty only where no address is known.
    """
    possible = possible_channels(patient, has_proven_email=account_email_verified)
    chosen = tuple(channel for channel in possible if channel in (patient.channels or ()))
    if chosen or Channel.WHATSAPP not in possible:
        return chosen or possible
    return (Channel.WHATSAPP, Channel.EMAIL) if account_email_verified else (Channel.WHATSAPP,)


@dataclass(frozen=True)
class Ways:
    """Of one patient: which channels are possible, which are in use, and the address that mail goes to."""

    possible: tuple[Channel, ...]
    in_use: tuple[Channel, ...]
    email: str | None


def ways_of(session: Session, patient: Patient) -> Ways:
    """As things are today."""
    account = session.get(Account, patient.account_id) if patient.account_id else None
    proven = account.email if account is not None and account.email_verified_at is not None else None
    email = patient.email or proven
    is_proven = proven is not None and email == proven
    return Ways(
        possible_channels(patient, has_proven_email=is_proven), chosen_channels(patient, is_proven), email
    )


def choose(
    session: Session,
    patient: Patient,
    *,
    by: Actor,
    channels: Sequence[str] | None,
    wants_reminders: bool,
    language: str | None,
    time_zone: str | None,
    at: datetime,
) -> None:
    """Keep how the patient wants to be told; None leaves it to the practice. Sign-in codes come in any case.

    At least one channel that is possible must stay. Raises Invalid by field.
    """
    details = {
        "channels": _check_channels(ways_of(session, patient).possible, channels),
        "language": None if language in (None, *languages()) else _("Choose one of the languages."),
        "time_zone": _check_time_zone(time_zone),
    }
    wrong = {name: message for name, message in details.items() if message}
    if wrong:
        raise Invalid(details=wrong)
    before = {name: getattr(patient, name) for name in CHOICES}
    patient.channels = None if channels is None else [one for one in Channel if one in channels]
    patient.wants_reminders, patient.language, patient.time_zone = wants_reminders, language, time_zone
    changed = tuple(name for name in CHOICES if getattr(patient, name) != before[name])
    if changed:
        action = "patient.edit-own" if by.patient_id == patient.id else "patient.edit"
        publish(session, PatientChanged(patient.id, action, by, at, changed))


def choose_mail(session: Session, account_id: int, *, wants_mail: bool) -> None:
    """Whether somebody who works here gets news by mail; in-app they are told anyway."""
    session.get_one(Account, account_id).wants_mail = wants_mail


def unsubscribe_token(secret: str, patient_id: int) -> str:
    """What stands in the link of a mail: good for nothing but to stop mails, and for as long as the mail is kept."""
    return str(_serializer(secret).dumps(patient_id))


def patient_of_token(session: Session, secret: str, token: str) -> Patient:
    """Whose mails the link stops; raises NotFound for anything that we did not sign."""
    try:
        patient_id = _serializer(secret).loads(token)
    except BadData:
        raise NotFound from None
    patient = session.get(Patient, patient_id)
    if patient is None or patient.deleted_at is not None:
        raise NotFound
    return patient


def what_stops(session: Session, patient: Patient) -> Stops:
    """What unsubscribing would change now."""
    channels = ways_of(session, patient).in_use
    if Channel.EMAIL not in channels:
        return Stops.NOTHING
    if len(channels) > 1:
        return Stops.MAIL
    return Stops.REMINDERS if patient.wants_reminders else Stops.NOTHING


def unsubscribe(session: Session, patient: Patient, *, at: datetime) -> None:
    """No more mail while another way remains, else no more reminders. Doing it twice changes nothing more."""
    stops = what_stops(session, patient)
    if stops is Stops.MAIL:
        patient.channels = [
            channel for channel in ways_of(session, patient).in_use if channel is not Channel.EMAIL
        ]
        publish(session, PatientChanged(patient.id, "patient.unsubscribe", SYSTEM, at, ("channels",)))
    elif stops is Stops.REMINDERS:
        patient.wants_reminders = False
        publish(session, PatientChanged(patient.id, "patient.unsubscribe", SYSTEM, at, ("wants_reminders",)))


def _check_channels(possible: Sequence[Channel], channels: Sequence[str] | None) -> str | None:
    if channels is None:
        return None
    if not channels:
        return _("Choose at least one way: news about changes must reach you.")
    if not set(channels) <= set(possible):
        return _("Give us the phone number or email address for it first.")
    return None


def _check_time_zone(name: str | None) -> str | None:
    try:
        if name is not None:
            clock.zone(name)
    except ValueError:
        return _("Choose one of the time zones.")
    return None


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="unsubscribe")
