"""The categories of skills: read by everybody, kept by those who run the practice."""

from flask import Blueprint, g
from flask_babel import gettext

from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.base import Answer, Done
from portal.api.v1.representations.skills import (
    CategoryChanges,
    CategoryQuery,
    CategoryShape,
    NewCategory,
    category_shape,
)
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.people.categories import (
    add_category,
    categories,
    get_category,
    remove_category,
    rename_category,
    set_category_hidden,
)

bp = Blueprint("api_categories", __name__, url_prefix="/categories")


@bp.get("")
@endpoint("DIR-08", Answer[list[CategoryShape]], is_cacheable=True, also=(401,))
def index(query: CategoryQuery) -> list[CategoryShape]:
    """List the categories that skills are sorted into, in alphabetical order."""
    with_hidden = query.include_hidden and g.actor.may(Permission.CATEGORY_EDIT)
    return [category_shape(category) for category in categories(db.session, with_hidden=with_hidden)]


@bp.post("")
@endpoint("DIR-08", Answer[CategoryShape], Permission.CATEGORY_EDIT, status=201, is_write=True)
def create(json: NewCategory) -> CategoryShape:
    """Offer another category."""
    return category_shape(add_category(db.session, by=g.actor, name=json.name, at=clock.now()))


@bp.patch("/<int:category_id>")
@endpoint("DIR-08", Answer[CategoryShape], Permission.CATEGORY_EDIT, is_write=True)
def update(category_id: int, json: CategoryChanges) -> CategoryShape:
    """Rename a category, or offer it no longer: skills that are in it stay."""
    category, given, at = get_category(db.session, category_id), json.given(), clock.now()
    if "name" in given:
        rename_category(db.session, category, by=g.actor, name=given["name"], at=at)
    if "is_hidden" in given:
        set_category_hidden(db.session, category, by=g.actor, is_hidden=given["is_hidden"], at=at)
    return category_shape(category)


@bp.delete("/<int:category_id>")
@endpoint("DIR-08", Done, Permission.CATEGORY_EDIT, is_write=True)
def delete(category_id: int) -> Done:
    """Take away a category that no skill is in; one in use is refused (409)."""
    category = get_category(db.session, category_id)
    remove_category(db.session, category, by=g.actor, at=clock.now())
    return Done(message=gettext("The category is deleted."))
