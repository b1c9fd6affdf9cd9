"""What a clinician can do: read by everybody, said by themself and by those who manage them."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done
from portal.api.v1.representations.skills import NewSkill, SkillChanges, SkillShape, skill_shape
from portal.api.v1.who import manageable_clinician, readable_clinician
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.people.skills import add_skill, get_skill, remove_skill, set_proficiency, skills_of

bp = Blueprint("api_skills", __name__, url_prefix="/clinicians/<string:clinician_id>/skills")
EDITORS = (Permission.CLINICIAN_MANAGE, Permission.CLINICIAN_PROFILE_OWN)


@bp.get("")
@endpoint("DIR-05", Answer[list[SkillShape]], is_cacheable=True, also=(401,))
def index(clinician_id: str) -> list[SkillShape]:
    """List what a clinician can do, by category, and how well."""
    clinician = readable_clinician(clinician_id)
    return [skill_shape(skill, clinician.account_id) for skill in skills_of(db.session, clinician.id)]


@bp.post("")
@endpoint("DIR-05", Answer[SkillShape], *EDITORS, status=201, is_write=True)
def create(clinician_id: str, json: NewSkill) -> SkillShape:
    """Say what else a clinician can do. The same skill is said once (409)."""
    clinician = manageable_clinician(clinician_id)
    said = json.model_dump(by_alias=False)
    skill = add_skill(db.session, clinician, by=g.actor, at=clock.now(), **said)
    return skill_shape(skill, clinician.account_id)


@bp.patch("/<int:skill_id>")
@endpoint("DIR-05", Answer[SkillShape], *EDITORS, is_write=True)
def update(clinician_id: str, skill_id: int, json: SkillChanges) -> SkillShape:
    """Say anew how well a clinician can do it."""
    clinician = manageable_clinician(clinician_id)
    skill = get_skill(db.session, clinician.id, skill_id)
    set_proficiency(db.session, skill, by=g.actor, proficiency_level=json.proficiency_level, at=clock.now())
    return skill_shape(skill, clinician.account_id)


@bp.delete("/<int:skill_id>")
@endpoint("DIR-05", Done, *EDITORS, is_write=True)
def delete(clinician_id: str, skill_id: int) -> Done:
    """Say it no longer."""
    clinician = manageable_clinician(clinician_id)
    skill = get_skill(db.session, clinician.id, skill_id)
    remove_skill(db.session, skill, by=g.actor, at=clock.now())
    return Done(message=gettext("The skill is removed."))
