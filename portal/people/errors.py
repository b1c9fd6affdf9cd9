"""Planned refusals of people, and the words for each constraint that says no."""

from collections.abc import Sequence

from portal.core.db import refuses
from portal.core.errors import Duplicate, Invalid, PortalError, _
from portal.people.models import Patient


class PossibleDuplicate(Duplicate):
    """There may be a record of this person already; `patients` are those that the actor may be shown.

    `is_certain` when the phone is the same: then there is no way round. Otherwise the same command makes the record
    when it is told in `why_new` how it is known to be somebody else.
    """

    message = _("This person may be registered already.")

    def __init__(self, patients: Sequence[Patient], *, is_certain: bool) -> None:
        if is_certain:
            super().__init__(details={"phone": _("There is already a patient with this phone number.")})
        else:
            super().__init__()
        self.patients = list(patients)
        self.is_certain = is_certain


class DuplicateUnexplained(Invalid):
    """It is said to be somebody else than `patients`, who are alike, but not how that is known."""

    is_certain = False

    def __init__(self, patients: Sequence[Patient]) -> None:
        super().__init__(details={"why_new": _("Say how you know that it is somebody else.")})
        self.patients = list(patients)


class FeeIsSetByPractice(PortalError):
    message = _("Your centre sets your fee.")


refuses(
    "uq_patient_phone",
    lambda: Duplicate(details={"phone": _("There is already a patient with this phone number.")}),
)
refuses(
    "uq_clinician_slug",
    lambda: Duplicate(_("Somebody with this name was added at the same moment. Please try again.")),
)
refuses("fk_clinician_centre_centre_id", lambda: Invalid(details={"centre_ids": _("Choose a centre.")}))
