"""The migrations make the very tables that the models describe, and can be taken back."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, text

from portal.app import create_app
from portal.bootstrap import db
from portal.core.db import Base
from portal.settings import PROJECT_ROOT
from tests.conftest import settings_for

UNNAMED = """
SELECT conrelid::regclass || '.' || conname FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conname !~ '^(pk|fk|uq|ck|ex)_|^alembic'
"""


def test_the_models_and_the_migrations_agree(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_has_a_name_of_ours(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert list(connection.scalars(text(UNNAMED))) == []


def test_no_constraint_is_named_twice_over(app: Flask) -> None:
    """As where alembic adds the prefix to a name that has it: `refuses()` would never know it again."""
    doubled = "SELECT conname FROM pg_constraint WHERE conname ~ '^(ck|fk|uq|pk|ex)_.*_(ck|fk|uq|pk|ex)_'"
    with app.app_context(), db.engine.connect() as connection:
        assert list(connection.scalars(text(doubled))) == []


def test_all_migrations_can_be_taken_back_and_made_again(committed: Engine) -> None:
    app = create_app(settings_for(committed.url.render_as_string(hide_password=False)))
    with app.app_context():
        migrations = str(PROJECT_ROOT / "migrations")
        downgrade(directory=migrations, revision="base")
        left = db.session.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
        db.session.commit()
        assert left == 1  # alembic's own
        upgrade(directory=migrations)
        assert db.session.scalar(text("SELECT count(*) FROM appointment")) == 0
        db.session.close()
        db.engine.dispose()
