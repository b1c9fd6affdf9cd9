"""Stripe's place among the stand-ins."""

from flask import Flask

from portal.sandbox.behaviour import Behaviour
from portal.sandbox.stripe import api, pages
from portal.sandbox.stripe.stand_in import StripeStandIn
from portal.settings import Settings


def mount_stripe(app: Flask, settings: Settings, behaviour: Behaviour) -> StripeStandIn:
    """Serve it under /stripe, with its books beside the others'; to be closed by whoever asked."""
    stand_in = StripeStandIn(settings, behaviour, settings.instance_path / "sandbox-stripe.sqlite3")
    app.extensions["stripe"] = stand_in
    app.register_blueprint(api.bp)
    app.register_blueprint(pages.bp)
    return stand_in
