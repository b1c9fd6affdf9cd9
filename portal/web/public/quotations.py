"""What a client does with a quotation: open the link, read it, accept or decline it, go on to choose a time.

The link's secret is kept in the session and never in the address of a page, and opening it changes nothing.
"""

from flask import Blueprint, Response, flash, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.delivery.access import public
from portal.payments import offering
from portal.payments.quotation_models import Quotation
from portal.web.papers import pdf_file
from portal.web.public.kept_quotations import keep, kept, times_of, token_of
from portal.web.quotation_papers import paper_of
from portal.web.rendering import page, redirect_to

bp = Blueprint("quotations", __name__, url_prefix="/quotations")


@bp.get("/<string(maxlength=100):token>")
@public
def open_link(token: str) -> Response:
    found = offering.with_token(db.session, token)
    keep(found, token)
    return redirect_to("quotations.show", quotation_id=found.id)


@bp.get("/<int:quotation_id>")
@public
def show(quotation_id: int) -> Response:
    """What is offered, and what to do about it now."""
    found = kept(quotation_id)
    return page(
        "quotations/show.html",
        quotation=found,
        standing=found.status_at(clock.now()),
        paper=paper_of(found),
        times=times_of(found),
    )


@bp.get("/<int:quotation_id>.pdf")
@public
def pdf(quotation_id: int) -> Response:
    return pdf_file(paper_of(kept(quotation_id)))


@bp.post("/<int:quotation_id>/acceptance")
@public
def accept(quotation_id: int) -> Response:
    """Say yes, and go on to choose a time."""
    accepted = _decide(quotation_id, is_accepted=True)
    flash(gettext("Thank you. You have accepted the quotation."), "success")
    return redirect_to("quotations.show", quotation_id=accepted.id)


@bp.route("/<int:quotation_id>/refusal", methods=["GET", "POST"])
@public
def decline(quotation_id: int) -> Response:
    """Say no, once it was said what that means."""
    if request.method == "GET":
        return page("quotations/refusal.html", quotation=kept(quotation_id))
    declined = _decide(quotation_id, is_accepted=False)
    return redirect_to("quotations.show", quotation_id=declined.id)


def _decide(quotation_id: int, *, is_accepted: bool) -> Quotation:
    token = token_of(quotation_id)
    return in_transaction(
        db.session, lambda: offering.decide(db.session, token, is_accepted=is_accepted, at=clock.now())
    )
