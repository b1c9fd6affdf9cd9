"""Commands for operators: `flask --app wsgi COMMAND`."""

import click
from flask import Flask

from portal.accounts.staff import create_first_super_admin
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import PortalError


def init_app(app: Flask) -> None:
    app.cli.add_command(create_super_admin)


@click.command("create-super-admin")
@click.option("--full-name", prompt=True)
@click.option("--email", prompt=True)
@click.password_option()
def create_super_admin(full_name: str, email: str, password: str) -> None:
    """Make the first account that may create other admins."""
    try:
        in_transaction(
            db.session,
            lambda: create_first_super_admin(
                db.session, full_name=full_name, email=email, password=password, at=clock.now()
            ),
        )
    except PortalError as refusal:
        raise click.ClickException("; ".join([refusal.message, *refusal.details.values()])) from refusal
    click.echo(f"{full_name} can sign in now.")
