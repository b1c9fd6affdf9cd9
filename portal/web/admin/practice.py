"""The practice's rules: which are in force, one group of them to change, and back to the usual ones."""

from typing import Any

from flask import Response, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.practice_rules import change_rules, rules_in_force, saved_rules
from portal.practice.errors import RulesChangedMeanwhile
from portal.practice.models import PracticeRuleChange
from portal.practice.queries import changes_since, latest_changes, own_rules, version_of_rules
from portal.practice.rules import COSTLY, written_rule
from portal.settings import Settings
from portal.web.admin import bp
from portal.web.admin.practice_form import RulesForm, form_for
from portal.web.admin.practice_values import shown, shown_text
from portal.web.admin.practice_words import BY_NAME, GROUPS, LABELS, Group
from portal.web.admin.saving import refuse
from portal.web.rendering import changed, page

LATEST = 30


@bp.get("/practice")
@requires(Permission.PRACTICE_EDIT)
def practice() -> Response:
    """All rules in force, which of them are the practice's own, and who changed what when."""
    saved = saved_rules()
    groups = [
        (
            group,
            [
                (label, shown(key, getattr(saved.settings, key)), key in saved.own)
                for key, label in _labels(group)
            ],
        )
        for group in GROUPS
    ]
    changes = latest_changes(db.session, most=LATEST)
    return page("admin/practice/index.html", groups=groups, changes=_told(changes))


@bp.route("/practice/<string:group>", methods=["GET", "POST"])
@requires(Permission.PRACTICE_EDIT)
def practice_rules(group: str) -> Response:
    """One group of rules. What costs somebody money is asked twice; what others did meanwhile is shown first."""
    which = _group(group)
    saved = saved_rules()
    form = form_for(which, saved.settings, saved.version)
    if request.method == "GET" or "back" in request.form or not form.validate():
        return _form(which, form, status=422 if form.errors else 200)
    differing = _differing(form, saved.settings)
    if not differing:
        return changed(then="admin.practice", message=gettext("Nothing was changed."))
    costly = [key for key in differing if key in COSTLY]
    if costly and "confirmed" not in request.form:
        return _confirmation(which, form, costly, saved.settings)
    return _saved(which, form)


@bp.route("/practice/<string:group>/usual", methods=["GET", "POST"])
@requires(Permission.PRACTICE_EDIT)
def practice_reset(group: str) -> Response:
    """Back to the usual rules of a group, after showing what that changes."""
    which, base, saved = _group(group), rules_in_force().base, saved_rules()
    own = [key for key in saved.own if key in which.rules]
    if request.method == "GET":
        changes = [
            (LABELS[key], shown(key, getattr(saved.settings, key)), shown(key, getattr(base, key)))
            for key in own
        ]
        return page("admin/practice/usual.html", group=which, changes=changes)
    change_rules(dict.fromkeys(own), version=None)
    return changed(then="admin.practice", message=gettext("The usual rules are in force again."))


def _group(name: str) -> Group:
    if name not in BY_NAME:
        raise NotFound
    return BY_NAME[name]


def _labels(group: Group) -> list[tuple[str, Any]]:
    return [(key, words[0]) for key, words in group.rules.items()]


def _differing(form: RulesForm, saved: Settings) -> list[str]:
    """The rules that the form would change."""
    return [key for key, text in form.texts.items() if text != written_rule(key, getattr(saved, key))]


def _form(
    group: Group, form: RulesForm, *, status: int, meanwhile: list[PracticeRuleChange] | None = None
) -> Response:
    own = own_rules(db.session)
    base = rules_in_force().base
    usual = {key: shown(key, getattr(base, key)) for key in group.rules if key in own}
    return page(
        "admin/practice/edit.html",
        status=status,
        group=group,
        form=form,
        usual=usual,
        meanwhile=_told(meanwhile or []),
    )


def _confirmation(group: Group, form: RulesForm, costly: list[str], saved: Settings) -> Response:
    texts = form.texts
    changes = [(LABELS[key], shown(key, getattr(saved, key)), shown_text(key, texts[key])) for key in costly]
    sent = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    return page("admin/practice/confirm.html", group=group, changes=changes, sent=sent)


def _saved(group: Group, form: RulesForm) -> Response:
    try:
        change_rules(form.texts, version=form.read_at)
    except RulesChangedMeanwhile:
        meanwhile = changes_since(db.session, form.read_at, group.rules)
        form.version.data = str(version_of_rules(db.session))
        return _form(group, form, status=409, meanwhile=meanwhile)
    except Invalid as refusal:
        refuse(form, refusal)
        return _form(group, form, status=422)
    return changed(then="admin.practice", message=gettext("Saved. The rules are in force now."))


def _told(changes: list[PracticeRuleChange]) -> list[dict[str, Any]]:
    """Changes as people read them; a rule that is none any more by its key."""
    return [
        {
            "label": LABELS.get(change.key, change.key),
            "old": shown_text(change.key, change.old_value),
            "new": shown_text(change.key, change.new_value),
            "by": change.by_name,
            "at": change.happened_at,
        }
        for change in changes
    ]
