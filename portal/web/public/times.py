"""Tells a page with a clinician's free times that they have changed, whoever looks at it."""

from flask import Response, g
from flask_login import current_user

from portal.core import live
from portal.delivery.access import public
from portal.delivery.listeners import Audience, audience_of
from portal.delivery.streams import stream
from portal.web.live import Signals, since
from portal.web.public import bp


@bp.get("/clinicians/<int:clinician_id>/events")
@public
def times(clinician_id: int) -> Response:
    """The stream of such a page; people who are signed in also hear of what is their own."""
    is_known = current_user.is_authenticated and g.person.waits_for is None
    own = audience_of(g.person) if is_known else Audience(frozenset())
    signals = Signals(own, since(), watched=live.clinician(clinician_id))
    return stream(signals.audience, current_user.device_id if is_known else None, signals)
