"""Clinicians who signed up by themselves: who waits, and the decision about each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Response, g, request
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.approvals import approvals_of, decide_approval, rejected_among, waiting_for_approval
from portal.people.models import Clinician, ClinicianApproval
from portal.people.queries import get_manageable
from portal.web.admin import bp
from portal.web.admin.saving import saved
from portal.web.forms import Form, LongTextField
from portal.web.rendering import changed, page


class DecisionForm(Form):
    reason = LongTextField(
        _("Reason"),
        longest=500,
        description=_("The clinician gets to read it. Needed for a no."),
        render_kw={"rows": 3},
    )


@dataclass(frozen=True)
class Candidate:
    """Somebody who is not approved. `can_be_approved` once the email address is confirmed."""

    clinician: Clinician
    was_rejected: bool

    @property
    def can_be_approved(self) -> bool:
        return not self.clinician.account.has_to_confirm_email

    @property
    def is_due(self) -> bool:
        """Does it wait for the practice, and for nothing else?"""
        return self.can_be_approved and not self.was_rejected


@bp.get("/approvals")
@requires(Permission.CLINICIAN_APPROVE)
def approvals() -> Response:
    """Who waits; those first about whom it can be decided, in order of coming."""
    found = sorted(
        _candidates(waiting_for_approval(db.session)), key=lambda one: (not one.is_due, one.was_rejected)
    )
    return page("admin/approvals/index.html", found=found)


@bp.route("/approvals/<int:clinician_id>", methods=["GET", "POST"])
@requires(Permission.CLINICIAN_APPROVE)
def approval(clinician_id: int) -> Response:
    """Decide, or decide again: a decision can be taken back."""
    clinician, form = get_manageable(db.session, g.actor, clinician_id), DecisionForm()
    if request.method == "POST" and form.validate() and saved(form, lambda: _decide(clinician, form)):
        message = _("%(name)s is approved.") if clinician.approved_at else _("%(name)s is not approved.")
        name = clinician.full_name
        return changed(then="admin.approvals", message=str(message) % {"name": name})
    decisions = approvals_of(db.session, clinician_id)
    return page(
        "admin/approvals/show.html",
        candidate=Candidate(clinician, _was_rejected(decisions)),
        clinician=clinician,
        centres=[centre for centre in clinician.centres if centre.deleted_at is None],
        decisions=decisions,
        form=form,
        status=422 if form.errors else 200,
    )


def count_due(clinicians: Iterable[Clinician]) -> int:
    """How many of them wait for the practice and for nothing else: one query where there may be any."""
    waiting = [clinician for clinician in clinicians if clinician.approved_at is None]
    return sum(one.is_due for one in _candidates(waiting))


def _candidates(clinicians: Sequence[Clinician]) -> list[Candidate]:
    """Those, none of them approved, with what was decided about them before."""
    ids = [clinician.id for clinician in clinicians]
    rejected = rejected_among(db.session, ids) if ids else set()
    return [Candidate(clinician, clinician.id in rejected) for clinician in clinicians]


def _decide(clinician: Clinician, form: DecisionForm) -> None:
    decide_approval(
        db.session,
        clinician,
        is_approved=request.form.get("decision") == "approve",
        reason=form.reason.data or "",
        by=g.actor,
        at=clock.now(),
    )


def _was_rejected(decisions: Sequence[ClinicianApproval]) -> bool:
    return bool(decisions) and not decisions[0].is_approved
