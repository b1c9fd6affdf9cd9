"""A series that was booked."""

import uuid

from sqlalchemy.orm import Session

from portal.appointments import commands
from portal.appointments.commands import Pattern
from portal.appointments.models import Channel
from portal.appointments.series_models import Rhythm
from portal.core.permissions import Role
from portal.people.models import Clinician, Patient
from tests.conftest import NOW
from tests.factories import an_actor, key_for, wall


def a_series(session: Session, clinician: Clinician, patient: Patient, *, count: int = 3) -> int:
    """The id of a series of so many Thursdays at three, that the clinician has booked."""
    pattern = Pattern(key_for(session, clinician, wall("2026-03-12 15:00")), Rhythm.WEEKLY, count)
    by = an_actor(session, Role.CLINICIAN, clinician=clinician)
    series = commands.repeat(
        session, pattern, form_key=uuid.uuid4(), patient=patient, by=by, at=NOW, channel=Channel.API
    )
    session.flush()
    return series.id
