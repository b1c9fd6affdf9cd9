"""What is wanted by somebody who stands at the desk: here, in person, today."""

from portal.appointments.models import SessionType
from portal.core import clock
from portal.core.errors import NotFound
from portal.web.desk.offerings import Catalogue
from portal.web.desk.wanted import Wanted


def here_and_now(wanted: Wanted, found: Catalogue) -> Wanted:
    """Narrowed to the rest of the day at the centre, all its times shown; raises NotFound where there is no centre."""
    centre = found.centres.get(wanted.centre_id or min(found.centres, default=0))
    if centre is None:
        raise NotFound
    today = clock.local_day(clock.now(), centre.zone)
    return wanted.but(centre_id=centre.id, session_type=SessionType.IN_PERSON, from_on=today, on=today)
