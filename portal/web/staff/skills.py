"""What a clinician can do: for clinicians about themselves, for managers about those of their centre."""

from typing import Any

from flask import Response, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.categories import LONGEST, categories
from portal.people.models import Clinician
from portal.people.queries import get_manageable
from portal.people.skills import add_skill, by_category, get_skill, remove_skill, set_proficiency, skills_of
from portal.web.admin.saving import saved
from portal.web.forms import Form, RadioField, Required, SelectField, TextField
from portal.web.labels import PROFICIENCIES
from portal.web.rendering import changed, page
from portal.web.staff import bp

LEVELS = list(PROFICIENCIES.items())
EDITORS = (Permission.CLINICIAN_MANAGE, Permission.CLINICIAN_PROFILE_OWN)


class SkillForm(Form):
    """Another skill; the categories that are offered are put in by `of`."""

    skill_name = TextField(_("Skill"), [Required(_("Enter a skill"))], longest=LONGEST)
    category_id = SelectField(_("Category"), [Required(_("Choose a category"))])
    proficiency_level = RadioField(_("How well"), [Required(_("Choose how well"))], choices=LEVELS)

    @classmethod
    def of(cls) -> "SkillForm":
        form = cls()
        offered = [(str(category.id), category.name) for category in categories(db.session)]
        form.category_id.choices = [("", gettext("Choose one")), *offered] if offered else []
        return form

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the command; the form must be valid."""
        return {
            "skill_name": self.skill_name.data,
            "category_id": int(self.category_id.data),
            "proficiency_level": self.proficiency_level.data,
        }


@bp.route("/clinicians/<int:clinician_id>/skills", methods=["GET", "POST"])
@requires(*EDITORS)
def skills(clinician_id: int) -> Response:
    """All of them, and another one."""
    clinician = get_manageable(db.session, g.actor, clinician_id)
    form = SkillForm.of()
    if request.method == "POST" and form.validate() and saved(form, lambda: _add(clinician, form)):
        return _changed(clinician, gettext("Saved."))
    known = skills_of(db.session, clinician.id)
    return page(
        "staff/skills/index.html",
        clinician=clinician,
        is_own=clinician.id == g.actor.clinician_id,
        count=len(known),
        skills=by_category(known),
        levels=LEVELS,
        form=form,
        status=422 if form.errors else 200,
    )


@bp.post("/clinicians/<int:clinician_id>/skills/<int:skill_id>")
@requires(*EDITORS)
def skill(clinician_id: int, skill_id: int) -> Response:
    """How well they can do it, said anew."""
    clinician = get_manageable(db.session, g.actor, clinician_id)
    level = request.form.get("proficiency_level", "")
    in_transaction(
        db.session,
        lambda: set_proficiency(
            db.session,
            get_skill(db.session, clinician_id, skill_id),
            by=g.actor,
            proficiency_level=level,
            at=clock.now(),
        ),
    )
    return _changed(clinician, gettext("Saved."))


@bp.post("/clinicians/<int:clinician_id>/skills/<int:skill_id>/removal")
@requires(*EDITORS)
def skill_removal(clinician_id: int, skill_id: int) -> Response:
    """Patients read it no longer."""
    clinician = get_manageable(db.session, g.actor, clinician_id)
    in_transaction(
        db.session,
        lambda: remove_skill(
            db.session, get_skill(db.session, clinician_id, skill_id), by=g.actor, at=clock.now()
        ),
    )
    return _changed(clinician, gettext("Removed."))


def _add(clinician: Clinician, form: SkillForm) -> None:
    add_skill(db.session, clinician, by=g.actor, at=clock.now(), **form.values)


def _changed(clinician: Clinician, message: str) -> Response:
    return changed(then="staff.skills", values={"clinician_id": clinician.id}, message=message)
