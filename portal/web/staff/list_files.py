"""Patients and quotations as files. What is searched for is posted, as on the pages: no name stands in an address."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import Response, g, request
from flask_babel import gettext

from portal.appointments.looking_up import patients_with_visits
from portal.bootstrap import db
from portal.core import clock
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.exports import Row, each, list_file, named, rows_of
from portal.payments import quotation_queries
from portal.payments.quotation_models import Quotation
from portal.people.models import Patient
from portal.people.queries import patients_listed
from portal.waiting_list import queries as waiting_list
from portal.waiting_list.models import Entry
from portal.web.quotation_labels import quotation_status
from portal.web.staff import bp
from portal.web.staff.patient_forms import GENDERS
from portal.web.staff.patients import MOST_TYPED
from portal.web.staff.quotation_filters import Asked
from portal.web.waiting_list_forms import waiting_days


@bp.post("/patients.csv")
@requires(Permission.EXPORT_RUN)
def patients_file() -> Response:
    """The patients that the page lists; of a centre's manager those who have, or once had, a visit there."""
    typed = request.form.get("search", "").strip()[:MOST_TYPED]
    wanted = patients_listed(g.actor, search=typed)
    if g.actor.role.is_bound_to_centre:
        wanted = wanted.where(patients_with_visits(g.actor))
    heads = (
        gettext("Number"), gettext("Full name"), gettext("Phone number"), gettext("Email"), gettext("Date of birth"),
        gettext("Gender"), gettext("Heard of us"), gettext("Registered (UTC)"),
    )  # fmt: skip
    rows = rows_of(wanted, each(_patient))
    narrowed = ["search"] if typed else []
    return list_file("patients", heads, rows, of=Permission.PATIENT_VIEW, filters=narrowed)


@bp.post("/staff/quotations.csv")
@requires(Permission.EXPORT_RUN)
def quotations_file() -> Response:
    """The quotations that the page lists."""
    asked = Asked.of_request()
    heads = (
        gettext("Number"), gettext("Written (UTC)"), gettext("For"), gettext("Email"), gettext("Clinician"),
        gettext("Service"), gettext("Currency"), gettext("Total"), gettext("Valid until"), gettext("State"),
    )  # fmt: skip
    at = clock.now()
    rows = rows_of(
        quotation_queries.listed(g.actor, asked.filters, at), each(lambda one: _quotation(one, at))
    )
    narrowed = [name for name in named(asked.typed) if name != "page"]
    return list_file("quotations", heads, rows, of=Permission.QUOTATION_MANAGE, filters=narrowed)


@bp.get("/staff/waiting-list.csv")
@requires(Permission.EXPORT_RUN)
def waiting_list_file() -> Response:
    """Those who wait, in the order in which they are asked."""
    heads = (
        gettext("Patient"), gettext("Service"), gettext("Clinician"), gettext("Centre"), gettext("Earlier than (UTC)"),
        gettext("What would do"), gettext("Until"), gettext("Since (UTC)"), gettext("Offers"),
    )  # fmt: skip
    rows = rows_of(waiting_list.in_line(g.actor), _waiting)
    return list_file("waiting-list", heads, rows, of=Permission.WAITING_LIST_MANAGE)


def _patient(one: Patient) -> Row:
    contact = (one.phone, one.email, one.date_of_birth)
    gender = dict(GENDERS).get(one.gender or "")
    registered = one.created_at.isoformat(timespec="seconds")
    return [one.id, one.full_name, *contact, gender, one.lead_source, registered]


def _quotation(one: Quotation, at: datetime) -> Row:
    written = one.created_at.isoformat(timespec="seconds")
    whose = (one.client_name, one.client_email, one.clinician.full_name, one.service.title)
    total = Money(one.total_minor, one.currency)
    state, _look = quotation_status(one.status_at(at))
    return [one.reference, written, *whose, total.currency, total.amount, one.valid_until_on, state]


def _waiting(batch: Sequence[Entry]) -> Iterator[Row]:
    offers = waiting_list.offers_made(db.session, batch)
    for one in batch:
        who = gettext("any clinician") if one.any_clinician else one.clinician.full_name
        what = (one.patient.full_name, one.service.title, who, one.centre.name if one.centre else None)
        visit = one.appointment.starts_at.isoformat(timespec="seconds") if one.appointment else None
        since = one.created_at.isoformat(timespec="seconds")
        yield [*what, visit, waiting_days(one), one.last_on, since, offers.get(one.id, 0)]
