"""Writing a quotation: choose whose it is, fill in the form, save it as a draft."""

from typing import Any

from flask import Response, flash, g, request, url_for
from flask_babel import gettext
from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.delivery.access import requires
from portal.payments import quoting
from portal.payments.errors import QuotationIsFixed
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.people.models import Clinician, Patient
from portal.people.queries import clinicians_of, get_manageable, get_visible_patient
from portal.scheduling.queries import services_of
from portal.web.arguments import whole_number
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.quotation_form import QuotationForm
from portal.web.staff.quotations import WRITE, visible


@bp.route("/staff/quotations/new", methods=["GET", "POST"])
@requires(*WRITE)
def new_quotation() -> Response:
    """?clinician_id= says whose it is, ?patient_id= for whom; who manages them all chooses a clinician first."""
    clinician_id = whole_number("clinician_id") or g.actor.clinician_id
    if clinician_id is None:
        return page(
            "staff/quotations/whose.html", clinicians=_clinicians(), patient_id=whole_number("patient_id")
        )
    clinician, patient = get_manageable(db.session, g.actor, clinician_id), _patient()
    form = _form(clinician, patient=patient)
    address = url_for(
        "staff.new_quotation", clinician_id=clinician.id, patient_id=patient.id if patient else None
    )

    def write() -> Quotation:
        offer = form.offer(patient)
        return quoting.create(db.session, clinician, offer, by=g.actor, at=clock.now())

    return _answer(form, write, clinician=clinician, patient=patient, quotation=None, address=address)


@bp.route("/staff/quotations/<int:quotation_id>/edit", methods=["GET", "POST"])
@requires(*WRITE)
def edit_quotation(quotation_id: int) -> Response:
    """Change a draft. Raises QuotationIsFixed for what was sent: that is revised."""
    draft = visible(quotation_id)
    if draft.status != QuotationStatus.DRAFT:
        raise QuotationIsFixed
    patient = db.session.get(Patient, draft.patient_id) if draft.patient_id else None
    form = _form(draft.clinician, quotation=draft, patient=patient)
    address = url_for("staff.edit_quotation", quotation_id=draft.id)

    def write() -> Quotation:
        quoting.edit(db.session, draft, form.offer(patient), at=clock.now())
        return draft

    return _answer(form, write, clinician=draft.clinician, patient=patient, quotation=draft, address=address)


def _answer(form: QuotationForm, write: Any, **context: Any) -> Response:
    """The form, with a line more or less where that was asked for; or, once it is saved, the quotation."""
    focus, status = None, 200
    if "add_row" in request.form:
        focus = form.add()
    elif "remove_row" in request.form:
        form.remove(request.form["remove_row"])
    elif request.method == "POST":
        saved, status = _saved(form, write), 422
        if saved is not None:
            flash(gettext("Saved as a draft. Nothing has been sent yet."), "success")
            return redirect_to("staff.quotation", quotation_id=saved.id)
    return page("staff/quotations/form.html", status=status, form=form, focus=focus, **context)


def _saved(form: QuotationForm, write: Any) -> Quotation | None:
    if not form.validate():
        return None
    try:
        quotation: Quotation = in_transaction(db.session, write)
    except Invalid as refusal:
        form.refuse_offer(refusal, gettext)
        return None
    return quotation


def _form(clinician: Clinician, **more: Any) -> QuotationForm:
    return QuotationForm.of(clinician.currency, services_of(db.session, clinician.id), **more)


def _patient() -> Patient | None:
    patient_id = whole_number("patient_id")
    return get_visible_patient(db.session, g.actor, patient_id) if patient_id else None


def _clinicians() -> list[Clinician]:
    """Those for whom one can be written, by name."""
    found = select(Clinician).join(Clinician.account).where(clinicians_of(g.actor, is_active=True))
    return list(db.session.scalars(found.order_by(func.lower(Account.full_name), Clinician.id)))
