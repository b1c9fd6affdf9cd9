"""All the pages there are: one blueprint per role, and those that several roles share."""

from importlib import import_module

from flask import Flask

BLUEPRINTS = (
    "portal.web.public:bp",
    "portal.web.public.sign_in:bp",
    "portal.web.public.staff_sign_in:bp",
    "portal.web.public.holds:bp",
    "portal.web.patient:bp",
    "portal.web.clinician:bp",
    "portal.web.desk:bp",
    "portal.web.admin:bp",
    "portal.web.staff:bp",
    "portal.web.staff.schedules:bp",
    "portal.web.outbox:bp",
)


def init_app(app: Flask) -> None:
    """Register every blueprint; the outbox of sent messages only where it may be shown."""
    for path in BLUEPRINTS:
        module, name = path.split(":")
        app.register_blueprint(getattr(import_module(module), name))
