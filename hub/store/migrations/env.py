"""Alembic runs the migrations on the connection that `hub.migrate` gives it."""

from alembic import context

from hub.store.schema import metadata
from hub.telemetry import crashpoint

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    on_version_apply=lambda **_: crashpoint("migration.step"),
)
with context.begin_transaction():
    context.run_migrations()
