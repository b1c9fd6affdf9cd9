"""Links by which a patient pays: made and sent, and what became of one."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.appointments import seen
from portal.api.v1.booking_for import folded
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, minor_units
from portal.api.v1.representations.payment_links import (
    LinkShape,
    LinkStatus,
    NewLink,
    link_shape,
    link_status,
)
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import optional_email, parse_phone
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.links import said_of_link
from portal.delivery.tills import count_payment_write, practice
from portal.notifications.preferences import ways_of
from portal.payments import linking, queries, settling
from portal.payments.refusals import in_our_words

bp = Blueprint("api_payment_links", __name__, url_prefix="/payment-links")


@bp.post("")
@endpoint("PAY-07", Answer[LinkShape], Permission.PAYMENT_LINK_SEND, status=201, is_write=True)
def create(json: NewLink) -> Answer[LinkShape]:
    """Make a payment link for an appointment and send it to its patient, by phone and by mail.

    One link is live at a time: a new one takes the place of the last. The message says by which ways it goes.
    """
    count_payment_write()
    appointment, _actor = seen(json.appointment_id)
    live = linking.live_link(db.session, appointment.id)
    link = linking.make_link(
        db.session,
        practice(),
        appointment,
        by=g.actor,
        at=clock.now(),
        instead_of=live.id if live else None,
        amount_minor=_shown(json, appointment),
    )
    message = " ".join([said_of_link(link), *_differing(json, appointment)])
    return Answer[LinkShape](data=link_shape(link, practice().public_url), message=message)


@bp.get("/<int:payment_id>")
@endpoint("PAY-08", Answer[LinkStatus], Permission.PAYMENT_LINK_SEND, also=(502,))
def show(payment_id: int) -> LinkStatus:
    """Ask what became of a link. The provider is asked as well, and what was paid is settled."""
    link = queries.get_visible(db.session, g.actor, payment_id)
    if not link.is_link:
        raise NotFound
    if link.paid_at is None and link.provider_payment_id is not None:
        with in_our_words():
            settling.ask(db.session, practice(), link.id, at=clock.now())
    return link_status(link, clock.now())


def _shown(json: NewLink, appointment: Appointment) -> int | None:
    """The amount that was told, in minor units."""
    try:
        return None if json.amount is None else minor_units(json.amount, appointment.currency)
    except ValueError:
        raise Invalid(details={"amount": _("This is no amount of money.")}) from None


def _differing(json: NewLink, appointment: Appointment) -> list[str]:
    """What is known of the patient otherwise than it was given: it stays so, and the link goes there."""
    patient = appointment.patient
    if patient is None:
        return []
    phone = (
        parse_phone(json.customer_phone, region=settings().default_region, field="customer_phone")
        if json.customer_phone
        else None
    )
    email = optional_email(json.customer_email, field="customer_email")
    told = []
    if json.customer_name and folded(json.customer_name) != folded(patient.full_name):
        told.append(gettext("We know this patient as %(name)s.", name=patient.full_name))
    if phone not in (None, patient.phone):
        told.append(gettext("We know another phone number of this patient, or none."))
    if email is not None and email.lower() != (ways_of(db.session, patient).email or "").lower():
        told.append(gettext("We know another email address of this patient, or none."))
    return told
