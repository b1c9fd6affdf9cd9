"""The categories that skills are sorted into, and that patients look for."""

from flask import Response, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.categories import (
    LONGEST,
    add_category,
    categories_with_use,
    get_category,
    remove_category,
    rename_category,
    set_category_hidden,
)
from portal.web.admin import bp
from portal.web.admin.saving import saved
from portal.web.forms import Form, Required, TextField
from portal.web.rendering import changed, page


class CategoryForm(Form):
    name = TextField(_("Name"), [Required(_("Enter a name"))], longest=LONGEST)


@bp.route("/categories", methods=["GET", "POST"])
@requires(Permission.CATEGORY_EDIT)
def categories() -> Response:
    """All of them, each with how many clinicians have a skill in it, and another one."""
    form = CategoryForm()

    def add() -> None:
        add_category(db.session, by=g.actor, name=form.name.data, at=clock.now())

    if request.method == "POST" and form.validate() and saved(form, add):
        return changed(then="admin.categories", message=gettext("Saved. Clinicians can choose it now."))
    return page(
        "admin/categories/index.html",
        categories=categories_with_use(db.session),
        form=form,
        status=422 if form.errors else 200,
    )


@bp.route("/categories/<int:category_id>", methods=["GET", "POST"])
@requires(Permission.CATEGORY_EDIT)
def category(category_id: int) -> Response:
    """Call it something else; from here it is hidden or deleted as well."""
    edited = get_category(db.session, category_id)
    form = CategoryForm(obj=edited)
    called = edited.name

    def rename() -> None:
        rename_category(db.session, edited, by=g.actor, name=form.name.data, at=clock.now())

    if request.method == "POST" and form.validate() and saved(form, rename):
        return changed(then="admin.categories", message=gettext("Saved."))
    return page(
        "admin/categories/category.html",
        category_id=category_id,
        called=called,
        is_hidden=edited.hidden_at is not None,
        form=form,
        status=422 if form.errors else 200,
    )


@bp.post("/categories/<int:category_id>/visibility")
@requires(Permission.CATEGORY_EDIT)
def category_visibility(category_id: int) -> Response:
    """Offer it no longer, or again; skills that are in it stay."""
    is_hidden = request.form.get("is_hidden") == "yes"
    in_transaction(
        db.session,
        lambda: set_category_hidden(
            db.session,
            get_category(db.session, category_id),
            by=g.actor,
            is_hidden=is_hidden,
            at=clock.now(),
        ),
    )
    message = gettext("Hidden. Skills that are in it stay.") if is_hidden else gettext("Offered again.")
    return changed(then="admin.categories", message=message)


@bp.post("/categories/<int:category_id>/removal")
@requires(Permission.CATEGORY_EDIT)
def category_removal(category_id: int) -> Response:
    """Take away what nobody uses."""
    in_transaction(
        db.session,
        lambda: remove_category(
            db.session, get_category(db.session, category_id), by=g.actor, at=clock.now()
        ),
    )
    return changed(then="admin.categories", message=gettext("Deleted."))
