"""All of the product, imported for the servers that are forked from here; none of it has read any settings yet."""

from importlib import import_module

from portal.api import door

door.blueprints()
for name in ("portal.app", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread"):
    import_module(name)
