"""Centres: the list, one of them, a new one, and what is known of each."""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.centres import commands
from portal.centres.models import Centre
from portal.centres.queries import get_visible, holidays_of, visible_centres
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.people.placement import clinicians_at
from portal.web.admin import bp
from portal.web.admin.centre_form import CentreForm, currencies, time_zones
from portal.web.admin.saving import saved, text
from portal.web.rendering import changed, page


@bp.get("/centres")
@requires(Permission.CENTRE_VIEW_ALL)
def centres() -> Response:
    """All centres that this person sees, narrowed by part of a name or address, or by city."""
    search, city = text("search"), text("city")
    seen = visible_centres(db.session, g.actor)
    return page(
        "admin/centres/index.html",
        fragment="admin/centres/_list.html",
        centres=asked_centres(seen),
        cities=sorted({centre.city for centre in seen}, key=str.casefold),
        search=search,
        city=city,
        now=clock.now(),
    )


def asked_centres(seen: Sequence[Centre]) -> list[Centre]:
    """Of these, which the address asks for."""
    search, city = text("search").casefold(), text("city").casefold()
    return [
        centre
        for centre in seen
        if search in f"{centre.name} {centre.address} {centre.city}".casefold()
        and city in {"", centre.city.casefold()}
    ]


@bp.get("/centres/<int:centre_id>")
@requires(Permission.CENTRE_VIEW_ALL)
def centre(centre_id: int) -> Response:
    """What is known of a centre, who works there and when it is closed."""
    shown = get_visible(db.session, g.actor, centre_id)
    now = clock.now()
    return page(
        "admin/centres/show.html",
        centre=shown,
        now=now,
        clinicians=clinicians_at(db.session, shown.id),
        holidays=holidays_of(db.session, shown.id, since=clock.local_day(now, shown.zone)),
    )


@bp.route("/centres/new", methods=["GET", "POST"])
@requires(Permission.CENTRE_CREATE)
def new_centre() -> Response:
    """Open another centre."""
    usual = {"time_zone": settings().default_time_zone, "currency": settings().default_currency}
    form = CentreForm(data=usual)
    made: list[Centre] = []

    def open_it() -> None:
        made.append(commands.create_centre(db.session, by=g.actor, at=clock.now(), **form.values))

    if request.method == "POST" and form.validate() and saved(form, open_it):
        message = gettext("The centre is open. Now say when it is closed, and who works there.")
        return changed(then="admin.centre", values={"centre_id": made[-1].id}, message=message)
    return _form(form, None)


@bp.route("/centres/<int:centre_id>/edit", methods=["GET", "POST"])
@requires(Permission.CENTRE_EDIT)
def edit_centre(centre_id: int) -> Response:
    """Correct what is known of a centre."""
    edited = get_visible(db.session, g.actor, centre_id)
    form = CentreForm(obj=edited)

    def save() -> Any:
        return commands.edit_centre(db.session, edited, by=g.actor, at=clock.now(), **form.values)

    if request.method == "POST" and form.validate() and saved(form, save):
        return changed(then="admin.centre", values={"centre_id": centre_id}, message=gettext("Saved."))
    return _form(form, edited)


def _form(form: CentreForm, edited: Centre | None) -> Response:
    now = clock.now()
    return page(
        "admin/centres/form.html",
        form=form,
        centre=edited,
        now=now,
        time_zones=time_zones(now),
        currencies=currencies(),
        status=422 if form.errors else 200,
    )
