"""Clinicians, their services, colleagues, centres and messages as files: what the page of each list shows."""

from collections.abc import Iterator, Sequence

from flask import Response, g
from flask_babel import gettext
from sqlalchemy.orm import selectinload

from portal.accounts.models import Account
from portal.accounts.queries import staff_listed
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.centres.queries import visible_centres
from portal.core.contact import masked
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.exports import Row, each, list_file, named, rows_of
from portal.notifications import history
from portal.notifications.models import Delivery
from portal.people.listing import clinicians_listed, is_listed_to
from portal.people.models import Clinician
from portal.scheduling.listing import clinicians_of_services, services_listed
from portal.scheduling.models import Service
from portal.web.admin import bp
from portal.web.admin.centres import asked_centres
from portal.web.admin.clinicians import asked_clinicians
from portal.web.admin.deliveries import Asked
from portal.web.admin.saving import text
from portal.web.admin.staff import asked_staff
from portal.web.labels import role_label
from portal.web.message_labels import channel_label, kind_label, state_look, why


@bp.get("/clinicians.csv")
@requires(Permission.EXPORT_RUN)
def clinicians_file() -> Response:
    """The clinicians of the list."""
    asked = asked_clinicians()
    heads = (
        gettext("Number"), gettext("Name"), gettext("Email"), gettext("Phone number"), gettext("Centres"),
        gettext("Fields of work"), gettext("Active"), gettext("Takes bookings"),
    )  # fmt: skip
    wanted = clinicians_listed(is_listed_to(g.actor, **asked)).options(selectinload(Clinician.centres))
    rows = rows_of(wanted, each(_clinician))
    return list_file("clinicians", heads, rows, of=Permission.CLINICIAN_MANAGE, filters=named(asked))


@bp.get("/services.csv")
@requires(Permission.EXPORT_RUN)
def services_file() -> Response:
    """What the clinicians of the list offer."""
    asked = asked_clinicians()
    heads = (
        gettext("Clinician"), gettext("Service"), gettext("Minutes"), gettext("Pause before"), gettext("Pause after"),
        gettext("Currency"), gettext("Price"), gettext("In person"), gettext("Online"), gettext("Offered"),
    )  # fmt: skip
    rows = rows_of(services_listed(is_listed_to(g.actor, **asked)), _services)
    return list_file("services", heads, rows, of=Permission.CLINICIAN_MANAGE, filters=named(asked))


@bp.get("/staff.csv")
@requires(Permission.EXPORT_RUN)
def staff_file() -> Response:
    """The colleagues of the list."""
    asked = asked_staff()
    names = {centre.id: centre.name for centre in visible_centres(db.session, g.actor)}
    heads = (
        gettext("Name"), gettext("Role"), gettext("Centre"), gettext("Username"), gettext("Email"),
        gettext("Phone number"), gettext("Active"),
    )  # fmt: skip

    def cells(one: Account) -> Row:
        place = names.get(one.centre_id or 0)
        contact = (one.username, one.email, one.phone)
        return [one.full_name, role_label(one.role), place, *contact, _yes(one.is_active)]

    rows = rows_of(staff_listed(g.actor, **asked), each(cells))
    return list_file("staff", heads, rows, of=Permission.STAFF_VIEW, filters=named(asked))


@bp.get("/centres.csv")
@requires(Permission.EXPORT_RUN)
def centres_file() -> Response:
    """The centres of the list."""
    heads = (
        gettext("Number"), gettext("Name"), gettext("City"), gettext("Address"), gettext("Phone number"),
        gettext("Email"), gettext("Time zone"), gettext("Currency"), gettext("Takes bookings"),
    )  # fmt: skip
    rows = map(_centre, asked_centres(visible_centres(db.session, g.actor)))
    narrowed = [name for name in ("search", "city") if text(name)]
    return list_file("centres", heads, rows, of=Permission.CENTRE_VIEW_ALL, filters=narrowed)


@bp.get("/deliveries.csv")
@requires(Permission.EXPORT_RUN)
def deliveries_file() -> Response:
    """What was sent, without its words; whom it went to is masked, as on the page."""
    asked = Asked.of_address()
    heads = (
        gettext("Number"), gettext("About"), gettext("Way"), gettext("To"), gettext("Written (UTC)"),
        gettext("Sent (UTC)"), gettext("State"), gettext("Why"), gettext("Appointment"), gettext("Patient number"),
    )  # fmt: skip
    rows = rows_of(history.listed(g.actor, asked.filters), each(_delivery))
    return list_file("messages", heads, rows, of=Permission.DELIVERY_LIST, filters=named(asked.values))


def _clinician(one: Clinician) -> Row:
    places = "; ".join(centre.name for centre in one.centres if g.actor.may_at(centre.id))
    contact = (one.account.email, one.account.phone)
    fields, is_open = "; ".join(one.specialization), one.is_active and one.is_accepting
    return [one.id, one.full_name, *contact, places, fields, _yes(one.is_active), _yes(is_open)]


def _services(batch: Sequence[Service]) -> Iterator[Row]:
    whose = clinicians_of_services(db.session, batch)
    for one in batch:
        clinician = whose[one.clinician_id]
        pauses = (one.buffer_before_minutes, one.buffer_after_minutes)
        price = Money(one.price_minor, clinician.currency)
        ways = (_yes(one.is_in_person), _yes(one.is_online))
        length = (one.duration_minutes, *pauses)
        yield [
            clinician.full_name,
            one.title,
            *length,
            price.currency,
            price.amount,
            *ways,
            _yes(one.is_active),
        ]


def _centre(one: Centre) -> Row:
    contact = (one.address, one.phone, one.email)
    return [one.id, one.name, one.city, *contact, one.time_zone, one.currency, _yes(one.is_active)]


def _delivery(one: Delivery) -> Row:
    sent = one.sent_at.isoformat(timespec="seconds") if one.sent_at else None
    written, (state, *_look) = one.created_at.isoformat(timespec="seconds"), state_look(one)
    about = (kind_label(one.kind), channel_label(one.channel), masked(one.recipient))
    return [one.id, *about, written, sent, state, why(one), one.appointment_id, one.patient_id]


def _yes(is_so: object) -> str:
    return str(gettext("yes") if is_so else gettext("no"))
