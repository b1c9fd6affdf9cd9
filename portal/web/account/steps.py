"""What a clinician or patient who signed up has done, and what is left until they can begin."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.accounts.models import Account
from portal.bootstrap import db
from portal.core import clock
from portal.people.approvals import missing_of
from portal.people.models import Clinician
from portal.scheduling.readiness import Readiness, readiness

PARTS = {
    "bio": _("a text about you"),
    "specialization": _("fields of work"),
    "consultation_fee": _("a fee"),
}


@dataclass(frozen=True)
class Step:
    """One line of the list. Without `href` there is nothing to press, or not yet."""

    label: str
    is_done: bool
    note: str = ""
    action: str = ""
    href: str | None = None


def ready(clinician: Clinician) -> Readiness:
    """Whether the clinician has hours and services."""
    return readiness(db.session, Clinician.id == clinician.id, today=clock.now().date())[0]


def email_step(account: Account) -> Step:
    note = gettext("We have sent a link to %(email)s.", email=account.email)
    return Step(gettext("Confirm your email address"), account.email_verified_at is not None, note)


def approval_step(clinician: Clinician) -> Step:
    note = gettext("Nothing for you to do: we write to you when it is decided.")
    return Step(gettext("Approval by the practice"), clinician.approved_at is not None, note)


def profile_steps(state: Readiness) -> list[Step]:
    """What patients must find before anybody can book. Hours are given once the practice has approved."""
    clinician = state.clinician
    is_open = clinician.approved_at is not None
    hours, services = (
        url_for(endpoint, clinician_id=clinician.id) if is_open else None
        for endpoint in ("schedules.hours", "schedules.services")
    )
    left = missing(clinician)
    note = gettext("Still missing: %(what)s.", what=", ".join(left)) if left else ""
    profile = url_for("clinician.profile")
    later = "" if is_open else gettext("Possible as soon as the practice has approved.")
    return [
        Step(gettext("Your profile"), not left, note, gettext("Complete your profile"), profile),
        Step(gettext("Services"), state.has_services, later, gettext("Add a service"), services),
        Step(gettext("Working hours"), state.has_hours, later, gettext("Give hours"), hours),
    ]


def missing(clinician: Clinician) -> list[str]:
    """The empty parts of a profile; whom the practice has made is ready when the practice says so."""
    empty = missing_of(clinician) if clinician.account.signed_up_at else []
    return [str(PARTS[name]) for name in empty]
