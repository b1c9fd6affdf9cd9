"""A payout with its statement, as the clinician and those who run the practice see it."""

from flask import Response, g, url_for

from portal.bootstrap import db
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.papers import paper_of_statement
from portal.payments import statements
from portal.web.earnings import lines_file
from portal.web.papers import pdf_file
from portal.web.rendering import page
from portal.web.staff import bp


@bp.get("/staff/payouts/<int:payout_id>")
@requires(Permission.EARNINGS_OWN, Permission.EARNINGS_VIEW)
def payout(payout_id: int) -> Response:
    shown = statements.get_visible(db.session, g.actor, payout_id)
    is_own = shown.clinician_id == g.actor.clinician_id
    return page(
        "payouts/show.html",
        payout=shown,
        paper=paper_of_statement(shown),
        back=url_for("clinician.payouts" if is_own else "admin.payout_history"),
    )


@bp.get("/staff/payouts/<int:payout_id>/statement.pdf")
@requires(Permission.EARNINGS_OWN, Permission.EARNINGS_VIEW)
def payout_pdf(payout_id: int) -> Response:
    return pdf_file(paper_of_statement(statements.get_visible(db.session, g.actor, payout_id)))


@bp.get("/staff/payouts/<int:payout_id>/statement.csv")
@requires(Permission.EARNINGS_OWN, Permission.EARNINGS_VIEW)
def payout_lines(payout_id: int) -> Response:
    shown = statements.get_visible(db.session, g.actor, payout_id)
    lines = statements.statement_of(db.session, shown).lines
    return lines_file(f"statement-{shown.statement_number}", lines, shown.currency)
