"""All the pages there are. A module below `portal.web` that names a blueprint `bp` is found by itself."""

from importlib import import_module
from pkgutil import walk_packages

from flask import Blueprint, Flask

from portal import web


def init_app(app: Flask) -> None:
    """Import every module of the web, so that their routes are made, and register each blueprint once."""
    found = {}
    for module in walk_packages(web.__path__, f"{web.__name__}."):
        bp = getattr(import_module(module.name), "bp", None)
        if isinstance(bp, Blueprint):
            found[bp.name] = bp
    for bp in found.values():
        app.register_blueprint(bp)
