"""Quotations as those who write them see them: the list, each of them, and what can be done with it."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.looks import note_look
from portal.notifications.quotations import mail_of
from portal.payments import offering, quotation_queries, quoting
from portal.payments.quotation_models import Quotation, QuotationStatus
from portal.web.arguments import check_is_page
from portal.web.papers import pdf_file
from portal.web.quotation_labels import STATUSES
from portal.web.quotation_papers import paper_of
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.quotation_filters import Asked

WRITE = (Permission.QUOTATION_OWN, Permission.QUOTATION_MANAGE)


@bp.route("/staff/quotations", methods=["GET", "POST"])
@requires(*WRITE)
def quotations() -> Response:
    """One's own, or all, the newest first. What is searched for is posted, so that no name ends up in a log."""
    asked = Asked.of_request()
    found = quotation_queries.search(db.session, g.actor, asked.filters, at=clock.now(), page=asked.page)
    check_is_page(found)
    return page(
        "staff/quotations/index.html",
        fragment="staff/quotations/_list.html",
        found=found,
        asked=asked,
        statuses=[(str(status), words) for status, (words, _look) in STATUSES.items()],
        now=clock.now(),
    )


@bp.get("/staff/quotations/<int:quotation_id>")
@requires(*WRITE)
def quotation(quotation_id: int) -> Response:
    """What it says, how far it has come, and its other versions."""
    shown = visible(quotation_id)
    note_look("quotation", shown.id, shown.patient_id)
    return page(
        "staff/quotations/show.html",
        quotation=shown,
        standing=shown.status_at(clock.now()),
        paper=paper_of(shown),
        mail=mail_of(db.session, shown),
        versions=quotation_queries.other_versions(db.session, shown),
        now=clock.now(),
    )


@bp.get("/staff/quotations/<int:quotation_id>.pdf")
@requires(*WRITE)
def quotation_pdf(quotation_id: int) -> Response:
    return pdf_file(paper_of(visible(quotation_id)))


@bp.route("/staff/quotations/<int:quotation_id>/sending", methods=["GET", "POST"])
@requires(*WRITE)
def quotation_sending(quotation_id: int) -> Response:
    """Look once more at what goes to whom, then send it."""
    draft, refusal = visible(quotation_id), None
    if request.method == "POST":
        try:
            in_transaction(db.session, lambda: offering.send(db.session, draft, at=clock.now()))
        except Invalid as error:
            refusal = error
        else:
            flash(gettext("The quotation is on its way to %(email)s.", email=draft.client_email), "success")
    if draft.status != QuotationStatus.DRAFT:
        return redirect_to("staff.quotation", quotation_id=quotation_id)
    return page(
        "staff/quotations/sending.html", status=422 if refusal else 200, quotation=draft, refusal=refusal
    )


@bp.post("/staff/quotations/<int:quotation_id>/revision")
@requires(*WRITE)
def quotation_revision(quotation_id: int) -> Response:
    """Write the next version: a draft with the same words, to be changed and sent."""
    sent = visible(quotation_id)
    draft = in_transaction(db.session, lambda: quoting.revise(db.session, sent, by=g.actor, at=clock.now()))
    return redirect_to("staff.edit_quotation", quotation_id=draft.id)


@bp.route("/staff/quotations/<int:quotation_id>/deletion", methods=["GET", "POST"])
@requires(*WRITE)
def quotation_deletion(quotation_id: int) -> Response:
    """Take it away, once it was said what that means."""
    shown = visible(quotation_id)
    if request.method == "GET":
        return page("staff/quotations/deletion.html", quotation=shown)
    in_transaction(db.session, lambda: quoting.remove(db.session, shown, at=clock.now()))
    flash(gettext("The quotation is deleted."), "success")
    return redirect_to("staff.quotations")


def visible(quotation_id: int) -> Quotation:
    return quotation_queries.get_visible(db.session, g.actor, quotation_id)
