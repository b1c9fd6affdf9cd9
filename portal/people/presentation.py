"""What is told of a clinician beside the profile, by the practice and by themself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.errors import Invalid, _
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.people import profiles
from portal.people.events import ClinicianChanged
from portal.people.models import Clinician

PRESENTATION = ("certifications", "achievements", "affiliation", "profile_picture_url")


def edit_presentation(
    session: Session,
    clinician: Clinician,
    *,
    by: Actor,
    certifications: Sequence[str] | None = None,
    achievements: Sequence[str] | None = None,
    affiliation: str | None = None,
    profile_picture_url: str | None = None,
    full_name: str | None = None,
    at: datetime,
) -> Clinician:
    """Change what is told of a clinician beside the profile; None leaves it as it is. Raises Invalid for the name."""
    lists = {"certifications": certifications, "achievements": achievements}
    texts = {"affiliation": affiliation, "profile_picture_url": profile_picture_url}
    changed = [
        name for name, value in {**lists, **texts, "full_name": full_name}.items() if value is not None
    ]
    for name, values in lists.items():
        if values is not None:
            setattr(clinician, name, profiles.tidy(values))
    for name, text in texts.items():
        if text is not None:
            setattr(clinician, name, text.strip())
    if full_name is not None:
        profiles.rename(clinician.account, full_name)
    if changed:
        publish(
            session, ClinicianChanged(clinician.id, "clinician.edit-presentation", by, at, tuple(changed))
        )
    return clinician


def set_time_zone(
    session: Session, clinician: Clinician, *, by: Actor, time_zone: str, at: datetime
) -> Clinician:
    """Where somebody who works at no centre is at home. Raises Invalid for others: their centre's zone holds.

    Weekly hours are wall times and come with it; what is booked stays when it is.
    """
    if time_zone == clinician.time_zone:
        return clinician
    if clinician.primary_centre_id is not None:
        raise Invalid(details={"time_zone": _("Hours are in the time zone of their centre.")})
    profiles.check_zone(time_zone)
    clinician.time_zone = time_zone
    publish(session, ClinicianChanged(clinician.id, "clinician.set-time-zone", by, at, ("time_zone",)))
    return clinician
