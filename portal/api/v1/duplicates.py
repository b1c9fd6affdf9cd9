"""Somebody who may be registered already, as programs are told of it and answer."""

from collections.abc import Mapping

from portal.core.errors import Duplicate, Invalid, _
from portal.people.errors import PossibleDuplicate


def details_of(refusal: Invalid | Duplicate, fields: Mapping[str, str]) -> dict[str, str]:
    """What is wrong by the name in `fields` under which it came in, with the ids of the records that may be meant.

    `fields["despite_duplicates"]` is where to say that it is somebody else.
    """
    details = {fields.get(name, name): text for name, text in refusal.details.items()}
    if isinstance(refusal, PossibleDuplicate):
        if refusal.patients:
            details["patient_ids"] = ", ".join(str(patient.id) for patient in refusal.patients)
        if not refusal.is_certain:
            details[fields["despite_duplicates"]] = _(
                "Send true, with the reason, to register somebody else of that name or email address."
            )
    return details
