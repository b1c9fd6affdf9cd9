"""Commands for operators: `flask --app wsgi COMMAND`."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from portal.accounts.staff import create_first_super_admin
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import PortalError
from portal.core.permissions import SYSTEM
from portal.practice.commands import change_rules
from portal.practice.queries import own_rules
from portal.practice.rules import RULES, written_rule
from portal.settings import Settings


def init_app(app: Flask) -> None:
    app.cli.add_command(create_super_admin)
    app.cli.add_command(show_practice_rules)
    app.cli.add_command(reset_practice_rule)


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


@click.command("practice-rules")
@with_appcontext
def show_practice_rules() -> None:
    """Show the practice's rules as they are written, and which of them it has changed."""
    base: Settings = current_app.config["SETTINGS"]
    own = own_rules(db.session)
    for key in [*RULES, *sorted(own.keys() - RULES.keys())]:
        usual = written_rule(key, getattr(base, key)) if key in RULES else "no such rule"
        click.echo(f"{key}: {own[key]!r} instead of {usual!r}" if key in own else f"{key}: {usual!r}")


@click.command("reset-practice-rule")
@click.argument("key")
@with_appcontext
def reset_practice_rule(key: str) -> None:
    """Let a rule be the environment's again, for when its change has locked somebody out."""
    if key not in own_rules(db.session):
        raise click.ClickException(f"The practice has not changed {key}.")
    base: Settings = current_app.config["SETTINGS"]
    in_transaction(
        db.session, lambda: change_rules(db.session, {key: None}, base=base, by=SYSTEM, at=clock.now())
    )
    click.echo(f"{key} is as the portal was set up. Running processes follow within a second.")
