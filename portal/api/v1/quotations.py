"""Quotations: written, revised and sent by those who offer something, answered by whoever has the link."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, g
from flask_babel import gettext

from portal.accounts.errors import LinkInvalid
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done, Listed, Paged, paged
from portal.api.v1.representations.quotations import (
    Answered,
    Decision,
    NewQuotation,
    QuotationChanges,
    QuotationQuery,
    QuotationShape,
    discount_in,
    items_in,
    quotation_shape,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery.looks import note_look
from portal.delivery.periods import instants
from portal.payments import offering, quotation_queries, quoting
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.payments.quotation_queries import Filters
from portal.payments.quoting import Offer
from portal.people.models import Clinician
from portal.people.queries import get_manageable, get_visible_patient
from portal.scheduling.queries import services_of

bp = Blueprint("api_quotations", __name__, url_prefix="/quotations")
WRITE = (Permission.QUOTATION_OWN, Permission.QUOTATION_MANAGE)


@bp.get("")
@endpoint("QUO-01", Listed[QuotationShape], *WRITE)
def index(query: QuotationQuery) -> Paged[QuotationShape]:
    """List quotations, the newest first: clinicians their own. Of several versions the latest that was sent."""
    created_from, created_before = instants(query.start_date, query.end_date)
    filters = Filters(
        status=query.status,
        clinician_id=query.clinician_id,
        patient_id=query.patient_id,
        created_from=created_from,
        created_before=created_before,
        search=query.search,
    )
    now = clock.now()
    found = quotation_queries.search(db.session, g.actor, filters, at=now, page=query.page, limit=query.limit)
    return paged(found, lambda quotation: quotation_shape(quotation, now))


@bp.get("/<int:quotation_id>")
@endpoint("QUO-01", Answer[QuotationShape], *WRITE)
def show(quotation_id: int) -> QuotationShape:
    """Read a quotation. What staff read of a patient is audited."""
    shown = _visible(quotation_id)
    note_look("quotation", shown.id, shown.patient_id)
    return quotation_shape(shown, clock.now())


@bp.post("")
@endpoint("QUO-02", Answer[QuotationShape], *WRITE, status=201, is_write=True)
def create(json: NewQuotation) -> QuotationShape:
    """Write a quotation: a DRAFT, for a patient or for somebody with a name and an address."""
    clinician = _clinician(json.clinician_id)
    offer = _changed(Offer(service_id=_usual_service(clinician), items=()), json, clinician.currency)
    made = quoting.create(db.session, clinician, offer, by=g.actor, at=clock.now())
    return quotation_shape(made, clock.now())


@bp.patch("/<int:quotation_id>")
@endpoint("QUO-03", Answer[QuotationShape], *WRITE, is_write=True)
def update(quotation_id: int, json: QuotationChanges) -> Answer[QuotationShape]:
    """Change a draft. Of one that was sent a new version is written, with an id of its own; it stands until that is
    sent."""
    quotation, message = _visible(quotation_id), None
    if quotation.status != QuotationStatus.DRAFT:
        quotation = quoting.revise(db.session, quotation, by=g.actor, at=clock.now())
        message = gettext("This is a new version. The one before stands until it is sent.")
    offer = _changed(quoting.offer_of(db.session, quotation), json, quotation.currency)
    quoting.edit(db.session, quotation, offer, at=clock.now())
    return Answer[QuotationShape](data=quotation_shape(quotation, clock.now()), message=message)


@bp.delete("/<int:quotation_id>")
@endpoint("QUO-04", Done, *WRITE, is_write=True)
def delete(quotation_id: int) -> Done:
    """Take a quotation away; its link leads nowhere then. One that was accepted stays."""
    quoting.remove(db.session, _visible(quotation_id), at=clock.now())
    return Done(message=gettext("The quotation is deleted."))


@bp.post("/<int:quotation_id>/send")
@endpoint("QUO-05", Answer[QuotationShape], *WRITE, is_write=True)
def send(quotation_id: int) -> QuotationShape:
    """Send a draft by email, with a link to answer it. Sending it again changes nothing.

    The mail is on its way then; where it cannot be delivered, staff see that among the messages.
    """
    quotation = _visible(quotation_id)
    offering.send(db.session, quotation, at=clock.now())
    return quotation_shape(quotation, clock.now())


@bp.post("/<int:quotation_id>/decision")
@endpoint("QUO-05", Answer[QuotationShape], is_write=True)
def decide(quotation_id: int, json: Decision) -> QuotationShape:
    """Accept or decline: whoever has the link may, once."""
    if offering.with_token(db.session, json.token).id != quotation_id:
        raise LinkInvalid
    is_accepted = json.decision is Answered.ACCEPTED
    decided = offering.decide(db.session, json.token, is_accepted=is_accepted, at=clock.now())
    return quotation_shape(decided, clock.now())


def _visible(quotation_id: int) -> Quotation:
    return quotation_queries.get_visible(db.session, g.actor, quotation_id)


def _clinician(clinician_id: int | None) -> Clinician:
    """Whose quotation it is: one's own, unless one may write for others and says for whom."""
    wanted = clinician_id or g.actor.clinician_id
    if wanted is None:
        raise Invalid(details={"clinician_id": _("Say whose quotation it is.")})
    return get_manageable(db.session, g.actor, wanted)


def _usual_service(clinician: Clinician) -> int:
    """The first, as on their page; 0 where there is none, which is then refused."""
    return min((service.id for service in services_of(db.session, clinician.id)), default=0)


def _changed(offer: Offer, json: QuotationChanges, currency: str) -> Offer:
    """The offer with what was given in place of what it said."""
    given: dict[str, Any] = json.given()
    given.pop("clinician_id", None)
    items, discount, patient_id = (given.pop(name, None) for name in ("items", "discount", "patient_id"))
    if items is not None:
        given["items"] = items_in(currency, items)
    if discount is not None:
        given["discount_minor"] = discount_in(currency, discount)
    if patient_id is not None:
        given["patient"] = get_visible_patient(db.session, g.actor, patient_id)
        offer = replace(offer, client_name="", client_email=None)
    return replace(offer, **{name: value for name, value in given.items() if value is not None})
