"""Two records of one person become one."""

from typing import Annotated, Literal

from flask import Blueprint, g
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Body, Unique
from portal.api.v1.representations.patients import PatientDetail, patient_detail
from portal.appointments.commands import merge_patients
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.people.models import Patient
from portal.people.queries import get_visible_patient

bp = Blueprint("api_patient_merges", __name__, url_prefix="/patients/<string:patient_id>/merge")
FIELDS = {
    "fullName": "full_name",
    "phone": "phone",
    "email": "email",
    "dateOfBirth": "date_of_birth",
    "gender": "gender",
    "bloodGroup": "blood_group",
    "emergencyContactName": "emergency_contact_name",
    "emergencyContactPhone": "emergency_contact_phone",
}
Taken = Literal[
    "fullName", "phone", "email", "dateOfBirth", "gender", "bloodGroup", "emergencyContactName", "emergencyContactPhone"
]  # fmt: skip


class Merge(Body):
    """Everything of the other record goes into this one, and its id answers with this one from then on."""

    other_patient_id: Annotated[int, Field(ge=1, le=2**62)]
    take: Annotated[list[Taken], Field(max_length=len(FIELDS)), Unique] = Field(
        default=[],
        description="Fields of which the other record's value stays, beside those that are empty here.",
    )


@bp.post("")
@endpoint("PAT-04", Answer[PatientDetail], Permission.PATIENT_MERGE, is_write=True, also=(409,))
def create(patient_id: str, json: Merge) -> PatientDetail:
    """Merge another record of the same person into this one. There is no way back."""
    kept, gone = _patient(patient_id), _patient(str(json.other_patient_id))
    taking = {FIELDS[name] for name in json.take}
    merge_patients(db.session, kept, gone, taking=taking, by=g.actor, at=clock.now())
    return patient_detail(get_visible_patient(db.session, g.actor, kept.id), g.actor)


def _patient(text: str) -> Patient:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise NotFound
    return get_visible_patient(db.session, g.actor, int(text))
