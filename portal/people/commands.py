"""What can be done with people: patients and clinicians."""

from portal.people.clinicians import (
    create_clinician,
    delete_clinician,
    edit_clinician,
    edit_own_clinician_profile,
    set_accepting,
    set_clinician_active,
)
from portal.people.own_records import (
    change_own_phone,
    create_patient_for_account,
    edit_own_profile,
    patient_for_account,
)
from portal.people.patients import (
    create_patient,
    create_patients,
    delete_patient,
    edit_patient,
    unlink_patient,
)
from portal.people.plans import set_plan
from portal.people.presentation import edit_presentation, set_time_zone

__all__ = [
    "change_own_phone",
    "create_clinician",
    "create_patient",
    "create_patient_for_account",
    "create_patients",
    "delete_clinician",
    "delete_patient",
    "edit_clinician",
    "edit_own_clinician_profile",
    "edit_own_profile",
    "edit_patient",
    "edit_presentation",
    "patient_for_account",
    "set_accepting",
    "set_clinician_active",
    "set_plan",
    "set_time_zone",
    "unlink_patient",
]
