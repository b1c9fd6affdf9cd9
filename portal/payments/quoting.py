"""Writing quotations: drafts, new versions of what was sent, and taking them away."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.contact import optional_email
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Actor
from portal.payments import policy
from portal.payments.errors import QuotationAnswered, QuotationIsFixed
from portal.payments.quotation_models import Quotation, QuotationItem, QuotationStatus
from portal.payments.quotes import Item, add_up
from portal.people.models import Clinician, Patient
from portal.scheduling.models import Service

S = QuotationStatus
USUAL_DAYS, MOST_DAYS = 30, 366
LONGEST_NOTES = 4000


@dataclass(frozen=True)
class Offer:
    """What a quotation says. The client is a patient, or somebody with a name; what is booked later is the service."""

    service_id: int
    items: tuple[Item, ...]
    patient: Patient | None = None
    client_name: str = ""
    client_email: str | None = None
    discount_minor: int = 0
    valid_until: date | None = None
    notes: str = ""


def create(session: Session, clinician: Clinician, offer: Offer, *, by: Actor, at: datetime) -> Quotation:
    """A draft, in the clinician's currency, valid for thirty days unless it says until when.

    Raises Invalid with what is wrong by field.
    """
    quotation = Quotation(
        clinician_id=clinician.id,
        clinician=clinician,
        currency=clinician.currency,
        created_by_id=by.account_id,
        created_at=at,
    )
    _write(session, quotation, offer, at)
    session.add(quotation)
    session.flush()
    return quotation


def edit(session: Session, quotation: Quotation, offer: Offer, *, at: datetime) -> None:
    """Say something else in a draft. Raises QuotationIsFixed for anything that was sent, and Invalid."""
    draft = locked(session, quotation.id)
    if draft.status != S.DRAFT:
        raise QuotationIsFixed
    _write(session, draft, offer, at)
    session.flush()


def revise(session: Session, quotation: Quotation, *, by: Actor, at: datetime) -> Quotation:
    """A draft of the next version, the same whoever asks; the one that was sent stands until the draft is sent.

    Raises QuotationIsFixed for one that was accepted, or replaced already.
    """
    sent = locked(session, quotation.id)
    if sent.status not in {S.SENT, S.DECLINED} or sent.superseded_at is not None:
        raise QuotationIsFixed
    open_draft = select(Quotation).where(Quotation.revises_id == sent.id, Quotation.deleted_at.is_(None))
    found = session.scalar(open_draft)
    if found is not None:
        return found
    draft = _copy(sent, by, at)
    session.add(draft)
    session.flush()
    return draft


def remove(session: Session, quotation: Quotation, *, at: datetime) -> None:
    """It is there no more, and its link leads nowhere. Raises QuotationAnswered for one that was accepted."""
    found = locked(session, quotation.id)
    if found.status == S.ACCEPTED:
        raise QuotationAnswered
    found.deleted_at = found.updated_at = at


def locked(session: Session, quotation_id: int) -> Quotation:
    """Read afresh, for whoever changes it; raises NotFound for one that has been removed."""
    found = session.scalar(
        select(Quotation)
        .where(Quotation.id == quotation_id, Quotation.deleted_at.is_(None))
        .with_for_update(of=Quotation)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _write(session: Session, quotation: Quotation, offer: Offer, at: datetime) -> None:
    _address(quotation, offer)
    quotation.service_id = service_offered(session, quotation.clinician_id, offer.service_id).id
    _set_last_day(quotation, offer.valid_until, at)
    if len(offer.notes) > LONGEST_NOTES:
        raise Invalid(details={"notes": _("Use fewer characters.")})
    quotation.notes, quotation.updated_at = offer.notes.strip(), at
    sum_up(quotation, offer.items, offer.discount_minor)
    quotation.items = [QuotationItem(**asdict(item)) for item in offer.items]


def _address(quotation: Quotation, offer: Offer) -> None:
    """A patient's name and address are written down as they are now, unless the offer says others."""
    patient = offer.patient
    name = " ".join(offer.client_name.split()) or (patient.full_name if patient else "")
    if not name:
        raise Invalid(details={"client_name": _("Say for whom it is.")})
    known = patient.email if patient else None
    quotation.patient_id = patient.id if patient else None
    quotation.client_name = name
    quotation.client_email = optional_email(offer.client_email, field="client_email") or known


def service_offered(session: Session, clinician_id: int, service_id: int) -> Service:
    """Raises Invalid for a service that this clinician does not offer."""
    found = session.get(Service, service_id)
    if found is None or found.clinician_id != clinician_id or not found.is_active:
        raise Invalid(details={"service_id": _("Choose one of the clinician’s services.")})
    return found


def _set_last_day(quotation: Quotation, last: date | None, at: datetime) -> None:
    """The whole day counts, on the clinician's clock."""
    today = clock.local_day(at, quotation.clinician.zone)
    last = last or today + timedelta(days=USUAL_DAYS)
    if not today <= last <= today + timedelta(days=MOST_DAYS):
        raise Invalid(details={"valid_until": _("Choose a day from today on, at most a year ahead.")})
    quotation.valid_until_on = last
    quotation.expires_at = clock.midnight(last + timedelta(days=1), quotation.clinician.zone)


def sum_up(quotation: Quotation, items: Sequence[Item], discount_minor: int) -> None:
    """Its sums from its lines, at the taxes of today."""
    sums = add_up(items, discount_minor=discount_minor, taxes=policy.current().tax_rates)
    quotation.subtotal_minor, quotation.discount_minor = sums.subtotal_minor, sums.discount_minor
    quotation.total_minor = sums.total_minor
    quotation.tax_lines = [asdict(line) for line in sums.tax_lines]


def offer_of(session: Session, quotation: Quotation) -> Offer:
    """What it says now, to be changed in part."""
    return Offer(
        service_id=quotation.service_id,
        items=items_of(quotation),
        patient=session.get(Patient, quotation.patient_id) if quotation.patient_id else None,
        client_name=quotation.client_name,
        client_email=quotation.client_email,
        discount_minor=quotation.discount_minor,
        valid_until=quotation.valid_until_on,
        notes=quotation.notes,
    )


KEPT = (
    "clinician_id", "service_id", "patient_id", "client_name", "client_email", "subtotal_minor", "discount_minor",
    "total_minor", "tax_lines", "currency", "valid_until_on", "expires_at", "notes",
)  # fmt: skip


def _copy(sent: Quotation, by: Actor, at: datetime) -> Quotation:
    """The same once more, as a draft; a last day that has passed is set anew."""
    draft = Quotation(
        revises_id=sent.id,
        clinician=sent.clinician,
        created_by_id=by.account_id,
        created_at=at,
        updated_at=at,
        items=[QuotationItem(**asdict(item)) for item in items_of(sent)],
        **{name: getattr(sent, name) for name in KEPT},
    )
    if draft.expires_at <= at:
        _set_last_day(draft, None, at)
    return draft


def items_of(quotation: Quotation) -> tuple[Item, ...]:
    """The lines as values."""
    return tuple(Item(row.description, row.quantity, row.unit_minor) for row in quotation.items)
