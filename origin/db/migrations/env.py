"""Runs the migrations on the connection that `origin.db.engine` hands over."""

from alembic import context

from origin.db.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
