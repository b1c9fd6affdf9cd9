"""A payment link that is asked for with a booking. What stands in its way loses no booking."""

from typing import NamedTuple

from flask import g
from flask_babel import gettext

from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import PortalError
from portal.delivery.links import said_of_link
from portal.delivery.tills import practice
from portal.payments import linking


class Linked(NamedTuple):
    """The link's address, None where there is none, and what became of it in words."""

    address: str | None
    message: str


def link_for(booked: Appointment) -> Linked:
    """Make and send a link for what has just been booked, in the same transaction."""
    try:
        with db.session.begin_nested():
            link = linking.make_link(
                db.session, practice(), booked, by=g.actor, at=clock.now(), instead_of=None
            )
    except PortalError as refusal:
        return Linked(None, str(gettext(refusal.message)))
    return Linked(practice().public_url + linking.path(link), said_of_link(link))
