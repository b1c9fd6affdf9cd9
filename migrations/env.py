"""Alembic's entry: migrations run with the application's own engine and tables."""

from logging.config import fileConfig

from alembic import context
from flask import current_app

from portal.core.db import Base

if context.config.config_file_name:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

with current_app.extensions["migrate"].db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=False,
        # A live database must not wait behind a migration: give up quickly and try again.
        transaction_per_migration=True,
    )
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()
