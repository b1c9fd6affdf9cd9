"""What staff write about a patient."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _

from portal.people.patient_facts import BLOOD_GROUPS
from portal.web.forms import DateField, Form, LongTextField, PhoneField, Required, SelectField, TextField

GENDERS = [
    ("", _("Not said")),
    ("FEMALE", _("Female")),
    ("MALE", _("Male")),
    ("OTHER", _("Other")),
    ("UNDISCLOSED", _("Would rather not say")),
]
KINDS_OF_BLOOD = [("", _("Not known")), *((kind, kind) for kind in BLOOD_GROUPS)]
LEAD_SOURCES = [
    ("", _("Not asked")),
    ("Phone", _("Phone")),
    ("Walk-in", _("Walk-in")),
    ("Referral", _("Referral")),
    ("Website", _("Website")),
    ("Friends or family", _("Friends or family")),
    ("Other", _("Other")),
]
NEW = "new"
"""Somebody else than those alike."""
OPTIONAL = ("phone", "email", "gender", "blood_group", "emergency_contact_phone")


class NewPersonForm(Form):
    """Somebody who may be registered already, and how it is known that they are not."""

    why_new = TextField(_("Why is it somebody else?"))

    def said_new(self) -> str | None:
        """How that is known, empty where only the choice was made; None where nobody said that it is somebody else."""
        said = self.why_new.data or ""
        return said if said or request.form.get("alike") == NEW else None


class PatientForm(Form):
    full_name = TextField(_("Full name"), [Required(_("Enter the full name"))], longest=100)
    phone = PhoneField(_("Phone number"), description=_("A phone number or an email address is needed."))
    email = TextField(_("Email"))
    date_of_birth = DateField(_("Date of birth"))
    gender = SelectField(_("Gender"), choices=GENDERS, default="")
    blood_group = SelectField(_("Blood group"), choices=KINDS_OF_BLOOD, default="")
    emergency_contact_name = TextField(_("Emergency contact"), longest=100)
    emergency_contact_phone = PhoneField(_("Their phone number"))

    def facts(self) -> dict[str, Any]:
        """The fields as the commands take them: what is empty is None, and so is a text that was not asked for."""
        values = {name: value for name, value in self.data.items() if name != "csrf_token"}
        values["emergency_contact_name"] = values["emergency_contact_name"] or ""
        return {name: value or None if name in OPTIONAL else value for name, value in values.items()}


class NewPatientForm(PatientForm, NewPersonForm):
    lead_source = SelectField(_("How did they hear of us?"), choices=LEAD_SOURCES, default="")

    def facts(self) -> dict[str, Any]:
        """With what was said about somebody alike."""
        return super().facts() | {"why_new": self.said_new()}


class EditPatientForm(PatientForm):
    """The medical history is taken out for those who may not read it."""

    medical_history = LongTextField(_("Medical history"), render_kw={"rows": 6})
