"""Writing what a form says: refusals come back into the form, and nobody's appointment is left behind unseen."""

from collections.abc import Callable, Sequence

from flask import request
from flask_babel import gettext
from sqlalchemy import inspect, select

from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment
from portal.appointments.queries import WITH_PEOPLE
from portal.bootstrap import db
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid, PortalError
from portal.web.forms import Form

ACCEPTED = "accepted"
"""The field of the button that says yes; it names the appointments that were listed beside it."""


def saved(form: Form, work: Callable[[], object]) -> bool:
    """Do the work in a transaction. Fields that cannot be used, or are somebody else's, come back into the form."""
    try:
        in_transaction(db.session, work)
    except (Invalid, Duplicate) as refusal:
        refuse(form, refusal)
        return False
    return True


def refuse(form: Form, refusal: PortalError) -> None:
    """Put what a command refused beside the fields, in the reader's language."""
    details = {name: gettext(message) for name, message in refusal.details.items()}
    form.refuse(details or {"": gettext(refusal.message)})


def with_consent(work: Callable[[], Sequence[Appointment]]) -> list[Appointment]:
    """Do the work, which answers the appointments it leaves behind, if the form says yes to each of them.

    Otherwise nothing is changed, and the answer are those appointments, with their people.
    """
    accepted = accepted_ids()

    def checked() -> None:
        left = work()
        if not accepted.issuperset(appointment.id for appointment in left):
            raise WouldStrand(left)

    try:
        in_transaction(db.session, checked)
    except WouldStrand as refusal:
        return reloaded(refusal.appointments)
    return []


def accepted_ids() -> set[int]:
    """The appointments that the form says yes to."""
    ids = request.form.get(ACCEPTED, "").split(",")
    return {int(text) for text in ids if text.isascii() and text.isdecimal() and len(text) < 19}


def reloaded(appointments: Sequence[Appointment]) -> list[Appointment]:
    """The same in one query: a rollback has emptied them."""
    ids = [key for appointment in appointments for key in inspect(appointment).identity or ()]
    statement = select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(ids))
    return list(db.session.scalars(statement.order_by(Appointment.starts_at, Appointment.id)))


def text(name: str) -> str:
    """A word of the address to look for, without what no database takes."""
    return request.args.get(name, "").replace("\0", "").strip()[:LONGEST]


LONGEST = 100
