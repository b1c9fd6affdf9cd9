"""One context, a page or a fragment of it; one answer after a change, for htmx and for everybody else."""

from typing import Any

from flask import Flask, Response, flash, g, make_response, render_template, request, url_for

from portal.core.permissions import VISITOR
from portal.delivery import settings
from portal.web import addresses, i18n, navigation
from portal.web.htmx_config import HTMX_CONFIG
from portal.web.remembering import remembered


def init_app(app: Flask) -> None:
    """Give templates what every layout needs."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        dom_id=dom_id, htmx_config=HTMX_CONFIG, remembered=remembered, url_for=addresses.url_for
    )
    app.context_processor(_layout_context)


def page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The whole page, or to htmx the fragment of it, from the same context.

    A boosted link and a history restore want the whole page.
    """
    chosen = fragment if fragment and wants_fragment() else template
    response = make_response(render_template(chosen, **context), status)
    response.vary.update(("HX-Request", "HX-Target"))  # a smaller target may get less
    return response


def changed(
    fragment: str | None = None,
    *,
    then: str,
    message: str | None = None,
    values: dict[str, Any] | None = None,
    **context: Any,
) -> Response:
    """Answer a change: to htmx the fragment with the new state, to everybody else a redirect with a flash message.

    `then` is the endpoint to go to, `values` its arguments. Without a fragment htmx goes there as well.
    """
    if fragment and wants_fragment():
        response = make_response(render_template(fragment, message=message, **context))
        response.vary.add("HX-Request")
        return response
    if message:
        flash(message, "success")
    return redirect_to(then, **(values or {}))


def redirect_to(endpoint: str, **values: Any) -> Response:
    """Go to another page: 303 for a browser, HX-Redirect for htmx, which would swap the page into its target."""
    return redirect_to_address(url_for(endpoint, **values))


def redirect_to_address(address: str) -> Response:
    """The same for an address of our own that is known already."""
    response = make_response("", 204 if wants_fragment() else 303)
    response.headers["HX-Redirect" if wants_fragment() else "Location"] = address
    response.vary.add("HX-Request")
    return response


def wants_fragment() -> bool:
    """Whether htmx asks for a piece of a page."""
    headers = request.headers
    is_whole = headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    return headers.get("HX-Request") == "true" and not is_whole


def dom_id(what: object, key: object = None) -> str:
    """The id of an element: `dom_id("row", 7)` or `dom_id(appointment)`, the same in every template and test."""
    if isinstance(what, str):
        return what if key is None else f"{what}-{key}"
    row = f"{type(what).__name__.lower()}-{getattr(what, 'id', '')}"
    return row if key is None else f"{key}-{row}"


def _layout_context() -> dict[str, Any]:
    actor = getattr(g, "actor", VISITOR)
    shell = navigation.shell_for(actor)
    return {
        "actor": actor,
        "layout": f"layouts/{shell}.html",
        "navigation": navigation.menu_for(actor),
        "home_href": navigation.home_for(actor),
        "portal_name": settings().portal_name,
        "language": i18n.language(),
        "viewer_zone": i18n.viewer_zone(),
    }
