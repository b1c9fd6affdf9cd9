"""What the form of a clinician asks."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from portal.centres.models import Centre
from portal.payments import crediting
from portal.people.models import Clinician
from portal.people.profiles import MOST_CREDITS
from portal.web.forms import (
    Form,
    LongTextField,
    MoneyField,
    Needed,
    PhoneField,
    Required,
    SelectField,
    TextField,
    WholeNumberField,
    stripped,
)

BY_COMMAS = _("Separate them with commas.")
PROFILE = (
    "headline",
    "bio",
    "specialization",
    "qualification",
    "languages",
    "years_of_experience",
    "consultation_fee_minor",
    "credit_fee",
    "default_duration_minutes",
    "requires_acceptance",
)
LONGEST_LIST = 1000


class WordsField(StringField):  # type: ignore[misc]  # wtforms carries no types
    """Several words or phrases in one line; the data is a list."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = stripped(valuelist[0]) if valuelist else ""
        self.data = [part for part in map(str.strip, typed.split(",")) if part]

    def pre_validate(self, form: Form) -> None:  # noqa: ARG002  wtforms hands over the form
        if len(self._value()) > LONGEST_LIST:
            raise ValidationError(_("Use %(max)d characters or fewer") % {"max": LONGEST_LIST})

    def _value(self) -> str:
        return ", ".join(self.data or [])


class ClinicianForm(Form):
    full_name = TextField(
        _("Full name"),
        [Required(_("Enter the full name"))],
        longest=100,
        description=_("With the title, as patients read it: Dr Jane Smith."),
    )
    phone = PhoneField(_("Phone number"))
    email = TextField(_("Email"))
    username = TextField(
        _("Username"), description=_("Phone, email or username: one of them is needed to sign in.")
    )
    password = PasswordField(
        _("Initial password"),
        [Needed(_("Enter a password"))],
        description=_(
            "8 characters or more, with upper and lower case letters, a number and a special character."
        ),
    )
    centre_ids = SelectMultipleField(_("Centres"), coerce=int, validate_choice=False)  # checked below
    primary_centre_id = SelectField(_("Main centre"), description=_("It sets the fee’s currency."))
    specialization = WordsField(_("Fields of work"), description=BY_COMMAS)
    qualification = WordsField(_("Qualifications"), description=BY_COMMAS)
    languages = WordsField(_("Languages"), description=BY_COMMAS)
    years_of_experience = WholeNumberField(_("Years of experience"), most=80)
    headline = TextField(_("Headline"), longest=150, description=_("One line under the name."))
    bio = LongTextField(
        _("About"), description=_("Patients read it before they choose."), render_kw={"rows": 5}
    )
    consultation_fee_minor = MoneyField(_("Consultation fee"), [Needed(_("Enter a fee; 0 if it is free"))])
    credit_fee = WholeNumberField(
        _("Price of a visit in credits"), [Needed(_("Enter how many credits"))], least=1, most=MOST_CREDITS
    )
    default_duration_minutes = WholeNumberField(
        _("Usual length in minutes"), [Needed(_("Enter the length in minutes"))], least=5, most=480
    )
    requires_acceptance = BooleanField(
        _("Accepts each request personally"),
        description=_("A patient’s request then waits for the clinician’s answer."),
    )

    @classmethod
    def of(cls, centres: Sequence[Centre], clinician: Clinician | None = None) -> "ClinicianForm":
        """The form for a clinician, or a new one. `centres` are those that the one who fills it in may give."""
        form = cls(data=_facts(clinician) if clinician else _usual(centres))
        if clinician:
            del form.password
        if not crediting.is_sold():
            del form.credit_fee
        form.kept = [] if clinician is None else [one for one in clinician.centres if one not in centres]
        form.centre_ids.choices = [(centre.id, f"{centre.name}, {centre.city}") for centre in centres]
        form.primary_centre_id.choices = [
            ("", _("The first of them")),
            *((str(centre.id), centre.name) for centre in [*centres, *form.live_kept]),
        ]
        form.currencies = sorted({centre.currency for centre in [*centres, *form.live_kept]})
        form.consultation_fee_minor.currency = form.currency([*centres, *form.live_kept], clinician)
        form.is_online_only = clinician is not None and clinician.primary_centre_id is None
        return form

    @property
    def live_kept(self) -> list[Centre]:
        """The clinician's centres that somebody else manages; they stay."""
        return [centre for centre in self.kept if centre.deleted_at is None]

    def currency(self, centres: Sequence[Centre], clinician: Clinician | None) -> str | None:
        """That of the main centre as it is chosen here."""
        chosen = [self.primary_centre_id.data, *map(str, self.centre_ids.data or [])]
        by_id = {str(centre.id): centre.currency for centre in centres}
        found = next((by_id[key] for key in chosen if key in by_id), None)
        return found or (clinician.currency if clinician else None)

    def validate_centre_ids(self, field: SelectMultipleField) -> None:
        offered = {value for value, _label in field.choices}
        if not set(field.data or []) <= offered:
            raise ValidationError(_("Choose one of the options"))
        if not field.data and not self.live_kept and not self.is_online_only:
            raise ValidationError(_("Choose a centre"))

    @property
    def values(self) -> dict[str, Any]:
        """For the commands of clinicians; the form must be valid."""
        names = ("full_name", "phone", "email", "username", *PROFILE)
        given = {name: self[name].data for name in names if name in self}
        primary = self.primary_centre_id.data
        return {
            **given,
            "centre_ids": {*self.centre_ids.data, *(centre.id for centre in self.live_kept)},
            "primary_centre_id": int(primary) if primary else None,
        }


def _facts(clinician: Clinician) -> dict[str, Any]:
    account = clinician.account
    return {
        **{name: getattr(clinician, name) for name in PROFILE},
        "full_name": clinician.full_name,
        "phone": account.phone,
        "email": account.email,
        "username": account.username,
        "centre_ids": [centre.id for centre in clinician.centres],
        "primary_centre_id": str(clinician.primary_centre_id or ""),
    }


def _usual(centres: Sequence[Centre]) -> dict[str, Any]:
    """What a new clinician starts from: where there is only one centre, it is that one."""
    only = [centre.id for centre in centres] if len(centres) == 1 else []
    return {"centre_ids": only, "credit_fee": 1, "default_duration_minutes": 60}
