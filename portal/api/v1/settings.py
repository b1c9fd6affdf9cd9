"""What a client needs to know of the practice, and the rules that administrators change."""

from flask import Blueprint, g
from pydantic import Field

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Shape
from portal.api.v1.representations.practice import PracticeRules, RuleChanges, names_of, practice_rules
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.practice_rules import change_rules, saved_rules
from portal.practice.choices import ClinicianWord, LateCancellation, PatientWord

bp = Blueprint("api_settings", __name__, url_prefix="/settings")


class Practice(Shape):
    """Durations carry their unit in the name."""

    name: str
    default_timezone: str
    default_currency: str
    default_region: str
    hold_minutes: int
    code_minutes: int
    patient_word: PatientWord = Field(description="What the practice calls the people it sees.")
    clinician_word: ClinicianWord = Field(description="What it calls those who see them.")
    late_cancellation: LateCancellation | None = Field(description="For staff; null for others.")
    front_desk_can_reschedule: bool | None = Field(description="For staff; null for others.")
    rules: PracticeRules | None = Field(description="All that are in force, for administrators.")
    own_rules: list[str] | None = Field(description="Those the practice has changed, for administrators.")
    version: int | None = Field(description="Of the rules, for administrators: send it with a change.")


@bp.get("")
@endpoint("API-04", Answer[Practice])
def show() -> Practice:
    """Read the practice's name, its usual zone and currency, and the rules that clients meet."""
    return _shape()


@bp.patch("")
@endpoint("API-04", Answer[Practice], Permission.PRACTICE_EDIT, is_write=True, in_steps=True)
def update(json: RuleChanges) -> Practice:
    """Change rules of the practice; they are in force at once.

    Refused with CONFLICT when somebody has changed one of them since `version`.
    """
    change_rules(json.texts(settings().default_currency), version=json.version)
    return _shape()


def _shape() -> Practice:
    known, saved = settings(), saved_rules() if g.actor.may(Permission.PRACTICE_EDIT) else None
    return Practice(
        name=known.portal_name,
        default_timezone=known.default_time_zone,
        default_currency=known.default_currency,
        default_region=known.default_region,
        hold_minutes=known.hold_minutes,
        code_minutes=known.code_minutes,
        patient_word=known.patient_word,
        clinician_word=known.clinician_word,
        late_cancellation=known.late_cancellation if g.actor.is_staff else None,
        front_desk_can_reschedule=known.front_desk_can_reschedule if g.actor.is_staff else None,
        rules=practice_rules(saved.settings) if saved else None,
        own_rules=names_of(saved.own) if saved else None,
        version=saved.version if saved else None,
    )
