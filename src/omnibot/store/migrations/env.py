"""Alembic's entry: runs the migrations on the connection that `store.database` opened and locked."""

from alembic import context

from omnibot.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
